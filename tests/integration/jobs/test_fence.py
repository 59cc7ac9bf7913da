"""No job commits behind its fence: a worker whose run was taken over while its transaction is in hand writes nothing.

Each job of the catalogue works on what a made-up chain brought, and each of its write transactions has to end with the
fence, as the last word before COMMIT.
"""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import jobs_bench
import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.app import Options, up
from backbeat.clock import SystemClock
from backbeat.codes import RunOutcome
from backbeat.errors import LeaseLostError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence, Session, checked_by
from backbeat.index.progress import Progress
from backbeat.jobs import record, store
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from backbeat.jobs.record import Ended
from backbeat.settings import DatabaseSettings, JobsSettings, Settings, SimulatorSettings, WebSettings

TXS_PER_SECOND = 300.0
BACKLOG_BLOCKS = 20
IDLE = {  # what has nothing to do here, and why
    "challenges.first_tip": "a chain tells of no tips",
    "challenges.trending_track": "no Friday has passed",
    "challenges.trending_underground": "no Friday has passed",
    "challenges.trending_playlist": "no Friday has passed",
    "delists.users": "no key is set",
    "delists.tracks": "no key is set",
}
BY_THE_CALENDAR = {"weekly_rotation"}  # something to do on one day of the week
ROUNDS_MAX = 100  # of one job until nothing is left
BESIDE_THE_WORK = {"jobs", "job_runs"}  # the schedule itself, which the take-over writes
# A negative epoch is a place reserved in the change log ahead of a rebuild: a promise to keep rows, taken outside.
TABLES = """
    SELECT string_agg(format(
        'SELECT %L AS name, coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '''') AS content'
        ' FROM %s AS t%s',
        relname, oid::regclass, CASE relname WHEN 'consumers' THEN ' WHERE epoch > 0' ELSE '' END
    ), ' UNION ALL ')
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
"""


# Every challenge has begun, so that a run's first transaction is its work.
BEGUN = """
    INSERT INTO backbeat.challenge_starts (challenge_id, first_run, notifies, block_number, play_id, caught_up_at)
    SELECT id, 'backfill', true, 0, 0, clock_timestamp() FROM challenges
"""


class Nobody:
    """Watches nothing."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear nothing."""

    def progress(self, progress: Progress) -> None:
        """Hear nothing."""


