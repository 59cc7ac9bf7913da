"""A made-up row for every table of a state: what counts is that each column holds something, and that keys differ."""

from collections.abc import Mapping, Sequence

import msgspec
import psycopg
from psycopg.sql import SQL, Composable, Identifier

from backbeat.digest.content import CONTENT

COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, NULL), t.typtype::text
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""
OF_TYPE: Mapping[str, str] = {
    "boolean": "false",
    "smallint": "{n}",
    "integer": "{n}",
    "bigint": "{n}",
    "double precision": "{n} + 0.1",
    "numeric": "{n} + 0.1",
    "text": "'v' || {n}",
    "character varying": "'v' || {n}",
    "jsonb": "jsonb_build_object('b', {n}, 'aa', 1.50)",
    "bytea": "decode(lpad(to_hex({n}), 8, '0'), 'hex')",
    "uuid": "lpad(to_hex({n}), 32, '0')::uuid",
    "date": "date '2026-01-01' + {n}",
    "timestamp without time zone": "timestamp '2026-01-01' + {n} * interval '1 day'",
    "timestamp with time zone": "timestamptz '2026-01-01Z' + {n} * interval '1 day'",
}
"""The {n}th value of a type, in SQL."""
CHECKED: Mapping[str, str] = {
    "singleton": "true",
    "outcome": "'applied'",
    "became": "'applied'",
    "first_run": "'backfill'",
    "way": "'here'",
    "backbeat.watch_differences.kind": "'differs'",
    "track_collaborators.status": "'pending'",
    "backbeat.cursor.chain_id": "'dev'",
    "backbeat.cursor.height": "7",
    "territory_codes": "'{{AA}}'",
}
"""Columns of which a constraint asks for more, or a comparison."""


class Column(msgspec.Struct, frozen=True):
    """A column that is written."""

    name: str
    type: str
    kind: str
    checked: str | None

    def value(self, n: int) -> Composable:
        """Return its ``n``th value."""
        if self.checked is not None:
            return SQL(self.checked.format(n=n))
        if self.kind == "e":
            return SQL("(enum_range(NULL::{}))[1]").format(SQL(self.type))
        if self.type.endswith("[]"):
            return SQL("ARRAY[{}]::{}").format(self._of(self.type.removesuffix("[]"), n), SQL(self.type))
        return self._of(self.type, n)

    @staticmethod
    def _of(kind: str, n: int) -> Composable:
        return SQL(OF_TYPE[kind].format(n=n))


def columns(connection: psycopg.Connection, table: str) -> list[Column]:
    """Return the columns of a table that can be written."""
    found = connection.execute(COLUMNS, [table])
    return [
        Column(name, kind, of, CHECKED.get(f"{table}.{name}", CHECKED.get(name))) for name, kind, of in found.fetchall()
    ]


def add(connection: psycopg.Connection, table: str, n: int, *, without: Sequence[str] = ()) -> None:
    """Insert the ``n``th made-up row, past triggers and foreign keys; columns in ``without`` get their defaults."""
    written = [each for each in columns(connection, table) if each.name not in without]
    connection.execute("SET session_replication_role = replica")
    connection.execute(
        SQL("INSERT INTO {} ({}) VALUES ({})").format(
            Identifier(*table.split(".")),
            SQL(", ").join(Identifier(each.name) for each in written),
            SQL(", ").join(each.value(n) for each in written),
        )
    )


def fill(connection: psycopg.Connection, rows: int) -> None:
    """Put ``rows`` made-up rows into every table of a state."""
    for table in CONTENT:
        refill(connection, table, rows)


def refill(connection: psycopg.Connection, table: str, rows: int) -> None:
    """Put ``rows`` made-up rows in place of those that are there; one where there cannot be more."""
    connection.execute("SET session_replication_role = replica")
    connection.execute(SQL("DELETE FROM {}").format(Identifier(*table.split("."))))
    for n in range(1, 2 if is_single(connection, table) else rows + 1):
        add(connection, table, n)


def is_single(connection: psycopg.Connection, table: str) -> bool:
    """Say whether a table has one row at most."""
    return any(each.name == "singleton" for each in columns(connection, table))


def change(connection: psycopg.Connection, table: str, keys: Sequence[str]) -> str:
    """Change a column that is no key of the ``keys`` of one row and return its name; of a table of keys, a key."""
    candidates = [
        each
        for each in columns(connection, table)
        if each.name not in CONTENT[table].aside and each.checked is None and each.kind != "e"
    ]
    chosen = next((each for each in candidates if each.name not in keys), candidates[-1])
    connection.execute("SET session_replication_role = replica")
    connection.execute(
        SQL("UPDATE {table} SET {column} = {value} WHERE ctid = (SELECT min(ctid) FROM {table})").format(
            table=Identifier(*table.split(".")),
            column=Identifier(chosen.name),
            value=SQL("true") if chosen.type == "boolean" else chosen.value(77),
        )
    )
    return chosen.name


def remove(connection: psycopg.Connection, table: str) -> None:
    """Delete one row."""
    connection.execute("SET session_replication_role = replica")
    name = Identifier(*table.split("."))
    connection.execute(SQL("DELETE FROM {0} WHERE ctid = (SELECT min(ctid) FROM {0})").format(name))
