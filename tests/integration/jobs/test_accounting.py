"""What each run waited for, did and cost, as the server counted it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import jobs_bench
import pytest
from jobs_bench import Bench, HeldClock, Work, schedule_row, when_asleep
from psycopg import AsyncConnection

from backbeat.codes import RunOutcome
from backbeat.db import pool
from backbeat.db.connection import LaneConnection
from backbeat.db.pool import Lanes
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, checked_by
from backbeat.jobs import cost, operate, record, store
from backbeat.jobs.cost import UNKNOWN, Cost
from backbeat.jobs.job import Job
from bench.idle_hour import counted
from builders.waiting import eventually

MakeBench = Callable[..., Bench]
ROWS = 5_000


@pytest.fixture
async def numbers(connection: AsyncConnection[Any]) -> int:
    """A table; returns how many blocks it has."""
    await connection.execute(
        "CREATE TABLE public.numbers WITH (autovacuum_enabled = off) AS SELECT 1 AS number LIMIT 0"
    )
    await connection.execute(f"INSERT INTO public.numbers SELECT generate_series(1, {ROWS})".encode())
    await connection.execute("VACUUM public.numbers")  # hint bits and visibility are not the run's work
    found = await connection.execute("SELECT pg_relation_size('public.numbers') / current_setting('block_size')::int")
    [[blocks]] = await found.fetchall()
    return int(blocks)


def chore(statement: str, report: RunReport) -> Job:
    async def run(on: Session) -> RunReport:
        session, fence = on
        async with session.transaction():
            await session.execute(statement.encode())
            if fence is not None:
                await fence(session)
        return report

    return Work("chore").job(name="chore", run=run)


async def last_run(connection: AsyncConnection[Any], name: str = "chore") -> record.JobRun:
    [newest, *_] = await record.history(connection, name, 1)
    return newest


async def measured(bench: MakeBench, connection: AsyncConnection[Any], job: Job) -> record.JobRun:
    """Return the third run of a job; the first two read plans and catalogues."""
    for _ in range(3):
        await bench(job).runner.run_once(job.name)
    return await last_run(connection)


async def test_blocks_are_those_that_the_statement_touched(
    bench: MakeBench, connection: AsyncConnection[Any], numbers: int
) -> None:
    nothing = await measured(bench, connection, chore("SELECT 1", RunReport(name="chore", inserted=1)))
    scan = await measured(
        bench, connection, chore("SELECT count(*) FROM public.numbers", RunReport(name="chore", inserted=1))
    )
    assert nothing.blocks_hit is not None
    assert scan.blocks_hit is not None
    assert scan.blocks_hit - nothing.blocks_hit == pytest.approx(numbers, abs=12), "the catalogue's own blocks vary"
    assert scan.blocks_read == 0


async def test_wal_is_that_of_the_run_alone(
    bench: MakeBench, connection: AsyncConnection[Any], numbers: int, lanes: Lanes
) -> None:
    if lanes.info.major < cost.SESSIONS_COUNT_SINCE:
        pytest.skip("older servers do not count WAL by session")
    await connection.execute("CHECKPOINT")
    job = chore("INSERT INTO public.numbers SELECT generate_series(1, 5000)", RunReport(name="chore", inserted=ROWS))
    run = await measured(bench, connection, job)
    assert run.wal_bytes is not None
    row_bytes = run.wal_bytes / ROWS
    assert 55 < row_bytes < 75, "a row of one integer is a record of about sixty bytes"
    assert numbers > 0


async def test_other_sessions_do_not_count(
    bench: MakeBench, connection: AsyncConnection[Any], lanes: Lanes, numbers: int
) -> None:
    async def run(on: Session) -> RunReport:
        session, fence = on
        await connection.execute("INSERT INTO public.numbers SELECT generate_series(1, 5000)")
        async with session.transaction():
            await session.execute("SELECT 1")
            if fence is not None:
                await fence(session)
        return RunReport(name="chore", inserted=1)

    found = await measured(bench, connection, Work("chore").job(name="chore", run=run))
    assert found.blocks_hit is not None
    assert found.blocks_hit < numbers * 10
    if lanes.info.major >= cost.SESSIONS_COUNT_SINCE:
        assert found.wal_bytes is not None
        assert found.wal_bytes < 1_000


async def test_a_failed_run_is_accounted_for(
    bench: MakeBench, connection: AsyncConnection[Any], lanes: Lanes, numbers: int
) -> None:
    async def run(on: Session) -> RunReport:
        session = on.connection
        async with session.transaction():
            await session.execute("INSERT INTO public.numbers SELECT generate_series(1, 5000)")
            raise ValueError("half way")

    await bench(Work("chore").job(name="chore", run=run)).look_and_settle()
    found = await last_run(connection)
    assert found.outcome == "failed"
    assert found.error == "A defect ended the run: ValueError: half way [job_defect]"
    assert found.cure
    if lanes.info.major >= cost.SESSIONS_COUNT_SINCE:
        assert found.wal_bytes is not None
        assert found.wal_bytes > ROWS * 50
    assert numbers > 0


async def test_quiet_runs_are_not_asked(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    await bench(chore("SELECT 1", RunReport(name="chore"))).look_and_settle()
    found = await last_run(connection)
    assert (found.outcome, Cost(found.blocks_hit, found.blocks_read, found.wal_bytes)) == ("quiet", UNKNOWN)


async def test_older_servers_count_by_transaction(lanes: Lanes, numbers: int) -> None:
    async def unfenced(_connection: AsyncConnection[Any]) -> None:
        return

    async def two_transactions(statement: str) -> Cost:
        async with lanes.jobs.connection() as session:
            assert isinstance(session, LaneConnection)
            meter = cost.TransactionMeter(session)
            await meter.begin()
            for _ in range(2):
                async with session.transaction():
                    await session.execute(statement.encode())
                    await meter.fence(checked_by(unfenced))(session)
            return await meter.end()

    scan = "SELECT sum(number) FROM public.numbers"
    await two_transactions(scan)  # plans and catalogues
    nothing, scans = await two_transactions("SELECT 1"), await two_transactions(scan)
    assert nothing.blocks_hit is not None
    assert scans.blocks_hit is not None
    assert scans.blocks_hit - nothing.blocks_hit == pytest.approx(2 * numbers, abs=40)
    assert scans.wal_bytes is None


async def test_the_statement_that_records_the_end_reads_the_cost_and_the_next_run_begins_with_it(
    bench: MakeBench, connection: AsyncConnection[Any], numbers: int
) -> None:
    job = chore("SELECT count(*) FROM public.numbers", RunReport(name="chore", inserted=1))
    await measured(bench, connection, job)
    costs, statements = [], []
    for _ in range(3):
        with counted() as found:
            await bench(job).runner.run_once(job.name)
        statements.append((found[cost.SESSION], found[pool.REPORT_STATISTICS]))
        costs.append((await last_run(connection)).blocks_hit)
    assert all(each is not None and each >= numbers for each in costs)
    assert max(filter(None, costs)) - min(filter(None, costs)) <= 12, "the catalogue's own blocks vary"
    assert set(statements) == {(0, 0)}


async def test_what_a_session_did_in_between_is_not_the_next_runs(
    bench: MakeBench, connection: AsyncConnection[Any], lanes: Lanes, numbers: int
) -> None:
    counts = chore("SELECT count(*) FROM public.numbers", RunReport(name="chore", inserted=1))
    alone = await measured(bench, connection, counts)
    for _ in range(lanes.jobs.get_stats()["pool_size"]):
        async with lanes.jobs.connection() as session:
            await session.execute("SELECT count(*) FROM public.numbers a, generate_series(1, 5)")
    await bench(counts).runner.run_once("chore")
    after = await last_run(connection)
    assert alone.blocks_hit is not None
    assert after.blocks_hit is not None
    assert abs(after.blocks_hit - alone.blocks_hit) < numbers


async def test_a_late_start_is_told(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    work = Work("songs")
    await store.register(connection, [work.job()])
    await connection.execute("UPDATE backbeat.jobs SET next_run_at = next_run_at - interval '90 s'")
    await bench(work.job()).look_and_settle()
    assert (await last_run(connection, "songs")).waited_seconds == pytest.approx(90, abs=5)
    await store.request_run(connection, "songs")
    await bench(work.job()).look_and_settle()
    assert (await last_run(connection, "songs")).waited_seconds < 5, "an early start waited for nothing"


async def test_totals_hold_everything(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    work = Work("songs")
    work.reports = [RunReport(name="songs", inserted=2), RunReport(name="songs", updated=3), RunReport(name="songs")]
    at = bench(work.job())
    for _ in range(3):
        await store.register(connection, [work.job()])
        await store.request_run(connection, "songs")
        await at.look_and_settle()
    work.error = ValueError("no")
    await store.request_run(connection, "songs")
    await at.look_and_settle()
    found = (await record.totals(connection, ["songs"]))["songs"]
    assert (found.changed, found.quiet, found.failed, found.cancelled) == (2, 1, 1, 0)
    assert found.rows_written == 5
    assert sum(found.seconds_buckets) == 4
    assert len(found.seconds_buckets) == len(record.BUCKET_SECONDS) + 1


@pytest.mark.parametrize(("seconds", "bucket"), [(0.0, 0), (0.01, 0), (0.011, 1), (600.0, 7), (600.1, 8)])
async def test_durations_fall_into_buckets(connection: AsyncConnection[Any], seconds: float, bucket: int) -> None:
    await store.register(connection, [Work("songs").job()])
    row = await schedule_row(connection, "songs")
    held = await jobs_bench.claim(connection, row, UUID(int=1), row.timing, 30)
    assert held is not None
    ended = record.Ended(outcome=RunOutcome.QUIET, report=RunReport(name="songs"), waited_seconds=0.0, seconds=seconds)
    await record.finish(connection, held, row.timing, ended)
    counts = (await record.totals(connection, ["songs"]))["songs"].seconds_buckets
    assert [at for at, count in enumerate(counts) if count] == [bucket]


async def test_a_run_over_its_time_fails_with_a_cure(
    bench: MakeBench, clock: HeldClock, connection: AsyncConnection[Any]
) -> None:
    work = Work("songs", closed=True)
    at = bench(work.job(timeout_seconds=40.0))
    await at.look()
    await work.begun.wait()
    [task] = at.runner._running.values()
    for _ in range(4):
        await when_asleep(clock)
        await clock.pass_(10)
    ended = await task
    assert ended.outcome == "failed"
    found = await last_run(connection, "songs")
    assert "[job_timeout]" in found.error
    assert "jobs.timeout_seconds" in found.cure
    row = await schedule_row(connection, "songs")
    assert (row.failures, row.leased) == (1, False)
    assert row.next_run_at - row.now < timedelta(seconds=45)


async def test_what_a_timeout_stops_is_stopped_in_the_database_too(
    bench: MakeBench, clock: HeldClock, connection: AsyncConnection[Any]
) -> None:
    async def run(on: Session) -> RunReport:
        session = on.connection
        await session.execute("SELECT pg_sleep(600)")
        return RunReport(name="chore")

    async def is_at_work() -> bool:
        found = await connection.execute(
            "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND wait_event = 'PgSleep' "
            "AND datname = current_database()"
        )
        return await found.fetchone() is not None

    at = bench(Work("chore").job(name="chore", run=run, timeout_seconds=1.0))
    await at.look()
    assert await eventually(is_at_work)
    await when_asleep(clock)
    await clock.pass_(1)
    await at.run_until_idle()
    assert not await is_at_work()


async def test_giving_way_is_seen_by_operators(connection: AsyncConnection[Any]) -> None:
    name = "hourly_play_counts"
    await operate.resume(connection, name)
    row = await schedule_row(connection, name)
    await store.defer(connection, row, "12 blocks behind, more than 5")
    await store.defer(connection, row, "99 blocks behind, more than 5")
    view = await operate.show(connection, name)
    assert view.deferred_reason == "12 blocks behind, more than 5", "what began it"
    assert view.deferred_seconds is not None
    assert view.deferred_seconds >= 0
    await operate.pause(connection, name)
    assert (await operate.show(connection, name)).deferred_since is None
