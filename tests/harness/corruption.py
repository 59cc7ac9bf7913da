"""Corrupting single rows of any table, as the catalogue describes it: a column changed, a row deleted, a row added."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier

COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, NULL) AS kind, a.attgenerated <> '' AS is_generated
    FROM pg_attribute AS a
    WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""

OTHERWISE = {
    "integer": "coalesce({c}, 0) + 1000003",
    "bigint": "coalesce({c}, 0) + 1",
    "smallint": "coalesce({c}, 0) + 1000",
    "double precision": "coalesce({c}, 0) + 1",
    "boolean": "NOT coalesce({c}, false)",
    "text": "coalesce({c}, '') || 'x'",
    "character varying": "coalesce({c}, '') || 'x'",
    "date": "coalesce({c}, '2020-01-01') + 31",
    "timestamp without time zone": "coalesce({c}, '2020-01-01') + interval '25 hours'",
    "timestamp with time zone": "coalesce({c}, '2020-01-01') + interval '25 hours'",
    "jsonb": "'{{\"wrong\": 1}}'::jsonb",
    "integer[]": "coalesce({c}, '{{}}') || 1",
    "bytea": "{c} || '\\x00'::bytea",
}
"""Another value of each type."""


class Column(NamedTuple):
    name: str
    kind: str
    is_generated: bool


class Corruption(NamedTuple):
    """What was done to a row, and the row before and after; None: there was, or is, none."""

    what: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def named(table: str) -> Composable:
    return Identifier(*table.split("."))


async def columns_of(connection: AsyncConnection[Any], table: str) -> list[Column]:
    rows = await (await connection.execute(COLUMNS, [table])).fetchall()
    return [Column(*row) for row in rows]


async def rows_of(connection: AsyncConnection[Any], table: str, where: str, limit: int) -> list[dict[str, Any]]:
    """Return some rows of a table, each with where it lies."""
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(
        SQL("SELECT ctid::text AS lies_at, * FROM {} WHERE {} ORDER BY ctid LIMIT {}").format(
            named(table),
            SQL(where),
            limit,
        )
    )
    return await cursor.fetchall()


@asynccontextmanager
async def changed(
    admin: AsyncConnection[Any], table: str, row: dict[str, Any], column: Column
) -> AsyncIterator[Corruption]:
    """Give a column of a row another value, as no trigger notices, and put it back."""
    other = SQL(OTHERWISE[column.kind]).format(c=Identifier(column.name))
    statement = SQL("UPDATE {} SET {} = {} WHERE ctid = %s::tid RETURNING ctid::text AS lies_at, *").format(
        named(table), Identifier(column.name), other
    )
    cursor = admin.cursor(row_factory=dict_row)
    after = await (await cursor.execute(statement, [row["lies_at"]])).fetchone()
    assert after is not None
    try:
        yield Corruption(f"change {column.name}", row, after)
    finally:
        back = SQL("UPDATE {} SET {} = %s WHERE ctid = %s::tid RETURNING ctid::text").format(
            named(table), Identifier(column.name)
        )
        value = _plain(row[column.name], column.kind)
        [row["lies_at"]] = await (await admin.execute(back, [value, after["lies_at"]])).fetchone() or [None]


@asynccontextmanager
async def deleted(
    admin: AsyncConnection[Any], table: str, row: dict[str, Any], columns: list[Column]
) -> AsyncIterator[Corruption]:
    """Take a row away, as no trigger notices, and bring it back."""
    await admin.execute(SQL("DELETE FROM {} WHERE ctid = %s::tid").format(named(table)), [row["lies_at"]])
    try:
        yield Corruption("delete", row, None)
    finally:
        row["lies_at"] = await _insert(admin, table, row, columns)


@asynccontextmanager
async def added(
    admin: AsyncConnection[Any], table: str, row: dict[str, Any], columns: list[Column], key: dict[str, Any]
) -> AsyncIterator[Corruption]:
    """Add a row as another is, under a key of nobody, and take it away."""
    fresh = {**row, **key}
    lies_at = await _insert(admin, table, fresh, columns)
    try:
        yield Corruption("add", None, fresh)
    finally:
        await admin.execute(SQL("DELETE FROM {} WHERE ctid = %s::tid").format(named(table)), [lies_at])


async def _insert(admin: AsyncConnection[Any], table: str, row: dict[str, Any], columns: list[Column]) -> str:
    own = [column for column in columns if not column.is_generated]
    statement = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING ctid::text").format(
        named(table),
        SQL(", ").join(Identifier(column.name) for column in own),
        SQL(", ").join(SQL("%s") for _ in own),
    )
    values = [_plain(row[column.name], column.kind) for column in own]
    [lies_at] = await (await admin.execute(statement, values)).fetchone() or [""]
    return str(lies_at)


def _plain(value: Any, kind: str) -> Any:
    from psycopg.types.json import Jsonb  # noqa: PLC0415 - of one kind alone

    return Jsonb(value) if kind == "jsonb" and value is not None else value
