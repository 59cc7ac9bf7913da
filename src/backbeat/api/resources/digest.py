"""The state as sums of its tables, for another instance to compare its own with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.failures import RequestError
from backbeat.api.parameters import Wrong
from backbeat.api.state import state_of
from backbeat.digest.answers import DIGITS_MAX, PREFIXES_MAX, STEP_DIGITS, Asked
from backbeat.digest.content import CONTENT
from backbeat.digest.state import State, seen

SECONDS_MAX: Final = 600.0  # at 200,000 rows a second a hundred million; what is larger is digested at the database
HEIGHT_MAX: Final = 2**62

Key = Annotated[str, Meta(pattern=r"^[0-9a-f]{0,64}\Z"), Wrong("is no key", "Use up to 64 hexadecimal digits.")]
Exact = Annotated[int, Meta(ge=0, le=1), Wrong("is neither 0 nor 1", "Use 1 to have every column count.")]
Height = Annotated[int, Meta(ge=0, le=HEIGHT_MAX), Wrong("is no height", "Use a whole number.")]
TableName = Annotated[str, Meta(max_length=100), Wrong("is no table", "Use one of those that /digest lists.")]


class Tables(msgspec.Struct, frozen=True):
    """Names of tables, written with commas between."""

    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the names. Raises ValueError for more than there are tables."""
        names = tuple(text.split(","))
        if len(names) > len(CONTENT):
            raise ValueError(text)
        return cls(names)


class Prefixes(msgspec.Struct, frozen=True):
    """Beginnings of hashes, of one length, written with commas between."""

    digits: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return them. Raises ValueError for what they cannot be."""
        digits = tuple(text.split(","))
        lengths = {len(each) for each in digits}
        if (
            len(digits) > PREFIXES_MAX
            or len(lengths) > 1
            or not lengths <= {*range(0, DIGITS_MAX + 1, STEP_DIGITS)}
            or not {*text} <= {*"0123456789abcdef,"}
        ):
            raise ValueError(text)
        return cls(digits)


SomeTables = Annotated[Tables, Wrong("is too long", "Use names that /digest lists, with commas between.")]
Parts = Annotated[Prefixes, Wrong("is no list of parts", "Use hexadecimal digits of one even length, at most 32.")]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """The state, of all ``tables`` or of some, at a height or now."""

    key: Key = ""
    exact: Exact = 0
    at: Height | None = None
    tables: SomeTables | None = None


class OfTable(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of one ``table``: those with these ``prefixes``, or all of it."""

    table: TableName = ""
    prefixes: Parts = Prefixes(("",))
    key: Key = ""
    exact: Exact = 0
    at: Height | None = None


async def whole(request: Request, asked: Whole) -> Response:
    """Answer the sums of tables."""
    async with _state(request, asked) as state:
        return json_answer(await state.digest(asked.tables.names if asked.tables else ()))


async def parts(request: Request, asked: OfTable) -> Response:
    """Answer the sums of parts of parts of a table."""
    if len(asked.prefixes.digits[0]) == DIGITS_MAX:
        raise RequestError(400, "parameter_invalid", "Parts are not divided further.", cure="Ask for /digest/rows.")
    async with _state(request, asked) as state:
        return json_answer(await state.buckets(asked.table, asked.prefixes.digits))


async def rows(request: Request, asked: OfTable) -> Response:
    """Answer the rows of parts of a table."""
    async with _state(request, asked) as state:
        return json_answer(await state.rows(asked.table, asked.prefixes.digits))


@asynccontextmanager
async def _state(request: Request, asked: Whole | OfTable) -> AsyncIterator[State]:
    """Lend the state for one answer at a time, for a bounded time."""
    site = state_of(request)
    if site.digesting.locked():
        raise RequestError(503, "digest_busy", "Another digest is being made.", cure="Ask again once it is done.")
    how = Asked(key=asked.key, exact=bool(asked.exact), at=asked.at)
    async with site.digesting:
        try:
            async with (
                asyncio.timeout(SECONDS_MAX),
                site.reads.connection() as connection,
                seen(connection, how, seconds=SECONDS_MAX) as state,
            ):
                yield state
        except TimeoutError:
            raise RequestError(
                503,
                "digest_timeout",
                f"The digest was not done within {SECONDS_MAX:.0f} s.",
                cure="Ask for some of the tables, or run `backbeat digest` at the database.",
            ) from None


ENDPOINTS = (
    Endpoint("/digest", whole, Whole, costs=True),
    Endpoint("/digest/parts", parts, OfTable, costs=True),
    Endpoint("/digest/rows", rows, OfTable, costs=True),
)
