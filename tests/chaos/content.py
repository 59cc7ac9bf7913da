"""What a database holds, as one hash per table: equal hashes mean equal rows, processing times and sequences aside."""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

LEFT_OUT = {
    # when a machine did something, and what a rolled-back transaction costs a sequence, are nobody's state
    "plays": {"updated_at"},
    "skipped_transactions": {"id", "created_at", "updated_at"},
    # the block and time at which a job judged; and of two rewards at once, the one that was judged first is told
    "notification": {"id", "blocknumber", "timestamp", "group_id", "specifier", "data"},
    "challenge_starts": {"began_at", "caught_up_at", "block_number", "play_id"},
    "user_distinct_play_hours": {"updated_at"},
    "user_distinct_play_tracks": {"updated_at"},
    "user_challenges": {"created_at", "completed_at", "completed_blocknumber"},
    "cooldowns": {"completed_at"},
    "user_score_features": {"updated_at"},
    "cursor": {"updated_at"},
    "rejected_transactions": {"tried_at"},
    "chains": {"begun_at"},
    "objects": {"placed_at"},
}
NOT_CONTENT = {"migrations", "leases", "indexer", "jobs", "job_runs", "processes", "server"}
NOT_CONTENT |= {"indexing_checkpoints", "consumers", "clocks"}  # quiet runs leave them, so they tell when runs were
NOT_CONTENT |= {"changes", "rounds", "pruned_plays"}  # read and pruned, gone round, looked at, at some time or other

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
FROM (SELECT ROW({columns})::text AS line FROM {table}) AS lines
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


def content(url: str) -> Content:
    """Return the number of rows and a hash of the content of every table that is not empty."""
    found: Content = {}
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as conn:
        for (schema, table), names in columns(url).items():
            kept = SQL(", ").join(map(Identifier, names))
            row: tuple[Any, ...] | None = conn.execute(
                HASH.format(columns=kept, table=Identifier(schema, table))
            ).fetchone()
            if row and row[0]:
                found[f"{schema}.{table}"] = (row[0], row[1])
    return found
