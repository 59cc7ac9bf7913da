"""What is looked at twice a minute: memory, lag, tables, the change log, its consumers, stored runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row

from backbeat.clock import Clock
from backbeat.incremental.change_log import consumer_lags
from backbeat.observe.status import read_indexer

POSTGRES = "postgres"
BUSIEST = 12  # tables besides those that are watched by name
KILOBYTE = 1024

TABLES = """
SELECT
    stat.schemaname || '.' || stat.relname AS name,
    stat.n_live_tup AS live,
    stat.n_dead_tup AS dead,
    stat.n_tup_ins AS inserted,
    stat.n_tup_upd + stat.n_tup_del AS killed,
    pg_table_size(stat.relid) AS bytes,
    pg_indexes_size(stat.relid) AS index_bytes,
    stat.autovacuum_count AS vacuums,
    (
        coalesce(
            (
                SELECT option_value::float8 FROM pg_options_to_table(class.reloptions)
                WHERE option_name = 'autovacuum_vacuum_threshold'
            ),
            current_setting('autovacuum_vacuum_threshold')::float8
        )
        + greatest(class.reltuples, 0) * coalesce(
            (
                SELECT option_value::float8 FROM pg_options_to_table(class.reloptions)
                WHERE option_name = 'autovacuum_vacuum_scale_factor'
            ),
            current_setting('autovacuum_vacuum_scale_factor')::float8
        )
    )::bigint AS vacuumed_from
FROM pg_stat_user_tables AS stat
JOIN pg_class AS class ON class.oid = stat.relid
WHERE
    stat.n_tup_upd + stat.n_tup_del + stat.n_tup_ins > 0
    AND (
        stat.schemaname = 'backbeat' OR stat.relname LIKE 'aggregate_%%' OR stat.relid IN (
            SELECT relid FROM pg_stat_user_tables ORDER BY n_tup_upd + n_tup_del DESC LIMIT %s
        )
    )
ORDER BY killed DESC
"""
LOG = """
SELECT
    count(*) AS log_rows,
    pg_total_relation_size('backbeat.changes') AS log_bytes,
    coalesce(extract(epoch FROM clock_timestamp() - min(logged_at)), 0)::float8 AS log_seconds,
    (SELECT count(*) FROM backbeat.job_runs) AS stored_runs,
    (SELECT coalesce(sum(count), 0)::bigint FROM backbeat.transaction_counts) AS transactions
FROM backbeat.changes
"""


class Table(msgspec.Struct, frozen=True):
    """A table by the server's statistics."""

    name: str
    """Its name."""
    live: int
    """Live rows."""
    dead: int
    """Dead rows."""
    inserted: int
    """Rows inserted so far."""
    killed: int
    """Updates and deletes so far, each of which left a dead row."""
    bytes: int
    """The size of the table."""
    index_bytes: int
    """The size of its indexes."""
    vacuums: int
    """How often autovacuum came."""
    vacuumed_from: int
    """Autovacuum comes once more rows than this are dead."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One look."""

    seconds: float
    """When, counted from the start."""
    resident_mb: dict[str, float]
    """Memory by process."""
    height: int
    """The last committed height."""
    lag_blocks: int | None
    """Blocks behind; None while unknown."""
    lag_seconds: float | None
    """Seconds behind; None while unknown."""
    tables: list[Table]
    """The tables' statistics."""
    log_rows: int
    """Rows of the change log."""
    log_bytes: int
    """The size of the change log."""
    log_seconds: float
    """The age of the log's oldest row."""
    consumer_seconds: float
    """The age of the oldest change that waits for a consumer."""
    consumer_keys: int
    """Keys that wait for consumers."""
    stored_runs: int
    """Lines of the jobs' history."""
    transactions: int
    """Transactions indexed so far."""


async def look(connection: AsyncConnection[Any], pids: Mapping[str, int], seconds: float, clock: Clock) -> Sample:
    """Return how everything stands, ``seconds`` after the beginning."""
    async with connection.cursor(row_factory=class_row(Table)) as cursor:
        tables = await (await cursor.execute(TABLES.encode(), [BUSIEST])).fetchall()
    async with connection.cursor(row_factory=dict_row) as cursor:
        log = await (await cursor.execute(LOG.encode())).fetchone() or {}
    lags = await consumer_lags(connection)
    indexer = await read_indexer(connection, clock)
    return Sample(
        seconds=seconds,
        resident_mb={name: resident_mb(name, pid) for name, pid in pids.items()},
        height=indexer.height if indexer else 0,
        lag_blocks=indexer.lag_blocks if indexer else None,
        lag_seconds=indexer.lag_seconds if indexer else None,
        tables=tables,
        consumer_seconds=max((lag.seconds for lag in lags), default=0.0),
        consumer_keys=sum(lag.keys for lag in lags),
        **log,
    )


def resident_mb(name: str, pid: int) -> float:
    """Return a process's resident memory; of the server, what its sessions have for themselves, without the cache."""
    if name != POSTGRES:
        return _memory(pid, "VmRSS")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return sum(_memory(int(child), "RssAnon") for child in children)


def _memory(pid: int, field: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:  # a session that ended meanwhile
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")]
    return int(found[0]) * KILOBYTE / 1e6 if found else 0.0
