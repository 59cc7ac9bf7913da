"""What a setting may be given, read from its type: what a person wrote becomes what the field takes."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.inspect import (
    BoolType,
    DictType,
    FloatType,
    IntType,
    LiteralType,
    StructType,
    Type,
    VarTupleType,
    type_info,
)

WHOLE_MAX = 2**53  # what JSON's readers hold exactly
SECONDS_MAX = 3_155_760_000.0  # a century: a start that is planned so far ahead still has a date
SECONDS_MIN = 0.001  # the server counts in these; less would mean no limit to it
SHOWN_CHARACTERS_MAX = 60

Whole = Annotated[int, Meta(ge=0, le=WHOLE_MAX)]
"""A number of things, 0 among them."""
Some = Annotated[int, Meta(ge=1, le=WHOLE_MAX)]
"""A number of things that cannot be none."""
Port = Annotated[int, Meta(ge=0, le=65_535)]
"""A port of TCP; 0: any free one."""
Amount = Annotated[float, Meta(ge=0, le=SECONDS_MAX)]
"""Seconds, days or a rate; may be none."""
Span = Annotated[float, Meta(ge=SECONDS_MIN, le=SECONDS_MAX)]
"""Seconds that cannot be none."""
OfAnHour = Annotated[float, Meta(ge=0, le=3_600)]
"""Seconds of each hour."""

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def kinds(tree: type[msgspec.Struct]) -> Mapping[str, Type]:
    """Return the type of each setting, by dotted name."""
    root = type_info(tree)
    assert isinstance(root, StructType)  # noqa: S101 - it is one
    found: dict[str, Type] = {}
    for field in root.fields:
        inner = field.type.fields if isinstance(field.type, StructType) else ()
        found |= {f"{field.name}.{each.name}": each.type for each in inner} or {field.name: field.type}
    return found


def allowed(kind: Type) -> str:
    """Return what a setting of this type takes, in words."""
    told = "text"
    match kind:
        case BoolType():
            told = "true or false; yes, no, on and off are understood"
        case IntType():
            told = f"a whole number{_range(kind)}"
        case FloatType():
            told = f"a number{_range(kind)}"
        case LiteralType(values=values):
            *rest, last = map(str, values)
            told = f"{', '.join(rest)} or {last}"
        case DictType(value_type=each):
            told = f"name=value pairs, separated by commas, of which each value is {allowed(each)}"
        case VarTupleType(item_type=each):
            told = f"a list, separated by commas, of which each is {allowed(each)}"
    return told


def parsed(kind: Type, value: str) -> Any:
    """Return the text of a variable as what :func:`understood` takes. Raises ValueError for pairs that are none."""
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(kind, VarTupleType):
        return parts
    if not isinstance(kind, DictType):
        return value
    pairs: dict[str, str] = {}
    for name, equals, given in (map(str.strip, part.partition("=")) for part in parts):
        if not equals:
            raise ValueError(f"{shown(name)} has no value")
        if not name:
            raise ValueError(f"a value, {shown(given)}, has no name")
        if name in pairs:
            raise ValueError(f"{shown(name)} is given twice")
        pairs[name] = given
    return pairs


def understood(kind: Type, value: Any) -> Any:
    """Return ``value`` with the words that people use for it made what the field takes."""
    if isinstance(value, dict) and isinstance(kind, DictType):
        return {name: understood(kind.value_type, each) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    text = value.strip()
    match kind:
        case BoolType():
            return True if text.lower() in _YES else False if text.lower() in _NO else value
        case LiteralType(values=values):
            return next((each for each in values if str(each).lower() == text.lower()), value)
        case IntType() | FloatType():
            return text
    return value


def why_not(value: Any, *, secret: bool) -> str:
    """Return what is the matter with a value that was refused; a secret is not told, nor what may hold one."""
    for name, each in value.items() if isinstance(value, dict) else ((None, value),):
        if (number := _not_finite(each)) is not None:
            return f"{f'of {shown(name)}, ' if name else ''}{number:g} is no finite number"
    if secret:
        return "what it is given is not what it takes"
    if isinstance(value, dict):
        return f"it is given {shown(', '.join(f'{name}={each}' for name, each in value.items()))}"
    if isinstance(value, (list, tuple)):
        return f"it is given {shown(', '.join(map(str, value)))}"
    return f"it is given {shown(value)}"


def is_finite(value: Any) -> bool:
    """Say whether a setting's value, or each of several, is a number that things can be timed or counted by."""
    each = value.values() if isinstance(value, dict) else (value,)
    return all(_not_finite(one) is None for one in each)


def shown(value: Any) -> str:
    """Return a value as a message may show it: quoted, short, and masked where it may be an address."""
    text = str(value)
    if "@" in text or "://" in text:
        return "an address"
    return repr(text[:SHOWN_CHARACTERS_MAX])


def _not_finite(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if math.isfinite(number) else number


def _range(kind: IntType | FloatType) -> str:
    low, high = kind.ge, kind.le
    if low is None or high is None:
        return ""
    return f" from {low:g}" if high in {WHOLE_MAX, SECONDS_MAX} else f" from {low:g} to {high:g}"
