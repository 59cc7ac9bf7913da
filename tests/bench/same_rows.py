"""Whether two databases hold the same rows: every table that is content, by the columns that both have."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import LiteralString

import msgspec
import psycopg
from chaos.content import Columns, columns, counts
from psycopg.sql import SQL, Composable, Identifier, Literal

OF_THE_VERSION = {("backbeat", "objects")}
"""Tables that describe the program: the schema's functions and views, each with its hash."""

ROWS = "SELECT {kind}::text, ROW({columns})::text FROM {table} WHERE {counts}"
NO_KINDS: Mapping[str, str] = MappingProxyType({})
Aside = Mapping[str, Collection[str] | None]
"""By table, which columns are not compared; None: the whole table is not."""
NOTHING: Aside = MappingProxyType({})
NO_ROWS: Mapping[str, LiteralString] = MappingProxyType({})

Connection = psycopg.Connection[tuple[str, str]]
Rows = Mapping[str, Counter[str]]
"""The rows of a table as text, by their kind, each with how often it is there."""


class Difference(msgspec.Struct, frozen=True):
    """A table whose rows differ."""

    table: str
    """Its name, with the schema."""
    only_before: Sequence[str]
    """Rows that only the first database has, as text, in order."""
    only_after: Sequence[str]
    """Rows that only the second one has."""
    columns: Sequence[str]
    """The columns whose values differ, each taken by itself."""
    kinds: Mapping[str, tuple[int, int]]
    """The kinds of rows that differ, with how many rows of them each database has."""


class Comparison(msgspec.Struct, frozen=True):
    """Two databases beside each other."""

    rows: int
    """Rows that both have."""
    tables: int
    """Tables with rows."""
    differences: Sequence[Difference]
    """Tables whose rows differ."""
    columns: Sequence[str]
    """Columns that only one side has, which are not compared."""


def compare(
    url_before: str,
    url_after: str,
    kinds: Mapping[str, str] = NO_KINDS,
    *,
    aside: Aside = NOTHING,
    rows_aside: Mapping[str, LiteralString] = NO_ROWS,
) -> Comparison:
    """Compare two databases by the columns that both have.

    ``kinds``: the column that tells a table's kinds of rows; ``rows_aside``: by table, which rows are not compared.
    """
    one, other = (_all_but(aside, columns(url)) for url in (url_before, url_after))
    rows, tables, differences = 0, 0, []
    counted = {table: SQL("NOT ({})").format(SQL(condition)) for table, condition in rows_aside.items()}
    with _opened(url_before) as session, _opened(url_after) as another:
        for table in sorted((one.keys() & other.keys()) - OF_THE_VERSION):
            common = [name for name in one[table] if name in other[table]]
            kind, where = kinds.get(".".join(table)), counted.get(table[1], SQL("true"))
            old, new = (_rows(each, table, common, kind, where) for each in (session, another))
            rows += (_all(old) & _all(new)).total()
            tables += bool(old or new)
            if old != new:
                differing = [
                    name
                    for name in common
                    if _rows(session, table, [name], None, where) != _rows(another, table, [name], None, where)
                ]
                differences.append(_difference(".".join(table), old, new, differing))
    return Comparison(rows, tables, differences, sorted(_names(one) ^ _names(other)))


def _all_but(aside: Aside, of: Columns) -> Columns:
    return {
        (schema, table): [name for name in names if name not in (aside.get(table) or ())]
        for (schema, table), names in of.items()
        if aside.get(table, ()) is not None
    }


def _difference(table: str, old: Rows, new: Rows, differing: Sequence[str]) -> Difference:
    gone, come = _all(old) - _all(new), _all(new) - _all(old)
    none = Counter[str]()
    both = {kind: (old.get(kind, none), new.get(kind, none)) for kind in sorted(old.keys() | new.keys())}
    kinds = {kind: (one.total(), other.total()) for kind, (one, other) in both.items() if one != other}
    return Difference(table, sorted(gone.elements()), sorted(come.elements()), differing, kinds)


def _opened(url: str) -> Connection:
    return psycopg.connect(url, autocommit=True, options="-c timezone=UTC")


def _rows(
    session: Connection, table: tuple[str, str], names: Sequence[str], kind: str | None, where: Composable
) -> Rows:
    """Return the rows by the column ``kind``; None: as one kind, which has no name."""
    query = SQL(ROWS).format(
        kind=Identifier(kind) if kind else Literal(""),
        columns=SQL(", ").join(map(Identifier, names)),
        table=Identifier(*table),
        counts=SQL("{} AND {}").format(counts(table[1]), where),
    )
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each, line in session.execute(query):
        found[each][line] += 1
    return found


def _all(rows: Rows) -> Counter[str]:
    return sum(rows.values(), start=Counter())


def _names(tables: Columns) -> set[str]:
    return {f"{schema}.{table}.{name}" for (schema, table), names in tables.items() for name in names}
