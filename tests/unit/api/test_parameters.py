"""What a parameter may be is said by the struct; what is wrong is answered in the same words everywhere."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta
from starlette.requests import Request

from backbeat.api.failures import RequestError
from backbeat.api.parameters import DIGITS_MAX, Limit, Nothing, Wrong, read
from backbeat.api.routes import RESOURCES
from backbeat.reads.page import ROWS_DEFAULT, Page
from backbeat.reads.rejected import Position


class Colour(StrEnum):
    RED = "red"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    number: Annotated[int, Meta(ge=2, le=20), Wrong("is out of range", "Use 2 to 20.")] = 7
    text: Annotated[str, Meta(max_length=3)] | None = None
    place: Annotated[Position, Wrong("is no position", "Use next.")] | None = None
    choice: Literal["week", "month"] = "week"
    colour: Colour | None = None
    flag: bool = False


class Listed(msgspec.Struct, frozen=True):
    limit: Limit = ROWS_DEFAULT


class Needed(msgspec.Struct, frozen=True):
    name: str
    since: int


def request(query: str = "", **path: str) -> Request:
    scope: dict[str, Any] = {"type": "http", "query_string": query.encode(), "path_params": path, "headers": []}
    return Request(scope)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", Asked()),
        ("unknown=1&unknown=2", Asked()),
        ("number=20", Asked(number=20)),
        ("number=", Asked()),
        ("text=", Asked(text="")),
        ("text=123", Asked(text="123")),
        ("place=1.2.-1", Asked(place=Position(1, 2, -1))),
        ("choice=month&colour=red&flag=true", Asked(choice="month", colour=Colour.RED, flag=True)),
    ],
)
def test_what_is_given_is_read_and_the_rest_is_as_declared(query: str, asked: Asked) -> None:
    assert read(request(query), Asked) == asked


@pytest.mark.parametrize(
    ("query", "said", "cure"),
    [
        ("number=3&number=3", "The parameter number is given twice.", "Give it once."),
        ("number=1", "The parameter number is out of range.", "Use 2 to 20."),
        ("number=21", "The parameter number is out of range.", "Use 2 to 20."),
        ("number=%2B3", "The parameter number is out of range.", "Use 2 to 20."),
        ("number=3.0", "The parameter number is out of range.", "Use 2 to 20."),
        ("number=%D9%A3", "The parameter number is out of range.", "Use 2 to 20."),
        ("number=" + "0" * DIGITS_MAX + "3", "The parameter number is out of range.", "Use 2 to 20."),
        ("text=1234", "The parameter text is not what it may be.", "Leave it out, or give it as answers show it."),
        ("place=", "The parameter place is no position.", "Use next."),
        ("place=1.2", "The parameter place is no position.", "Use next."),
        ("choice=year", "The parameter choice is not what it may be.", "Leave it out, or give it as answers show it."),
        ("colour=blue", "The parameter colour is not what it may be.", "Leave it out, or give it as answers show it."),
        ("flag=perhaps", "The parameter flag is not what it may be.", "Leave it out, or give it as answers show it."),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(query: str, said: str, cure: str) -> None:
    with pytest.raises(RequestError) as refused:
        read(request(query), Asked)
    assert (refused.value.status, refused.value.code) == (400, "parameter_invalid")
    assert (refused.value.message, refused.value.cure) == (said, cure)


def test_the_path_comes_before_the_question_mark() -> None:
    assert read(request("name=other&since=3", name="this"), Needed) == Needed("this", 3)


@pytest.mark.parametrize("query", ["", "since="])
def test_what_has_no_default_must_be_given(query: str) -> None:
    with pytest.raises(RequestError, match="The parameter since is missing"):
        read(request(query, name="this"), Needed)


def test_lists_take_a_limit() -> None:
    assert read(request(), Listed) == Listed(limit=ROWS_DEFAULT)
    with pytest.raises(RequestError) as refused:
        read(request("limit=201"), Listed)
    assert (refused.value.message, refused.value.cure) == (
        "The parameter limit is out of range.",
        "Use a whole number from 1 to 200.",
    )


@pytest.mark.parametrize(("rows", "following"), [([], None), ([4], None), ([4, 3], "3")])
def test_a_full_page_says_where_the_next_one_begins(rows: list[int], following: str | None) -> None:
    page = Page.of(rows, 2, lambda row: row)
    assert page.named("numbers") == {"numbers": rows, "next": following}


def test_the_parameters_of_every_endpoint_are_read_and_can_be_described() -> None:
    endpoints = [endpoint for resource in RESOURCES for endpoint in resource.ENDPOINTS]
    assert len({endpoint.path for endpoint in endpoints}) == len(endpoints)
    for endpoint in endpoints:
        in_path = {name.strip("{}") for name in endpoint.path.split("/") if name.startswith("{")}
        assert in_path <= set(endpoint.parameters.__struct_fields__)
        assert read(request(**dict.fromkeys(in_path, "1.2.3")), endpoint.parameters)
        assert msgspec.json.schema(endpoint.parameters)["$defs"]
    assert read(request(), Nothing) == Nothing()