@pytest.fixture
async def registered(connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """A session on a database that knows every job."""
    await store.register(connection, JOBS)
    return connection


@pytest.fixture
async def indexed(database_url: str, registered: AsyncConnection[Any], tmp_path: Path) -> AsyncConnection[Any]:
    """A session on a database that holds a chain, knows every job and has nothing derived."""
    settings = Settings(
        data_dir=str(tmp_path),
        database=DatabaseSettings(url=database_url),
        simulator=SimulatorSettings(txs_per_second=TXS_PER_SECOND, backlog_blocks=BACKLOG_BLOCKS),
        web=WebSettings(enabled=False),
        jobs=JobsSettings(enabled=False),
    )
    settings = msgspec.structs.replace(settings, chain=msgspec.structs.replace(settings.chain, source="simulator"))
    await up(database_url, settings, Options(exit_at_tip=True), Nobody(), asyncio.Event(), SystemClock())
    await registered.execute(BEGUN)
    return registered


async def content(connection: AsyncConnection[Any]) -> dict[str, str]:
    """Return a digest of every table that a job may write."""
    [[query]] = await (await connection.execute(TABLES)).fetchall()
    rows = await (await connection.execute(query)).fetchall()
    return {name: digest for name, digest in rows if name not in BESIDE_THE_WORK}


async def claimed(connection: AsyncConnection[Any], name: str) -> store.Claim:
    row = (await store.look(connection, [name]))[name]
    held = await jobs_bench.claim(connection, row, UUID(int=7), row.timing, 3_600)
    assert held is not None
    return held


async def taken_over(connection: AsyncConnection[Any], name: str) -> store.Claim:
    await connection.execute("UPDATE backbeat.jobs SET lease_until = clock_timestamp() - interval '1 s'")
    return await claimed(connection, name)


async def run(job: Job, session: AsyncConnection[Any], fence: Fence) -> RunReport:
    report = RunReport(name=job.name)
    for _ in range(ROUNDS_MAX):
        report = report.then(await job.run(Session(session, fence)))
        if not report.more:
            return report
    raise AssertionError(f"{job.name} never ends")


@pytest.mark.slow
async def test_a_job_taken_over_in_mid_transaction_commits_nothing(
    database_url: str, indexed: AsyncConnection[Any]
) -> None:
    idle = set()
    async with await AsyncConnection.connect(database_url, autocommit=True, options="-c timezone=UTC") as session:
        for job in JOBS:
            await indexed.execute("UPDATE backbeat.jobs SET holder = NULL, lease_until = NULL")
            held = await claimed(indexed, job.name)
            before = await content(indexed)
            heir = await heir_after(job, session, held, indexed)
            assert await content(indexed) == before, f"{job.name} committed without or behind its fence"
            await run(job, session, store.fence(heir or held))
            idle |= set() if heir else {job.name}
    assert idle - BY_THE_CALENDAR == set(IDLE)


async def heir_after(
    job: Job, session: AsyncConnection[Any], held: store.Claim, rival: AsyncConnection[Any]
) -> store.Claim | None:
    """Run the job; where it asks its fence, the work done and not committed, a rival takes the run over first."""
    heirs: list[store.Claim] = []

    async def too_late(own: AsyncConnection[Any]) -> None:
        heirs.append(await taken_over(rival, held.name))
        await store.fence(held)(own)

    try:
        await run(job, session, checked_by(too_late))
    except LeaseLostError:
        assert len(heirs) == 1
    else:
        assert not heirs, f"{job.name} swallowed the loss of its lease"
    return heirs[0] if heirs else None


async def test_a_run_that_was_seen_under_another_term_is_not_claimed(registered: AsyncConnection[Any]) -> None:
    """Two workers look at once; the first runs the job from start to end before the second makes up its mind."""
    name = JOBS[0].name
    seen = (await store.look(registered, [name]))[name]
    held = await claimed(registered, name)
    await finished(registered, held, seen)
    assert await jobs_bench.claim(registered, seen, UUID(int=8), seen.timing, 30) is None
    after = (await store.look(registered, [name]))[name]
    assert (after.term, after.leased, after.outcome) == (1, False, "changed")


async def test_a_run_that_was_recorded_has_no_lease_left(registered: AsyncConnection[Any]) -> None:
    """Its term is still the newest, so only the missing holder tells."""
    name = JOBS[0].name
    held = await claimed(registered, name)
    await store.fence(held)(registered)
    await finished(registered, held, (await store.look(registered, [name]))[name])
    with pytest.raises(LeaseLostError, match="took over") as lost:
        await store.fence(held)(registered)
    assert (lost.value.code, name in str(lost.value)) == ("job_lease_lost", True)
    assert not await store.renew(registered, held, 30)
    assert not (await store.look(registered, [name]))[name].leased
    await finished(registered, held, (await store.look(registered, [name]))[name])  # its answer was lost, say
    found = await registered.execute("SELECT runs, changed_runs FROM backbeat.jobs WHERE name = %s", [name])
    assert await found.fetchall() == [(1, 1)]


async def test_a_lost_run_takes_the_line_of_an_old_one(registered: AsyncConnection[Any]) -> None:
    name = JOBS[0].name
    for _ in range(store.RUNS_KEPT):
        await finished(registered, await claimed(registered, name), (await store.look(registered, [name]))[name])
    await claimed(registered, name)
    await taken_over(registered, name)
    newest, before = (await record.history(registered, name, store.RUNS_KEPT))[:2]
    assert (newest.run, newest.outcome, newest.inserted) == (store.RUNS_KEPT + 1, "lost", 0)
    assert (before.outcome, before.inserted) == ("changed", 1)


async def test_quiet_runs_that_share_a_line_add_up(registered: AsyncConnection[Any]) -> None:
    name = JOBS[0].name
    for waited_seconds in (1.0, 2.0, 4.0):
        held = await claimed(registered, name)
        row = (await store.look(registered, [name]))[name]
        quiet = Ended(
            outcome=RunOutcome.QUIET, report=RunReport(name=name), waited_seconds=waited_seconds, seconds=0.25
        )
        await record.finish(registered, held, row.timing, quiet)
    [line] = await record.history(registered, name, 10)
    assert (line.ticks, line.waited_seconds, line.seconds) == (3, 7.0, 0.75)


async def test_a_superseded_run_neither_renews_nor_records(registered: AsyncConnection[Any]) -> None:
    name = JOBS[0].name
    old = await claimed(registered, name)
    new = await taken_over(registered, name)
    before = (await store.look(registered, [name]))[name]
    assert not await store.renew(registered, old, 7_200)
    await finished(registered, old, before)
    after = (await store.look(registered, [name]))[name]
    assert (after.term, after.leased, after.outcome) == (new.term, True, before.outcome)
    assert await store.renew(registered, new, 30)


async def finished(connection: AsyncConnection[Any], held: store.Claim, row: store.ScheduleRow) -> None:
    report = RunReport(name=held.name, inserted=1)
    await record.finish(
        connection, held, row.timing, Ended(outcome=RunOutcome.CHANGED, report=report, waited_seconds=0.0, seconds=0.1)
    )
