"""The parameters of an endpoint: one struct, whose annotations say what each of them may be.

A field is named like the parameter, which stands in the path or behind the question mark; one with a default may be
left out. Bounds are msgspec's (``Annotated[int, Meta(ge=1, le=200)]``), and :class:`Wrong` says what is answered to a
value beyond them. A type may read its own text: with a class method ``parse``, which raises ValueError. Parameters that
the struct does not name are passed over.
"""

import typing
from collections.abc import Iterator
from functools import cache
from types import NoneType
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import NODEFAULT, Meta
from starlette.requests import Request

from backbeat.api.failures import RequestError
from backbeat.reads.page import ROWS_MAX

DIGITS_MAX = 19  # of a bigint

P = TypeVar("P", bound=msgspec.Struct)


class Wrong(NamedTuple):
    """What is answered to a value that cannot be: ``The parameter NAME {what}.``, and what to do about it."""

    what: str
    cure: str


class Nothing(msgspec.Struct, frozen=True):
    """The parameters of an endpoint that takes none."""


Limit = Annotated[
    int,
    Meta(ge=1, le=ROWS_MAX, description="How many rows at most."),
    Wrong("is out of range", f"Use a whole number from 1 to {ROWS_MAX}."),
]
"""What every list takes, besides where to go on."""


class _Parameter(NamedTuple):
    """One field of a struct. ``kind``: its type with its bounds; ``base``: without them."""

    name: str
    kind: Any
    base: type
    wrong: Wrong
    is_required: bool


def read(request: Request, kind: type[P]) -> P:
    """Return the parameters of a request; raises RequestError for one that is missing, given twice or out of bounds."""
    texts = [(each, _text(request, each)) for each in _parameters(kind)]
    return kind(**{each.name: _value(each, text) for each, text in texts if text is not None})


def _text(request: Request, parameter: _Parameter) -> str | None:
    """Return what was given; an empty number counts as none."""
    name = parameter.name
    if name in request.path_params:
        return str(request.path_params[name])
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise _bad(name, Wrong("is given twice", "Give it once."))
    text = given[0] if given else None
    if text == "" and parameter.base is int:
        text = None
    if text is None and parameter.is_required:
        raise _bad(name, Wrong("is missing", "Give it."))
    return text


def _value(parameter: _Parameter, text: str) -> Any:
    try:
        return msgspec.convert(_parsed(parameter.base, text), parameter.kind, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise _bad(parameter.name, parameter.wrong) from error


def _parsed(base: type, text: str) -> Any:
    if base is int:
        return _number(text)
    parse = getattr(base, "parse", None)
    return parse(text) if parse else text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise ValueError(text)
    return int(text)


def _bad(name: str, wrong: Wrong) -> RequestError:
    return RequestError(400, "parameter_invalid", f"The parameter {name} {wrong.what}.", cure=wrong.cure)


@cache
def _parameters(kind: type[msgspec.Struct]) -> tuple[_Parameter, ...]:
    return tuple(_of_struct(kind))


def _of_struct(kind: type[msgspec.Struct]) -> Iterator[_Parameter]:
    hints = typing.get_type_hints(kind, include_extras=True)
    for field in msgspec.structs.fields(kind):
        of_value = _without_none(hints[field.name])
        base, *notes = typing.get_args(of_value) if typing.get_origin(of_value) is Annotated else (of_value,)
        told = [note for note in notes if isinstance(note, Wrong)]
        wrong = told[0] if told else Wrong("is not what it may be", "Leave it out, or give it as answers show it.")
        is_required = field.default is NODEFAULT and field.default_factory is NODEFAULT
        yield _Parameter(field.name, of_value, base, wrong, is_required)


def _without_none(hint: Any) -> Any:
    """Return what a value is where one is given: of ``X | None``, X."""
    members = [member for member in typing.get_args(hint) if member is not NoneType]
    return members[0] if NoneType in typing.get_args(hint) else hint
