"""What a table's digest is over: its columns, and those by which a row is known."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple, Self

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier, Literal

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.digest.answers import Asked
from backbeat.digest.content import CONTENT, Table
from backbeat.errors import ArgumentError
from backbeat.nearest import meant

COLUMNS = load(__package__, "columns.sql")

PIECE_PAGES: Final = 65_536  # 512 MB: at 50 MB a second progress is told every ten seconds


class _Found(msgspec.Struct, frozen=True):
    """A table of the catalogue."""

    name: str
    columns: list[str]
    uniques: list[list[str]]
    pages: int


class Piece(NamedTuple):
    """Pages of a table, from ``first`` on and before ``end``."""

    first: int
    end: int | None

    @property
    def condition(self) -> Composable:
        """Return the condition of the rows ``r`` in these pages; of all pages none, so that workers can share them."""
        if self == WHOLE:
            return SQL("true")
        lower = SQL("r.ctid >= {}::tid").format(Literal(f"({self.first},0)"))
        if self.end is None:
            return lower
        return SQL("{} AND r.ctid < {}::tid").format(lower, Literal(f"({self.end},0)"))


WHOLE: Final = Piece(0, None)


class Shape(msgspec.Struct, frozen=True):
    """A table as it is digested."""

    table: Table
    """Which."""
    columns: tuple[str, ...]
    """The columns that count, in the order of their names."""
    names: tuple[str, ...]
    """Those that a row is known by: of the primary key or another unique one, or all."""
    pages: int
    """How many pages there are to read, of 8 kB as a rule."""

    @classmethod
    def of(cls, found: _Found, *, exact: bool) -> Self:
        """Return the shape of a table of the catalogue; ``exact``: no column is left aside."""
        table = CONTENT[found.name]
        columns = tuple(sorted(name for name in found.columns if exact or name not in table.aside))
        keys = [tuple(unique) for unique in found.uniques if {*unique} <= {*columns}]
        return cls(table, columns, keys[0] if keys else columns, found.pages)

    @property
    def identifier(self) -> Identifier:
        """Return the table's name for a statement."""
        return Identifier(*self.table.name.split("."))

    @property
    def content(self) -> Composable:
        """Return all that counts of a row ``r``, as one value."""
        return _row(self.columns)

    @property
    def place(self) -> Composable:
        """Return what a row ``r`` is known by, as one value."""
        return _row(self.names)

    @property
    def texts(self) -> Composable:
        """Return each value of a row ``r`` as text."""
        return SQL(", ").join(SQL("{}::text").format(Identifier("r", name)) for name in self.columns)

    def pieces(self) -> Iterator[Piece]:
        """Yield the pages of the table in pieces that are read one after the other; the last one has no end.

        What is written behind the pages that there are, no snapshot sees that was taken before they were counted.
        """
        starts = range(0, self.pages, PIECE_PAGES) or [0]
        for first in starts:
            yield Piece(first, None if first == starts[-1] else first + PIECE_PAGES)

    def bound(self, asked: Asked) -> Composable:
        """Return the condition of the rows that count, at the height that is asked for."""
        return SQL("{} AND {} AND {}").format(self._upto(asked), self._types(asked), self._of_blocks(asked))

    def _upto(self, asked: Asked) -> Composable:
        if asked.at is None or self.table.growing is None:
            return SQL("true")
        growing = self.table.growing
        upto = SQL("%(height)s::bigint" if growing.by_height else "%(block_number)s::bigint")
        return SQL("{} <= {}").format(Identifier("r", growing.column), upto)

    def _types(self, asked: Asked) -> Composable:
        if asked.exact or not self.table.types_aside:
            return SQL("true")
        return SQL("r.type <> ALL ({}::text[])").format(Literal(sorted(self.table.types_aside)))

    def _of_blocks(self, asked: Asked) -> Composable:
        return SQL("true" if asked.exact or not self.table.between_aside else "r.place >= 0")


async def read_shapes(
    connection: AsyncConnection[Any], names: Collection[str] = (), *, exact: bool = False
) -> Sequence[Shape]:
    """Return the shapes of tables that are there, all or the named ones. Raises ArgumentError for one that is not."""
    require_tables(names)
    found = await every(connection, _Found, COLUMNS, {"names": list(names or CONTENT)})
    if missing := sorted(set(names) - {each.name for each in found}):
        raise ArgumentError(
            "digest_table_missing", f"The database has no table {missing[0]!r}.", cure="Run `backbeat migrate`."
        )
    return sorted((Shape.of(each, exact=exact) for each in found), key=lambda shape: shape.table.name)


def require_tables(names: Collection[str]) -> None:
    """Raise ArgumentError for a table that a state does not consist of."""
    if unknown := sorted(set(names) - CONTENT.keys()):
        raise ArgumentError(
            "digest_table_unknown",
            f"A state has no table {unknown[0][:100]!r}.",
            cure=f"{meant(unknown[0], CONTENT)}See `backbeat digest`, which lists them; tables of Backbeat's own begin "
            "with backbeat.",
        )


def _row(columns: Sequence[str]) -> Composable:
    return SQL("ROW({})").format(SQL(", ").join(Identifier("r", name) for name in columns))
