"""Several workers, twenty jobs, one schedule: does anything ever overlap, and how late do starts come?

``python -m bench.workers --workers 4 --seconds 600``. Afterwards everything is read from the runs that the workers
stored, and held against what the jobs themselves wrote down while they ran.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.incremental.report import Moved, RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings
from bench.quiet_log import quiet_log
from bench.server import connect, running

# The size of each group, the seconds between starts of its jobs, and how long a run takes, from and to.
GROUPS = (
    (1, 3.5, 0.01, 0.05),
    (1, 4.0, 0.05, 0.30),
    (1, 5.0, 0.50, 7.00),  # overruns now and then
    (1, 7.0, 0.01, 0.02),
    (2, 4.0, 0.10, 1.00),
    (2, 10.0, 0.10, 0.50),
    (3, 6.0, 0.20, 1.50),
    (4, 8.0, 0.10, 2.50),
    (5, 30.0, 0.50, 4.00),
)
RUNS_MADE = "CREATE TABLE IF NOT EXISTS public.made (job text, began timestamptz, ended timestamptz)"
DRAIN_SECONDS_MAX = 60.0

OVERLAPS = """
WITH runs AS (
    SELECT job.{partition} AS who, run.started_at, run.finished_at,
        max(run.finished_at) OVER (
            PARTITION BY job.{partition} ORDER BY run.started_at, run.run
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS busy_until
    FROM backbeat.job_runs AS run JOIN backbeat.jobs AS job USING (name)
)
SELECT count(*) FROM runs WHERE started_at < busy_until
"""
ERRORS = """
WITH runs AS (
    SELECT run.name, job.group_name, run.started_at, run.finished_at,
        lag(run.started_at) OVER (PARTITION BY run.name ORDER BY run.run) AS last_start,
        max(run.finished_at) OVER (
            PARTITION BY job.group_name ORDER BY run.started_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS group_free
    FROM backbeat.job_runs AS run JOIN backbeat.jobs AS job USING (name)
),
late AS (
    SELECT extract(epoch FROM started_at - greatest(
        last_start + make_interval(secs => cadence.every_seconds), group_free
    )) * 1000 AS ms
    FROM runs JOIN unnest(%s::text[], %s::float8[]) AS cadence (name, every_seconds) USING (name)
    WHERE last_start IS NOT NULL
)
SELECT count(*) AS starts, min(ms)::float8 AS least_ms, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50_ms,
    percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99_ms, max(ms)::float8 AS most_ms
FROM late
"""


class Lateness(msgspec.Struct, frozen=True):
    """Milliseconds from when a start was possible (its interval over, its group free) to when it came."""

    starts: int
    least_ms: float
    p50_ms: float
    p99_ms: float
    most_ms: float


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the stored runs say. A worker that is asked to end in the middle of a claim records it as cancelled."""

    workers: int
    """Worker processes."""
    seconds: float
    """How long they ran."""
    runs_stored: int
    """Runs in the history."""
    runs_made: int
    """Runs that the jobs themselves noted."""
    failed: int
    """Runs that failed."""
    cancelled: int
    """Runs that were cancelled."""
    job_overlaps: int
    """Stored runs that overlap another of the same job."""
    group_overlaps: int
    """Stored runs that overlap another of the same group."""
    overlaps_made: int
    """Overlaps among the runs that the jobs noted."""
    lateness: Lateness
    """How late starts came."""


def jobs(scale: float, random: Random) -> Iterator[Job]:
    """Yield the twenty jobs, with every time multiplied by ``scale``."""
    for number, (size, every, shortest, longest) in enumerate(GROUPS):
        for member in range(size):
            name = f"group_{number}_job_{member}"
            yield Job(
                name=name,
                run=_work(name, shortest * scale, longest * scale, random),
                every_seconds=every * scale,
                group=f"group_{number}",
                freshness_seconds=every * 10,
            )


def _work(name: str, shortest: float, longest: float, random: Random) -> Any:
    async def run(session: Session) -> RunReport:
        connection, fence = session
        began = await (await connection.execute("SELECT clock_timestamp()")).fetchone()
        assert began is not None
        await asyncio.sleep(random.uniform(shortest, longest))
        async with connection.transaction():
            await connection.execute("INSERT INTO public.made VALUES (%s, %s, clock_timestamp())", [name, began[0]])
            if fence is not None:
                await fence(connection)
        return RunReport(name=name, inserted=1, moved=(Moved(name, 0, 1),))

    return run


async def work(url: str, seconds: float, scale: float, seed: int) -> None:
    """Be one worker for a while."""
    async with await open_lanes(url, DatabaseSettings(pool_max_conns=20)) as lanes:
        settings = JobsSettings(concurrent_max=8, stagger_seconds=scale)
        runner = Runner(lanes, list(jobs(scale, Random(seed))), settings, SystemClock())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await runner.run()


async def measure(url: str, *, workers: int, seconds: float, scale: float = 1.0) -> Found:
    """Let ``workers`` processes share the schedule of the migrated database at ``url``; say what they did."""
    async with await connect(url) as connection:
        await connection.execute(RUNS_MADE)
        command = [sys.executable, "-m", "bench.workers", "--url", url, "--seconds", str(seconds)]
        command += ["--scale", str(scale)]
        started = [
            await asyncio.create_subprocess_exec(*command, "--seed", str(seed), cwd=Path(__file__).parents[1])
            for seed in range(workers)
        ]
        async with asyncio.timeout(seconds + DRAIN_SECONDS_MAX):
            ends = [await process.wait() for process in started]
        if any(ends):
            raise RuntimeError(f"workers ended with {ends}")
        return await _found(connection, workers, seconds, scale)


async def _found(connection: AsyncConnection[Any], workers: int, seconds: float, scale: float) -> Found:
    async def one(query: str) -> int:
        row = await (await connection.execute(query.encode())).fetchone()
        assert row is not None
        return int(row[0])

    made = """
        SELECT count(*) FROM (
            SELECT began < max(ended) OVER (
                PARTITION BY job ORDER BY began ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS is_double FROM public.made
        ) AS runs WHERE is_double
    """
    cadences = {job.name: job.every_seconds for job in jobs(scale, Random(0))}
    async with connection.cursor(row_factory=class_row(Lateness)) as cursor:
        await cursor.execute(ERRORS.encode(), [list(cadences), list(cadences.values())])
        lateness = await cursor.fetchone()
    assert lateness is not None
    return Found(
        workers=workers,
        seconds=seconds,
        runs_stored=await one("SELECT count(*) FROM backbeat.job_runs"),
        runs_made=await one("SELECT count(*) FROM public.made"),
        failed=await one("SELECT count(*) FROM backbeat.job_runs WHERE outcome NOT IN ('changed', 'cancelled')"),
        cancelled=await one("SELECT count(*) FROM backbeat.job_runs WHERE outcome = 'cancelled'"),
        job_overlaps=await one(OVERLAPS.format(partition="name")),
        group_overlaps=await one(OVERLAPS.format(partition="group_name")),
        overlaps_made=await one(made),
        lateness=lateness,
    )


async def _alone(workers: int, seconds: float, scale: float, place: Path) -> Found:
    async with running(place) as server, server.database() as url:
        return await measure(url, workers=workers, seconds=seconds, scale=scale)


def main() -> int:
    """Be the bench, or one of its workers; exit with 1 if anything overlapped."""
    parser = argparse.ArgumentParser(prog="bench.workers", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every interval and duration")
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    quiet_log()
    if options.url:
        asyncio.run(work(options.url, options.seconds, options.scale, options.seed))
        return 0
    found = asyncio.run(_alone(options.workers, options.seconds, options.scale, options.data_dir))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    return int(found.job_overlaps + found.group_overlaps + found.overlaps_made + found.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
