"""What a base-table row is to the indexer: an immutable struct that knows its table, identity and look-up indexes."""

from typing import Annotated, Any, ClassVar, NamedTuple, Self

import msgspec

Json = Annotated[Any, "jsonb"]  # a jsonb column holding any JSON value; None is SQL NULL, never JSON null


class Index(NamedTuple):
    """A way to look rows up. ``history`` keeps superseded rows (``is_current`` false) in the answer."""

    columns: tuple[str, ...]
    history: bool = False


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One row of a base table; its fields are exactly the columns that the indexer writes, in COPY order.

    ``table``: the network's table name. ``identity``: the columns of which one current row exists.
    ``versioned``: the table has ``is_current`` and its unique index is partial on it.
    ``keep_first``: a second row of the same identity changes nothing (append-only history).
    """

    table: ClassVar[str]
    identity: ClassVar[tuple[str, ...]]
    versioned: ClassVar[bool] = False
    keep_first: ClassVar[bool] = False
    indexes: ClassVar[dict[str, Index]] = {}

    def key(self) -> tuple[Any, ...]:
        """Return the values of the identity columns."""
        return tuple([getattr(self, name) for name in self.identity])

    def but(self, **changes: Any) -> Self:
        """Return a copy with some columns changed."""
        return msgspec.structs.replace(self, **changes)


class Gone(NamedTuple):
    """A change that deletes a row."""

    row: Row


Change = Row | Gone
