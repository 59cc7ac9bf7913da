"""The statements that load, merge and delete rows of one type, composed once from the type and the table's columns.

Rows travel as one JSON array per table and statement: no temporary tables, so no catalogue churn at one block per
second, and nothing that a transaction pooler could lose between statements.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.db.written_tables import columns_missing
from backbeat.index.row import Index, Row
from backbeat.index.state import IDENTITY

COLUMNS = load(__package__, "tables_columns.sql")
LOAD = load(__package__, "rows_load.sql")
MERGE = load(__package__, "rows_merge.sql")
DELETE = load(__package__, "rows_delete.sql")
PATCH = load(__package__, "rows_patch.sql")
NEWEST = load(__package__, "rows_newest.sql")
LAST_ID = load(__package__, "rows_last_id.sql")
KEEP = load(__package__, "rows_keep.sql")
END_CHANGED = load(__package__, "rows_end_changed.sql")

LONG_TYPES = frozenset({"text", "character varying", "jsonb"})
"""Columns that may hold a whole payload."""


class Table:
    """Statements for one row type, as bytes, composed when they are first used: it takes a tenth of using them."""

    def __init__(self, row: type[Row], types: dict[str, str], sequences: dict[str, str]) -> None:
        self.row = row
        self.sequences = {name: sequence for name, sequence in sequences.items() if name in row.__struct_fields__}
        self.columns = row.__struct_fields__
        missing = sorted(set(self.columns) - types.keys())
        if missing:
            raise columns_missing(row.table, missing)
        self.array_columns = frozenset(name for name in self.columns if types[name].endswith("[]"))
        self.is_serial = row.identity == ("id",)
        long = [name for name in self.columns if name not in row.identity and _is_long(types[name])]
        self.long_columns = {name: 1 << at for at, name in enumerate(long)}
        self._types = types
        self._loads: dict[str, bytes] = {}

    def load(self, by: str) -> bytes:
        """Return the statement that loads rows by an index."""
        if by not in self._loads:
            self._loads[by] = _load(self.row, by, self._types)
        return self._loads[by]

    @cached_property
    def merge(self) -> bytes:
        """Writes whole rows."""
        return _merge(self.row)

    @cached_property
    def patch(self) -> bytes:
        """Changes columns of rows which are there."""
        return _patch(self.row, self._types, self.long_columns)

    @cached_property
    def keep(self) -> bytes:
        """Keeps superseded versions."""
        return _keep(self.row)

    @cached_property
    def end_changed(self) -> bytes:
        """Ends versions that went on until another program changed the row."""
        return _end_changed(self.row)

    @cached_property
    def delete(self) -> bytes:
        """Deletes rows."""
        return _delete(self.row)

    @cached_property
    def last_id(self) -> bytes:
        """Tells the highest id."""
        return SQL(LAST_ID).format(table=_named(self.row)).as_bytes()

    def to_row(self, values: Iterable[Any]) -> Row:
        """Build a row from the values of a loaded record, in the order of ``columns``."""
        record = dict(zip(self.columns, values, strict=True))
        for name in self.array_columns:
            if record[name] is not None:
                record[name] = tuple(record[name])
        return self.row(**record)


async def describe(connection: AsyncConnection[Any], rows: Iterable[type[Row]]) -> dict[type[Row], Table]:
    """Read the column types of every row type's table and compose its statements."""
    wanted = list(rows)
    types: dict[str, dict[str, str]] = {row.table: {} for row in wanted}
    sequences: dict[str, dict[str, str]] = {row.table: {} for row in wanted}
    for table, column, kind, sequence in await every(connection, tuple, COLUMNS, {"tables": list(types)}):
        types[table][column] = kind
        if sequence:
            sequences[table][column] = sequence
    return {row: Table(row, types[row.table], sequences[row.table]) for row in wanted}


def _named(row: type[Row]) -> Identifier:
    return Identifier(*row.table.split("."))


def _load(row: type[Row], name: str, types: dict[str, str]) -> bytes:
    index = Index(row.identity) if name == IDENTITY else row.indexes[name]
    statement = SQL(NEWEST if index.newest else LOAD).format(
        columns=_list("r", row.__struct_fields__),
        table=_named(row),
        # the type's name comes from the server's own catalogue
        arrays=SQL(", ").join(SQL("%t::") + SQL(_literal(f"{types[name]}[]")) for name in index.columns),
        names=SQL(", ").join(map(Identifier, index.columns)),
        matches=_matches("r", "wanted", index.columns),
        filter=_filter(row, index),
        newest=Identifier("r", index.newest) if index.newest else SQL(""),
        at_most=Literal(index.at_most),
    )
    return statement.as_bytes()


