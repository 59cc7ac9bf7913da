"""One worker over an hour in which nothing changes. :mod:`bench.idle_cost` runs it for each version of the program.

It is started with that version's interpreter and tests, so it uses nothing but what all versions have. The hour is
simulated, as fast as it goes, with the real runner and SQL; statements are counted where they leave the driver, by
their text, commits and WAL by the server. Buffers and processor time come from a worker that idles in real time,
because the simulated clock's own would be in those figures.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.sql import Composable
from virtual_time import install, stage

from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings
from bench.meter import Spent, metered
from bench.quiet_log import quiet_log
from bench.server import Server, running

HOUR_SECONDS = 3_600.0
FIRST_SECONDS = 60.0  # first runs, plans and catalogues are behind it
OPENING_SECONDS_MAX = 300.0
SETTLING_SECONDS = 5.0  # what first runs left to do is done
POLL_SECONDS = 0.5
# The network's cadences (domain: derived state 1.1, challenges 3.0), one job for each
CADENCES = (5, 10, 30, 30, 30, 30, 30, 60, 60, 120, 120, 120, 180, 300, 600, 600, 600, 600, 600, 3600)
OF_THE_CLOCK = "held.clock"
COUNTERS = """
SELECT
    (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
    (SELECT sum(hits + reads)::bigint FROM pg_stat_io WHERE backend_type = 'client backend' AND object <> 'wal')
    - (SELECT sum(hits + reads)::bigint FROM pg_stat_get_backend_io(pg_backend_pid()) WHERE object <> 'wal'),
    (pg_current_wal_insert_lsn() - '0/0')::bigint
    - (SELECT wal_bytes::bigint FROM pg_stat_get_backend_wal(pg_backend_pid()))
"""


class Counters(NamedTuple):
    """The server's counters; of buffers and WAL those of all sessions but the one that asks."""

    commits: int
    buffers: int
    wal_bytes: int


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated hour."""

    simulated_seconds: float
    """How long it was."""
    runs: int
    """Runs in it."""
    statements: dict[str, int]
    """Statements in it, by their text; none of those that begin and end transactions."""
    commits: int
    """Transactions in it."""
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


def twenty() -> Iterator[Job]:
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


SCHEDULES: Mapping[str, Callable[[], tuple[Job, ...]]] = {
    "twenty": lambda: tuple(twenty()),
    "catalogue": lambda: tuple(JOBS),
}
"""Twenty jobs on the network's cadences, and every job that there is."""


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the statements that leave the driver, by their text, the held clock's among them."""
    found: Counter[str] = Counter()
    execute, executemany = psycopg.AsyncCursor.execute, psycopg.AsyncCursor.executemany

    async def count(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        found[_text(query)] += 1
        return await execute(self, query, *args, **kwargs)

    async def count_many(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        found[_text(query)] += 1
        return await executemany(self, query, *args, **kwargs)

    psycopg.AsyncCursor.execute = count  # type: ignore[method-assign]  # put back below
    psycopg.AsyncCursor.executemany = count_many  # type: ignore[method-assign]  # likewise
    try:
        yield found
    finally:
        psycopg.AsyncCursor.execute = execute  # type: ignore[method-assign]
        psycopg.AsyncCursor.executemany = executemany  # type: ignore[method-assign]


def _text(query: Any) -> str:
    if isinstance(query, Composable):
        return query.as_string(None)
    return query.decode() if isinstance(query, bytes) else str(query)


async def measure(server: Server, jobs: tuple[Job, ...], *, seconds: float, real_seconds: float) -> Hour:
    """Measure on fresh databases of ``server``."""
    async with server.database() as url:
        runs, statements, used = await _simulated(await install(url), jobs, seconds)
    async with server.database() as url:
        spent, buffers = await _real(server, url, jobs, real_seconds)
    scale = HOUR_SECONDS / real_seconds
    return Hour(
        simulated_seconds=seconds,
        runs=runs,
        statements=dict(statements.most_common()),
        commits=used.commits,
        wal_bytes=used.wal_bytes,
        real_seconds=real_seconds,
        buffers=round(buffers * scale),
        client_seconds=round(spent.client * scale, 2),
        server_seconds=round(spent.server * scale, 2),
    )


async def _simulated(held_url: str, jobs: tuple[Job, ...], seconds: float) -> tuple[int, Counter[str], Counters]:
    async with stage(held_url, JobsSettings()) as on:
        on.jobs = jobs
        await quiet_database(on.connection)
        on.hire()
        await on.play(FIRST_SECONDS)
        runs = await _runs(on.connection)
        before = await _counters(on.connection)
        with counted() as statements:
            await on.play(FIRST_SECONDS + seconds)
        after = await _counters(on.connection)
        runs = await _runs(on.connection) - runs
    ticks = sum(statements.pop(text) for text in list(statements) if OF_THE_CLOCK in text)
    commits, buffers, wal_bytes = (now - then for now, then in zip(after, before, strict=True))
    return runs, statements, Counters(commits - ticks, buffers, max(0, wal_bytes))


async def _real(server: Server, url: str, jobs: tuple[Job, ...], seconds: float) -> tuple[Spent, int]:
    async with await open_lanes(url, DatabaseSettings()) as lanes, lanes.indexing.connection() as observer:
        await quiet_database(observer)
        working = asyncio.create_task(Runner(lanes, jobs, JobsSettings(), SystemClock()).run())
        await _all_have_run(observer)
        await asyncio.sleep(min(seconds, SETTLING_SECONDS))
        before = await _counters(observer)
        with metered(server.pid) as spent:
            await asyncio.sleep(seconds)
        after = await _counters(observer)
        working.cancel()
        await asyncio.wait([working])
    return spent, after.buffers - before.buffers


async def quiet_database(connection: AsyncConnection[Any]) -> None:
    """Have a block be indexed, long ago."""
    await connection.execute(
        "INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, updated_at)"
        " VALUES ('bench', 1, '', now(), '-infinity')"
    )


async def _all_have_run(connection: AsyncConnection[Any]) -> None:
    query = b"SELECT count(*) > 0 AND bool_and(succeeded_at IS NOT NULL) FROM backbeat.jobs"
    async with asyncio.timeout(OPENING_SECONDS_MAX):
        while await (await connection.execute(query)).fetchone() != (True,):  # noqa: ASYNC110 - told by the database alone
            await asyncio.sleep(POLL_SECONDS)


async def _runs(connection: AsyncConnection[Any]) -> int:
    row = await (
        await connection.execute("SELECT sum(quiet_runs + changed_runs)::bigint FROM backbeat.jobs")
    ).fetchone()
    assert row is not None
    return int(row[0])


async def _counters(connection: AsyncConnection[Any]) -> Counters:
    await connection.execute("SELECT pg_stat_force_next_flush()")
    row = await (await connection.execute(COUNTERS.encode())).fetchone()
    assert row is not None
    return Counters._make(row)


async def _alone(jobs: tuple[Job, ...], seconds: float, real_seconds: float, place: Path) -> Hour:
    async with running(place) as server:
        return await measure(server, jobs, seconds=seconds, real_seconds=real_seconds)


def main() -> None:
    """Write the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", choices=SCHEDULES)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--real-seconds", type=float)
    parser.add_argument("--data-dir", type=Path)
    chosen = parser.parse_args()
    quiet_log()
    found = asyncio.run(_alone(SCHEDULES[chosen.jobs](), chosen.seconds, chosen.real_seconds, chosen.data_dir))
    sys.stdout.write(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
