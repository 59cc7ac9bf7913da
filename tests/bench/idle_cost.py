"""What a worker costs while nothing changes: twenty jobs on the network's cadences, one hour.

``python -m bench.idle_cost``. The hour is simulated, as fast as it goes, with the real runner and SQL; statements are
counted where they leave the driver and WAL counted by the server. Buffers and processor time come from a worker that
idles in real time, because the simulated clock's own would be in those figures.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection
from virtual_time import install, stage

from backbeat.clock import SystemClock
from backbeat.db import pool
from backbeat.db.pool import open_lanes
from backbeat.jobs import cost, record, store
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings
from bench.meter import Spent, metered
from bench.quiet_log import quiet_log
from bench.server import Server, running

HOUR_SECONDS = 3_600.0
# The network's cadences (domain: derived state 1.1, challenges 3.0), one job for each
CADENCES = (5, 10, 30, 30, 30, 30, 30, 60, 60, 120, 120, 120, 180, 300, 600, 600, 600, 600, 600, 3600)
READINGS = "readings of what a session has used"
KINDS = {
    pool.REPORT_STATISTICS: "checks of a connection before it is lent",
    store.LOOK: "looks at the schedule",
    store.CLAIM: "claims of runs",
    store.TICK: "ticks of quiet jobs",
    record.FINISH: "records of a run",
    cost.SESSION: READINGS,
    store.REGISTER: "registrations",
}
OTHER = "the jobs' own looks for changes"
USED = """
SELECT
    (SELECT sum(hits + reads)::bigint FROM pg_stat_io WHERE backend_type = 'client backend' AND object <> 'wal')
    - (SELECT sum(hits + reads)::bigint FROM pg_stat_get_backend_io(pg_backend_pid()) WHERE object <> 'wal'),
    (pg_current_wal_insert_lsn() - '0/0')::bigint
    - (SELECT wal_bytes::bigint FROM pg_stat_get_backend_wal(pg_backend_pid()))
"""


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated hour."""

    simulated_seconds: float
    """How long it was."""
    runs: int
    """Runs in it."""
    statements: dict[str, int]
    """Statements in it, by name."""
    wal_bytes: int
    """WAL in it."""
    real_seconds: float
    """The real time that the following figures were taken over."""
    buffers: int
    """Scaled to an hour."""
    client_seconds: float
    """Processor time of the worker, scaled to an hour."""
    server_seconds: float
    """Processor time of the server, scaled to an hour."""


def jobs() -> Iterator[Job]:
    """Yield twenty jobs that do what the real ones do: look for changes and find none."""
    for number, every_seconds in enumerate(CADENCES):
        real = JOBS[number % len(JOBS)]
        yield msgspec.structs.replace(
            real,
            name=f"{number:02}_every_{every_seconds}_s",
            every_seconds=float(every_seconds),
            group=f"group_{number % 10}",
            run_soon_seconds=0.5 if number in {9, 10, 11} else None,
        )


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the statements that leave the driver, by what they are for."""
    found: Counter[str] = Counter()
    execute = psycopg.AsyncCursor.execute

    async def count(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        if "held.clock" not in str(query)[:60]:
            found[KINDS.get(query, OTHER) if isinstance(query, str) else OTHER] += 1
        return await execute(self, query, *args, **kwargs)

    psycopg.AsyncCursor.execute = count  # type: ignore[method-assign]  # put back below
    try:
        yield found
    finally:
        psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]


async def measure(server: Server, *, seconds: float = HOUR_SECONDS, real_seconds: float = 60.0) -> Idle:
    """Measure on fresh databases of ``server``."""
    async with server.database() as url:
        runs, statements, wal_bytes = await _simulated(await install(url), seconds)
    async with server.database() as url:
        spent, buffers = await _real(server, url, real_seconds)
    scale = HOUR_SECONDS / real_seconds
    return Idle(
        simulated_seconds=seconds,
        runs=runs,
        statements=dict(statements.most_common()),
        wal_bytes=wal_bytes,
        real_seconds=real_seconds,
        buffers=round(buffers * scale),
        client_seconds=round(spent.client * scale, 2),
        server_seconds=round(spent.server * scale, 2),
    )


async def _simulated(held_url: str, seconds: float) -> tuple[int, Counter[str], int]:
    async with stage(held_url, JobsSettings()) as on:
        on.jobs = tuple(jobs())
        await _quiet_database(on.connection)
        on.hire()
        await on.play(60.0)  # first runs, plans and catalogues are behind it
        runs = await _runs(on.connection)
        before = await _used(on.connection)
        with counted() as statements:
            await on.play(60.0 + seconds)
        after = await _used(on.connection)
        runs = await _runs(on.connection) - runs
    return runs, statements, after[1] - before[1]


async def _real(server: Server, url: str, seconds: float) -> tuple[Spent, int]:
    async with await open_lanes(url, DatabaseSettings()) as lanes, lanes.indexing.connection() as observer:
        await _quiet_database(observer)
        working = asyncio.create_task(Runner(lanes, tuple(jobs()), JobsSettings(), SystemClock()).run())
        await asyncio.sleep(min(seconds, 15.0))  # every group has opened, every job has run
        before, _ = await _used(observer)
        with metered(server.pid) as spent:
            await asyncio.sleep(seconds)
        after, _ = await _used(observer)
        working.cancel()
        await asyncio.wait([working])
    return spent, after - before


async def _quiet_database(connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        "INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, updated_at)"
        " VALUES ('bench', 1, '', now(), '-infinity')"
    )


async def _runs(connection: AsyncConnection[Any]) -> int:
    row = await (
        await connection.execute("SELECT sum(quiet_runs + changed_runs)::bigint FROM backbeat.jobs")
    ).fetchone()
    assert row is not None
    return int(row[0])


async def _used(connection: AsyncConnection[Any]) -> tuple[int, int]:
    await pool.report_statistics(connection)
    row = await (await connection.execute(USED.encode())).fetchone()
    assert row is not None
    return row[0], row[1]


async def _alone(seconds: float, real_seconds: float, place: Path) -> Idle:
    async with running(place) as server:
        return await measure(server, seconds=seconds, real_seconds=real_seconds)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="bench.idle_cost", description=__doc__)
    parser.add_argument("--seconds", type=float, default=HOUR_SECONDS, help="how long to simulate")
    parser.add_argument("--real-seconds", type=float, default=60.0, help="how long to idle for the processor time")
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    found = asyncio.run(_alone(options.seconds, options.real_seconds, options.data_dir))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")


if __name__ == "__main__":
    main()
