"""The words in which the tables of fields are written: a field, the values that are tried, what each comes to."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

from conformance.world import World

from backbeat.index.reject import Code
from backbeat.index.row import Row


class Absent(Enum):
    """Stands for a key that is not sent."""

    KEY = "not sent"


ABSENT = Absent.KEY


class Sets(NamedTuple):
    """The transaction is applied, and the column holds this."""

    value: Any


class Keeps(Enum):
    """The transaction is applied, and the value counts as not sent."""

    AS_IT_WAS = "kept"


KEEPS = Keeps.AS_IT_WAS
CLEARS = Sets(None)
Outcome: TypeAlias = Sets | Keeps | Code  # a code: the transaction is refused and changes nothing


class Cell(NamedTuple):
    """A value that is tried, and what it comes to."""

    group: str
    """One of ``GROUPS``."""
    name: str
    """What kind of value it is, such as ``2^31``."""
    sent: Any
    outcome: Outcome


GROUPS = ("value", "not sent", "null", "empty", "another type", "too long", "out of range", "NUL, surrogates", "emoji")
"""What is tried of each field, in the order of the page's columns."""

Reader: TypeAlias = Callable[[World], Any]
Teller: TypeAlias = Callable[[Any], dict[str, Any]]


class Field(NamedTuple):
    """A field of a payload."""

    key: str
    """The payload's key, with dots for what is inside; ``[]`` for each item of a list."""
    column: str
    """What it fills, as ``table.column``; empty: nothing."""
    cells: tuple[Cell, ...]
    """The values that are tried."""
    default: Any = None
    """What the column holds of something new when the key is not sent."""
    held: Any = ABSENT
    """What the column holds before an update; of no meaning to something new."""
    beside: Mapping[str, Any] = {}
    """What else is sent, without which the field would not be looked at."""
    also: tuple[str, ...] = ()
    """What else changes with it, as ``table.column``, or ``table.*`` for rows that come and go."""
    says: Teller | None = None
    """Returns the part of the payload that says a value, where it is more than ``{key: value}``."""
    reads: Reader | None = None
    """Returns what a world holds, where it is more than one column of the row."""
    holds: Callable[[World], None] | None = None
    """Puts what was there before, where it is more than one column of the row."""


class Pair(NamedTuple):
    """A wire pair whose payload is read."""

    name: str
    """As ``Track/Create``."""
    user_id: int
    """The user for whom it is signed."""
    entity_id: int
    """The entity that it is about."""
    fields: tuple[Field, ...]
    """What its payload is read for."""
    base: Mapping[str, Any] = {}
    """The payload without which no field is looked at."""
    rows: Mapping[type[Row], tuple[Any, ...]] = {}
    """By row type the identity of the row that the columns are of."""
    by: str = ""
    """The wallet that signs; empty: the user's."""
    stage: Callable[[World], None] | None = None
    """Puts what has to be there before."""
    is_new: bool = False
    """Whether the rows come to be with the transaction."""


def cell(group: str, name: str, sent: Any, outcome: Outcome) -> Cell:
    """Return a cell; the group is one of the page's columns."""
    assert group in GROUPS
    return Cell(group, name, sent, outcome)


def given(key: str, value: Any) -> dict[str, Any]:
    """Return an object with the key, empty where it is not sent."""
    return {} if value is ABSENT else {key: value}
