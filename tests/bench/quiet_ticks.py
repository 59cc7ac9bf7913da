"""What a tick costs when nothing changed: at 10 thousand plays and at 5 million, it should be the same.

Milliseconds are medians; buffers, rows and WAL are exact, from the server's own counters (buffers need PostgreSQL 18).
The bookkeeping of a run (claim, record) is the runner's, and stands apart from what the tick itself costs.
"""

import asyncio
import statistics
import sys
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from backbeat.clock import SystemClock
from backbeat.db.migrate import migrate
from backbeat.db.pool import Lanes, open_lanes
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings

SIZES = (10_000, 5_000_000)
TICKS = 50
BUFFERS_SINCE = 18  # the first major version that counts a session's own buffers


class Counters(NamedTuple):
    """The server's counts so far."""

    buffers: int
    rows_written: int
    wal_bytes: int


async def measure(database_url: str, sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Fill the empty database at ``database_url`` to each size in turn; return one row per size and job."""
    await migrate(database_url, clock=SystemClock())
    found = []
    async with await open_lanes(database_url, DatabaseSettings()) as lanes:
        runner = Runner(lanes, JOBS, JobsSettings(), SystemClock())
        for size in sizes:
            async with lanes.indexing.connection() as writer:
                await fill(writer, size)
                for job in JOBS:
                    await _rebuild(job, writer)
            await runner.run_until_idle()
            async with lanes.indexing.connection() as writer:
                await writer.execute("VACUUM (ANALYZE)")
                # blocks went by in which nobody did anything that a job follows
                await writer.execute("UPDATE backbeat.cursor SET block_number = block_number + 10000")
            found += [{"plays": size, "job": job.name, **await tick(lanes, runner, job)} for job in JOBS]
    return found


async def _rebuild(job: Job, session: AsyncConnection[Any]) -> None:
    if job.rebuild is not None:  # one pass is quicker than many batches
        await job.rebuild(Session(session))


async def tick(lanes: Lanes, runner: Runner, job: Job) -> dict[str, Any]:
    """Measure one job's quiet ticks, alone and with the runner's bookkeeping."""
    async with lanes.jobs.connection() as session, lanes.reads.connection() as observer:
        await job.run(Session(session))  # what follows the clock may note how it stands with the new block
        await _quiet(job, session)  # plans and catalogues are warm from here on
        before = await counters(observer, session)
        times = [await _quiet(job, session) for _ in range(TICKS)]
        after = await counters(observer, session)
        recorded_before = await wal(observer)
        recorded = [await _recorded(runner, job) for _ in range(TICKS)]
        recorded_wal = await wal(observer) - recorded_before
    has_buffers = lanes.info.major >= BUFFERS_SINCE
    return {
        "median_ms": round(statistics.median(times) * 1000, 3),
        "buffers": round((after.buffers - before.buffers) / TICKS, 1) if has_buffers else None,
        "rows_written": after.rows_written - before.rows_written,
        "wal_bytes": after.wal_bytes - before.wal_bytes,
        "with_bookkeeping_ms": round(statistics.median(recorded) * 1000, 3),
        "bookkeeping_wal_bytes": recorded_wal // TICKS,
    }


async def _quiet(job: Job, session: AsyncConnection[Any]) -> float:
    start = SystemClock().monotonic()
    report = await job.run(Session(session))
    seconds = SystemClock().monotonic() - start
    if not report.is_quiet:
        raise RuntimeError(f"{job.name} is not quiet: {report}")
    return seconds


async def _recorded(runner: Runner, job: Job) -> float:
    start = SystemClock().monotonic()
    await runner.run_once(job.name)
    return SystemClock().monotonic() - start


async def counters(observer: AsyncConnection[Any], session: AsyncConnection[Any]) -> Counters:
    """Read what ``session`` touched so far, and what the whole server wrote."""
    await session.execute("SELECT pg_stat_force_next_flush()")
    await session.execute("SELECT 1")
    buffers = 0
    if session.info.server_version >= BUFFERS_SINCE * 10_000:
        query = "SELECT coalesce(sum(hits + reads), 0)::bigint FROM pg_stat_get_backend_io(%s)"
        buffers = await _one(observer, query, session.info.backend_pid)
    rows = await _one(observer, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint FROM pg_stat_all_tables")
    return Counters(buffers, rows, await wal(observer))


async def wal(observer: AsyncConnection[Any]) -> int:
    """Return how many bytes of WAL the server ever wrote."""
    return await _one(observer, "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")


async def _one(connection: AsyncConnection[Any], query: str, *values: Any) -> int:
    row = await (await connection.execute(query.encode(), values)).fetchone()
    if row is None:
        raise RuntimeError("the query answers one row")
    return int(row[0])


async def fill(writer: AsyncConnection[Any], plays: int, every_seconds: float = 5.0) -> None:
    """Grow the database to so many plays, with a user for every 100 and a track for every 50."""
    first = await _one(writer, "SELECT coalesce(max(id), 0) + 1 FROM plays")
    users, tracks = max(plays // 100, 100), max(plays // 50, 200)
    await writer.execute("INSERT INTO blocks (blockhash, number) VALUES ('one', 1) ON CONFLICT DO NOTHING")
    await writer.execute(
        """
        INSERT INTO users (user_id, is_current, is_verified, blocknumber)
        SELECT id, true, id %% 20 = 0, 1 FROM generate_series(1, %s) AS id
        ON CONFLICT (user_id) WHERE is_current DO NOTHING
        """,
        [users],
    )
    await writer.execute(
        """
        INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at, blocknumber)
        SELECT id, 1 + id %% %s, true, false, now(), now(), 1 FROM generate_series(1, %s) AS id
        ON CONFLICT (track_id) WHERE is_current DO NOTHING
        """,
        [users, tracks],
    )
    await _play(writer, (first, plays), users, tracks, every_seconds)
    await writer.execute(
        """
        INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
        VALUES ('bench', 1, 'one', '2026-01-01', 1, %(plays)s) -- so that no play is old enough to be pruned
        ON CONFLICT (singleton) DO UPDATE SET play_id = excluded.play_id
        """,
        {"plays": plays},
    )


async def _play(
    writer: AsyncConnection[Any], ids: tuple[int, int], users: int, tracks: int, every_seconds: float
) -> None:
    first, last = ids
    # the triggers' work in one go; they are not what is measured here
    await writer.execute("ALTER TABLE plays DISABLE TRIGGER USER")
    await writer.execute(
        """
        INSERT INTO plays (id, user_id, play_item_id, created_at)
        SELECT id, CASE WHEN id %% 3 > 0 THEN 1 + id * 7919 %% %(users)s END, 1 + id * 104729 %% %(tracks)s,
            '2025-03-01'::timestamp + id * make_interval(secs => %(every)s)
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS id
        """,
        {"first": first, "last": last, "users": users, "tracks": tracks, "every": every_seconds},
    )
    await writer.execute("ALTER TABLE plays ENABLE TRIGGER USER")
    await writer.execute(
        """
        INSERT INTO aggregate_monthly_plays AS kept (play_item_id, timestamp, count)
        SELECT play_item_id, date_trunc('month', created_at), count(*) FROM plays WHERE id >= %s GROUP BY 1, 2
        ON CONFLICT (play_item_id, timestamp, country) DO UPDATE SET count = kept.count + excluded.count
        """,
        [first],
    )


def show(found: list[dict[str, Any]]) -> None:
    """Print the figures as a table."""
    table = Table(*found[0], title="A tick with nothing changed")
    for row in found:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    show(asyncio.run(measure(sys.argv[1])))
