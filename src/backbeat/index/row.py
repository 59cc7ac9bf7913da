"""What a base-table row is to the indexer: an immutable struct that knows its table, identity and look-up indexes."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import msgspec

Json = Annotated[Any, "jsonb"]  # a jsonb column holding any JSON value; None is SQL NULL, never JSON null


class Index(NamedTuple):
    """A way to look rows up."""

    columns: tuple[str, ...]
    """The columns whose values are given."""
    history: bool = False
    """Whether superseded rows (``is_current`` false) are in the answer."""
    only: str = ""
    """A boolean column: rows in which it is not true are left out."""
    unless: str = ""
    """A boolean column: rows in which it is true are left out."""
    newest: str = ""
    """A column: the answer is the ``at_most`` rows with its greatest values, NULL being the greatest. So a history that
    grows is never read whole."""
    at_most: int = 0
    """How many rows ``newest`` takes."""


class Past(NamedTuple):
    """What the history of a table keeps of a row: a row of ``backbeat.past_TABLE``."""

    columns: tuple[str, ...]
    """The names of its columns beside the key and the two blocks."""
    values: "Callable[[Any], tuple[Any, ...] | None]"
    """Returns their values for a row; None for one that does not stand, as an act that was taken back."""


@cache
def values_getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the values of these columns from a row; there are a few dozen sets of names."""
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda row: (read(row),)


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One row of a base table; its fields are exactly the columns that the indexer writes, in COPY order."""

    table: ClassVar[str]
    """The network's table name; one of our own with its schema."""
    identity: ClassVar[tuple[str, ...]]
    """The columns of which one current row exists."""
    versioned: ClassVar[bool] = False
    """Whether the table has ``is_current`` and its unique index is partial on it."""
    keep_first: ClassVar[bool] = False
    """Whether a second row of the same identity changes nothing (append-only history)."""
    part_of: "ClassVar[type[Row] | None]" = None
    """The type that makes the rows; this one holds some of their columns, read and written without the rest."""
    only_read: ClassVar[bool] = False
    """Whether another program writes the table, and handlers look things up in it."""
    after: ClassVar[tuple[str, ...]] = ("users", "tracks", "playlists")  # the triggers of most tables look these up
    """The tables that a batch writes before this one, because what is written here looks them up."""
    indexes: ClassVar[dict[str, Index]] = {}
    """The ways to look rows up, by name."""
    past: ClassVar[Past | None] = None
    """What is kept of versions that were superseded, because rewards are judged by them; None: nothing."""
    read_key: ClassVar[Callable[[Any], tuple[Any, ...]]]
    """Reads the values of the identity columns from a row of the type."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.read_key = staticmethod(values_getter(cls.identity))

    def key(self) -> tuple[Any, ...]:
        """Return the values of the identity columns."""
        return self.read_key(self)  # type: ignore[call-arg]  # a static method

    def but(self, **changes: Any) -> Self:
        """Return a copy with some columns changed."""
        return msgspec.structs.replace(self, **changes)


class Gone(NamedTuple):
    """A change that deletes a row."""

    row: Row


Change = Row | Gone
