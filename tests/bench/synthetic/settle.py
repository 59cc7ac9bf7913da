"""Brings a filled database to rest: trending and challenges have worked through everything, at the instant it ends."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from psycopg import AsyncConnection
from sql_files import sql_files

from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.derived.keeper import Step
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from bench.server import connect
from bench.synthetic.clock import connect_at, install

BATCHES_MAX = 10_000
STREAK_SHARE = 0.02  # of all plays, two weeks: there is no rebuild, and the others one after another take an hour
SKIP = """
    INSERT INTO indexing_checkpoints (tablename, last_checkpoint)
    SELECT %s, (play_id * (1 - %s::float8))::bigint FROM backbeat.cursor
"""


def state_of_the_program() -> str:
    """Return what the state of rest depends on: the schema and the jobs' names."""
    scripts = (file.text for file in sql_files() if file.is_script)
    return "\0".join((*scripts, *(job.name for job in settled())))


async def settle(url: str, jobs: Iterable[Job], say: Callable[[str], None]) -> None:
    """Rebuild the jobs' tables, and run each of them until it is quiet."""
    async with await connect(url) as connection:
        await install(connection)
    async with await connect_at(url) as connection:
        await connection.execute("SET work_mem = '256MB'")
        await connection.execute("SET backbeat.challenge_notifications = 'off'")
        await connection.execute(SKIP, [LISTEN_STREAK.feed.checkpoint, STREAK_SHARE])
        for job in jobs:
            began = time.monotonic()
            rows = await work_through(job, connection)
            say(f"{job.name}: {rows:,} rows, {time.monotonic() - began:.1f} s")
        await connection.execute("VACUUM (ANALYZE)")


def settled() -> list[Job]:
    """Return trending and then the challenges, some of which follow what trends. What else there is needs no others."""
    wanted = [job for job in JOBS if job.name.startswith(("trending.", "challenges."))]
    return sorted(wanted, key=lambda job: job.name.startswith("challenges."))


async def work_through(job: Job, connection: AsyncConnection[Any]) -> int:
    """Rebuild where a job can, and run it until it is quiet; return how many rows it wrote."""
    rows = 0
    if job.rebuild is not None:
        rows += (await job.rebuild(Session(connection))).rows_written
    await connection.execute("ANALYZE user_challenges, track_trending_scores")  # autovacuum is off while building
    return rows + (await until_quiet(job.run, connection)).rows_written


async def until_quiet(run: Step, connection: AsyncConnection[Any]) -> RunReport:
    """Run until a run leaves nothing; return all of them as one."""
    report = await run(Session(connection))
    for _ in range(BATCHES_MAX):
        if not report.more:
            return report
        report = report.then(await run(Session(connection)))
    raise RuntimeError(f"{report.name} never comes to rest")
