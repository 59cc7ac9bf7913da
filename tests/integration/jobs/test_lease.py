"""A run belongs to one worker, whatever happens to clocks, processes and connections."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import jobs_bench
import psycopg
import pytest
from jobs_bench import Bench, HeldClock, Work, schedule_row, when_asleep
from psycopg import AsyncConnection

from backbeat.codes import RunOutcome
from backbeat.db.pool import Lanes
from backbeat.db.together import Write
from backbeat.errors import LeaseLostError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence, Session
from backbeat.jobs import record, store
from builders.waiting import eventually
from harness.connections import waits_for_lock

MakeBench = Callable[..., Bench]


async def expire(connection: AsyncConnection[Any], name: str) -> None:
    await connection.execute(
        "UPDATE backbeat.jobs SET lease_until = clock_timestamp() - interval '1 ms' WHERE name = %s", [name]
    )


async def test_a_dead_workers_run_is_taken_over_when_its_lease_ends(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    dead, alive = Work("songs", closed=True), Work("songs")
    gone = bench(dead.job())
    await gone.look()
    await dead.begun.wait()
    heir = bench(alive.job())
    await heir.look_and_settle()
    assert alive.starts == 0
    await expire(connection, "songs")
    await heir.look_and_settle()
    assert alive.starts == 1
    row = await schedule_row(connection, "songs")
    assert (row.term, row.outcome) == (2, "changed")
    told = await record.history(connection, "songs", 5)
    assert [(run.run, run.outcome) for run in told] == [(2, "changed"), (1, "lost")]
    assert told[1].finished_at < told[0].started_at
    assert told[1].seconds == pytest.approx((told[1].finished_at - told[1].started_at).total_seconds())
    assert ("never recorded" in told[1].error, bool(told[1].cure)) == (True, True)
    assert (await record.totals(connection, ["songs"]))["songs"].lost == 1

    dead.gate.set()  # it was only slow: its write meets the fence, and its end is not recorded
    await gone.run_until_idle()
    after = await schedule_row(connection, "songs")
    assert (after.outcome, after.succeeded_at) == ("changed", row.succeeded_at)


async def test_a_superseded_worker_cannot_commit(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    work = Work("songs")
    await store.register(connection, [work.job()])
    old = await claim(connection)
    await expire(connection, "songs")
    new = await claim(connection)
    assert (old.term, new.term, new.taken_over) == (1, 2, True)
    await connection.execute("CREATE TABLE public.written (worker int)")
    async with lanes.jobs.connection() as session:
        with pytest.raises(LeaseLostError):
            await write(session, 1, store.fence(old))
        await write(session, 2, store.fence(new))
    assert await (await connection.execute("SELECT worker FROM written")).fetchall() == [(2,)]


async def test_take_over_and_commit_exclude_each_other(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    work = Work("songs")
    await store.register(connection, [work.job()])
    held = await claim(connection)
    await expire(connection, "songs")
    async with lanes.jobs.connection() as session:
        async with session.transaction():
            await store.fence(held)(session)
            row = await schedule_row(connection, "songs")
            assert await jobs_bench.claim(connection, row, held.holder, row.timing, 30) is None
        row = await schedule_row(connection, "songs")
        assert await jobs_bench.claim(connection, row, held.holder, row.timing, 30) is not None


async def test_what_is_written_with_the_fence_waits_for_a_take_over_and_loses(
    database_url: str, lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await store.register(connection, [Work("songs").job()])
    held = await claim(connection)
    await expire(connection, "songs")
    await connection.execute("CREATE TABLE public.written (worker int)")
    last = Write("INSERT INTO written VALUES (%(worker)s)", {"worker": 1})
    async with lanes.jobs.connection() as session, await AsyncConnection.connect(database_url) as rival:

        async def write_last() -> None:
            async with session.transaction():
                await store.fence(held)(session, [last, last])

        assert (await claim(rival)).taken_over
        writing = asyncio.create_task(write_last())
        assert await eventually(lambda: waits_for_lock(connection, session))
        await rival.commit()
        with pytest.raises(LeaseLostError):
            await writing
        assert await (await connection.execute("SELECT worker FROM written")).fetchall() == []
        heir = (await schedule_row(connection, "songs")).term
        await store.fence(held._replace(term=heir))(session, [last])
    assert await (await connection.execute("SELECT worker FROM written")).fetchall() == [(1,)]


async def test_a_term_that_a_crash_gave_out_twice_is_the_later_ones(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    """Claims do not wait for the disk: the first was undone, and its worker lives on and has not heard of it."""
    await store.register(connection, [Work("songs").job()])
    undone = await claim(connection)
    await connection.execute("UPDATE backbeat.jobs SET term = term - 1, holder = NULL, lease_until = NULL")
    row = await schedule_row(connection, "songs")
    later = await jobs_bench.claim(connection, row, UUID(int=2), row.timing, 30)
    assert later is not None
    assert later.term == undone.term
    async with lanes.jobs.connection() as session:
        with pytest.raises(LeaseLostError):
            await store.fence(undone)(session)
        await store.fence(later)(session)
    assert not await store.renew(connection, undone, 30)
    ended = record.Ended(outcome=RunOutcome.CHANGED, report=RunReport(name="songs"), waited_seconds=0.0, seconds=0.1)
    assert not await record.finish(connection, undone, row.timing, ended)
    assert await record.finish(connection, later, row.timing, ended)


async def test_an_end_that_could_not_be_recorded_is_recorded_at_the_next_look(
    bench: MakeBench, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, failures = record.finish, [psycopg.OperationalError("gone")]

    async def flaky(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return await finish(*args)

    monkeypatch.setattr(record, "finish", flaky)
    work = Work("songs")
    at = bench(work.job())
    await at.look_and_settle()
    assert (await schedule_row(connection, "songs")).leased
    await at.look_and_settle()
    row = await schedule_row(connection, "songs")
    assert (row.leased, row.outcome, work.starts) == (False, "changed", 1)
    assert [run.outcome for run in await record.history(connection, "songs", 5)] == ["changed"]


async def test_one_of_many_claims_wins(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await store.register(connection, [Work("songs").job()])
    row = await schedule_row(connection, "songs")

    async def rival(number: int) -> store.Claim | None:
        async with lanes.jobs.connection() as session:
            return await jobs_bench.claim(session, row, UUID(int=number), row.timing, 30)

    won = [held for held in await asyncio.gather(*map(rival, range(10))) if held]
    assert len(won) == 1


async def test_a_long_run_keeps_its_lease(bench: MakeBench, clock: HeldClock, connection: AsyncConnection[Any]) -> None:
    work = Work("songs", closed=True)
    at = bench(work.job())
    await at.look()
    await work.begun.wait()
    await when_asleep(clock)
    await connection.execute("UPDATE backbeat.jobs SET lease_until = lease_until - interval '29 s'")
    before = await lease_until(connection)
    await clock.pass_(10)
    await when_asleep(clock)
    assert await lease_until(connection) > before
    work.gate.set()
    await at.run_until_idle()


async def test_a_worker_that_lost_its_lease_stops_working(
    bench: MakeBench, clock: HeldClock, connection: AsyncConnection[Any]
) -> None:
    work = Work("songs", closed=True)
    at = bench(work.job())
    await at.look()
    await work.begun.wait()
    [task] = at.runner._running.values()
    await when_asleep(clock)
    await connection.execute("UPDATE backbeat.jobs SET term = term + 1")
    await clock.pass_(10)
    ended = await task
    assert ended.outcome == "cancelled"
    assert isinstance(ended.error, LeaseLostError)
    assert (await schedule_row(connection, "songs")).leased, "the lease is the other worker's"


async def test_a_cancellation_that_got_lost_in_one_batch_ends_the_run_before_the_next(bench: MakeBench) -> None:
    begun, starts = asyncio.Event(), 0

    async def run(_: Session) -> RunReport:
        nonlocal starts
        starts += 1
        begun.set()
        if starts == 1:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return RunReport(name="songs", inserted=1, more=starts == 1)

    at = bench(Work("songs").job(run=run))
    await at.look()
    await begun.wait()
    [task] = at.runner._running.values()
    task.cancel()
    await asyncio.wait([task])
    assert (starts, task.cancelled()) == (1, True)


async def test_a_lost_cancellation_does_not_keep_a_lease_alive(
    bench: MakeBench, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewing = asyncio.Event()

    async def deaf(*_: Any) -> bool:
        renewing.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return True

    monkeypatch.setattr(store, "renew", deaf)
    work = Work("songs", closed=True)
    at = bench(work.job())
    await at.look()
    await work.begun.wait()
    await when_asleep(clock)
    await clock.pass_(10)
    await renewing.wait()
    work.gate.set()
    async with asyncio.timeout(60):
        await at.run_until_idle()


async def test_a_claim_that_a_stop_cut_off_is_given_up_at_once(
    bench: MakeBench, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claimed, heard = store.claim, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> list[store.Claim]:
        held = await claim(*args)
        claimed.set()
        await heard.wait()
        return held

    monkeypatch.setattr(store, "claim", slow)
    work = Work("songs")
    loop = asyncio.create_task(bench(work.job()).runner.run())
    await claimed.wait()
    assert (await schedule_row(connection, "songs")).leased
    loop.cancel()
    await asyncio.sleep(0)
    heard.set()
    async with asyncio.timeout(60):
        await asyncio.wait([loop])
    row = await schedule_row(connection, "songs")
    assert (loop.cancelled(), row.leased, row.outcome, work.starts) == (True, False, "cancelled", 0)


async def write(session: AsyncConnection[Any], worker: int, fence: Fence) -> None:
    async with session.transaction():
        await session.execute("INSERT INTO written VALUES (%s)", [worker])
        await fence(session)


async def claim(connection: AsyncConnection[Any], seconds: float = 30) -> store.Claim:
    row = await schedule_row(connection, "songs")
    held = await jobs_bench.claim(connection, row, UUID(int=1), row.timing, seconds)
    assert held is not None
    return held


async def lease_until(connection: AsyncConnection[Any]) -> Any:
    [[until]] = await (await connection.execute("SELECT lease_until FROM backbeat.jobs")).fetchall()
    return until


async def test_a_claim_of_a_clock_that_was_ahead_holds_no_run_up(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    """The worker was killed; its claim and all else that it left is stamped hours ahead, as is its heartbeat."""
    dead, alive = Work("songs", closed=True), Work("songs")
    gone = bench(dead.job())
    await gone.look()
    await dead.begun.wait()
    await connection.execute(
        "UPDATE backbeat.jobs SET lease_until = lease_until + interval '8 hours', "
        "started_at = started_at + interval '8 hours'"
    )
    heir = bench(alive.job())
    await heir.look_and_settle()
    assert alive.starts == 1
    told = await record.history(connection, "songs", 5)
    assert [run.outcome for run in told] == ["changed", "lost"]
    assert told[1].seconds == 0
    assert not (await schedule_row(connection, "songs")).leased
    dead.gate.set()
    await gone.run_until_idle()


async def test_a_longer_claim_of_another_worker_is_not_taken_for_one_from_the_future(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await store.register(connection, [Work("songs").job()])
    await claim(connection, seconds=7_200)
    row = await schedule_row(connection, "songs")
    assert row.leased
    async with lanes.jobs.connection() as session:
        assert await jobs_bench.claim(session, row, UUID(int=7), row.timing, 30) is None
