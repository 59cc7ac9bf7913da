"""What a base-table row is to the indexer: an immutable struct that knows its table, identity and look-up indexes."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import msgspec

Json = Annotated[Any, "jsonb"]  # a jsonb column holding any JSON value; None is SQL NULL, never JSON null


class Index(NamedTuple):
    """A way to look rows up.

    ``history`` keeps superseded rows (``is_current`` false) in the answer. ``only`` and ``unless`` name a boolean
    column: rows in which it is not true, or is true, are left out. With ``newest`` the answer is the ``at_most`` rows
    with the greatest values of that column, NULL being the greatest: what grows is never read whole.
    """

    columns: tuple[str, ...]
    history: bool = False
    only: str = ""
    unless: str = ""
    newest: str = ""
    at_most: int = 0


@cache
def values_getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the values of these columns from a row; there are a few dozen sets of names."""
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda row: (read(row),)


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One row of a base table; its fields are exactly the columns that the indexer writes, in COPY order.

    ``table``: the network's table name. ``identity``: the columns of which one current row exists.
    ``versioned``: the table has ``is_current`` and its unique index is partial on it.
    ``keep_first``: a second row of the same identity changes nothing (append-only history).
    ``part_of``: the type that makes the rows; this one holds some of their columns, read and written without the rest.
    ``after``: the tables that a batch writes before this one, because what is written here looks them up.
    """

    table: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    versioned: ClassVar[bool] = False
    keep_first: ClassVar[bool] = False
    part_of: "ClassVar[type[Row] | None]" = None
    after: ClassVar[tuple[str, ...]] = ("users", "tracks", "playlists")  # the triggers of most tables look these up
    indexes: ClassVar[dict[str, Index]] = {}

    def key(self) -> tuple[Any, ...]:
        """Return the values of the identity columns."""
        return values_getter(self.identity)(self)

    def but(self, **changes: Any) -> Self:
        """Return a copy with some columns changed."""
        return msgspec.structs.replace(self, **changes)


class Gone(NamedTuple):
    """A change that deletes a row."""

    row: Row


Change = Row | Gone
