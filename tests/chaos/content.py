"""What a database holds, as one hash per table: equal hashes mean equal rows, processing times and sequences aside."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from backbeat.digest import content as content_of

OF_A_RUN = {
    # what a rolled-back transaction costs a sequence, and which file was put in place when
    "skipped_transactions": {"id"},
    "notification": {"id"},
    "objects": {"placed_at"},
}
TIMES = {content_of.LOOKED, content_of.BEGUN}
"""Why `backbeat digest` leaves a column aside, where tests do too; the other reasons do not arise in them."""


def _left_out() -> dict[str, set[str]]:
    left = {
        name.rpartition(".")[2]: {column for column, reason in table.aside.items() if reason in TIMES}
        for name, table in content_of.CONTENT.items()
    }
    for name, columns in OF_A_RUN.items():
        left[name] = left.get(name, set()) | columns
    return {name: columns for name, columns in left.items() if columns}


LEFT_OUT = _left_out()
"""When a machine did something, and what a rolled-back transaction costs a sequence, are nobody's state."""
KEPT_ALIKE = {"objects", "drift", "score_pass", "delist_asides", "delist_progress", "delist_status_cursor"} | {
    *("past_tracks", "past_playlists", "histories"),
}
"""Not of a state, and alike all the same where tests run the same program over the same blocks."""
NOT_CONTENT = {name.rpartition(".")[2] for name in content_of.NOT_CONTENT} - KEPT_ALIKE

TABLES = """
SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'backbeat')
GROUP BY 1, 2
ORDER BY 1, 2
"""

HASH = SQL("""
SELECT count(*), md5(coalesce(string_agg(line, E'\\n' ORDER BY line), ''))
FROM (SELECT ROW({columns})::text AS line FROM {table} WHERE {counts}) AS lines
""")


Content = dict[str, tuple[int, str]]
Columns = Mapping[tuple[str, str], Sequence[str]]


def columns(url: str) -> Columns:
    """Return the columns of every table that is content, by schema and table."""
    with psycopg.connect(url, autocommit=True) as conn:
        found = conn.execute(TABLES).fetchall()
    return {
        (schema, table): [name for name in names if name not in LEFT_OUT.get(table, set())]
        for schema, table, names in found
        if table not in NOT_CONTENT
    }


def counts(table: str) -> Composable:
    """Return the condition of the rows of a table that are content."""
    left = content_of.CONTENT[table].types_aside if table in content_of.CONTENT else {}
    return SQL("type <> ALL ({}::text[])").format(Literal(sorted(left))) if left else SQL("true")


def content(url: str) -> Content:
    """Return the number of rows and a hash of the content of every table that is not empty."""
    found: Content = {}
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as conn:
        for (schema, table), names in columns(url).items():
            kept = SQL(", ").join(map(Identifier, names))
            row: tuple[Any, ...] | None = conn.execute(
                HASH.format(columns=kept, table=Identifier(schema, table), counts=counts(table))
            ).fetchone()
            if row and row[0]:
                found[f"{schema}.{table}"] = (row[0], row[1])
    return found