def _filter(row: type[Row], index: Index) -> Composable:
    conditions: list[Composable] = [SQL("true")]
    if row.versioned and not index.history:
        conditions.append(SQL("r.is_current"))
    if index.only:
        conditions.append(Identifier("r", index.only))
    if index.unless:
        conditions.append(SQL("{} IS NOT TRUE").format(Identifier("r", index.unless)))
    return SQL(" AND ").join(conditions)


def _patch(row: type[Row], types: dict[str, str], long_columns: dict[str, int]) -> bytes:
    """Return the statement that changes rows which are there; ``kept`` has a bit for each long column left as it is."""

    def assigned(name: str) -> Composable:
        if name in long_columns:
            return SQL("{0} = CASE WHEN fresh.kept & {1} = 0 THEN {2} ELSE {3} END").format(
                Identifier(name), Literal(long_columns[name]), Identifier("fresh", name), Identifier("r", name)
            )
        if row.part_of and name == "updated_at":  # the other part may tell of a later change
            return SQL("updated_at = greatest(r.updated_at, fresh.updated_at)")
        return SQL("{} = {}").format(Identifier(name), Identifier("fresh", name))

    typed = [SQL("{} ").format(Identifier(name)) + SQL(_literal(types[name])) for name in row.__struct_fields__]
    changing = [name for name in row.__struct_fields__ if name not in row.identity]
    statement = SQL(PATCH).format(
        table=_named(row),
        assignments=SQL(", ").join(map(assigned, changing))
        if changing
        else SQL("{} = {}").format(Identifier(row.identity[0]), Identifier("r", row.identity[0])),
        typed=SQL(", ").join(typed),
        matches=_matches("r", "fresh", row.identity),
        filter=SQL("r.is_current") if row.versioned else SQL("true"),
    )
    return statement.as_bytes()


def _is_long(kind: str) -> bool:
    return kind in LONG_TYPES or kind.endswith("[]")


def _merge(row: type[Row]) -> bytes:
    changing = [name for name in row.__struct_fields__ if name not in row.identity]
    update: Composable = SQL("NOTHING")
    if changing and not row.keep_first:
        update = SQL("UPDATE SET ") + _excluded(changing)
    statement = SQL(MERGE).format(
        table=_named(row),
        columns=SQL(", ").join(map(Identifier, row.__struct_fields__)),
        identity=SQL(", ").join(map(Identifier, row.identity)),
        partial=SQL("WHERE is_current") if row.versioned else SQL(""),
        resolution=update,
    )
    return statement.as_bytes()


def _end_changed(row: type[Row]) -> bytes:
    """Return the statement that ends versions whose row says something else now; empty where none are kept."""
    if row.past is None:
        return b""
    statement = SQL(END_CHANGED).format(
        past=Identifier("backbeat", f"past_{row.table}"),
        table=_named(row),
        version_of=Identifier("backbeat", f"version_of_{row.table}"),
        matches=_matches("told", "kept", row.identity),
        current=SQL("told.is_current" if row.versioned else "true"),
    )
    return statement.as_bytes()


def _excluded(names: Iterable[str]) -> Composed:
    """Return assignments of what was to be inserted."""
    return SQL(", ").join(SQL("{} = excluded.{}").format(Identifier(name), Identifier(name)) for name in names)


def _delete(row: type[Row]) -> bytes:
    matches = _matches("r", "gone", row.identity)
    return SQL(DELETE).format(table=_named(row), matches=matches).as_bytes()


def _keep(row: type[Row]) -> bytes:
    """Return the statement that adds to the history; empty where there is none."""
    if row.past is None:
        return b""
    statement = SQL(KEEP).format(
        past=Identifier("backbeat", f"past_{row.table}"),
        key=SQL(", ").join(map(Identifier, row.identity)),
        columns=SQL(", ").join(map(Identifier, row.past.columns)),
        assignments=_excluded(row.past.columns),
        matches=_matches("kept", "v", row.identity),
    )
    return statement.as_bytes()


def _matches(left: str, right: str, names: Iterable[str]) -> Composed:
    return SQL(" AND ").join(SQL("{} = {}").format(Identifier(left, name), Identifier(right, name)) for name in names)


def _list(alias: str, names: Iterable[str]) -> Composed:
    return SQL(", ").join(Identifier(alias, name) for name in names)


def _literal(text: str) -> LiteralString:
    return text
