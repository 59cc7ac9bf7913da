"""What one worker starts, and what becomes of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import structlog
from jobs_bench import Bench, HeldClock, Work, schedule_row, when_asleep
from psycopg import AsyncConnection

from backbeat.codes import Phase
from backbeat.errors import DatabaseError, JobError
from backbeat.incremental.report import Moved, RunReport
from backbeat.jobs import record, runner, store
from backbeat.jobs.catalog import JOBS, catalog
from backbeat.jobs.job import Weight
from backbeat.settings import JobsSettings, Settings

MakeBench = Callable[..., Bench]


async def test_a_new_job_runs_at_once_and_is_recorded(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    work = Work("songs")
    at = bench(work.job())
    await at.look_and_settle()
    assert work.starts == 1
    row = await schedule_row(connection, "songs")
    assert (row.outcome, row.rows_written, row.leased, row.failures) == ("changed", 1, False, 0)
    assert row.started_at is not None
    assert 59 < (row.next_run_at - row.started_at).total_seconds() <= 60
    [run] = await record.history(connection, "songs", 10)
    assert (run.run, run.inserted, run.moved) == (1, 1, {"here": [0, 1]})


async def test_nothing_starts_before_its_time(bench: MakeBench) -> None:
    work = Work("songs")
    at = bench(work.job())
    await at.look_and_settle()
    await at.look_and_settle()
    assert work.starts == 1


async def test_a_restarted_process_keeps_the_schedule(bench: MakeBench) -> None:
    work = Work("songs")
    await bench(work.job()).look_and_settle()
    await bench(work.job()).look_and_settle()
    assert work.starts == 1


async def test_a_schedule_that_somebody_emptied_is_made_again(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    work = Work("songs")
    at = bench(work.job())
    await at.look_and_settle()
    await connection.execute("DELETE FROM backbeat.jobs")
    await at.look_and_settle()
    assert work.starts == 2


async def test_where_every_job_is_off_the_runner_waits_until_it_is_stopped(bench: MakeBench, clock: HeldClock) -> None:
    off = tuple(job.name for job in JOBS)
    at = bench(*catalog(Settings(jobs=JobsSettings(off=off))), off=off)
    running = asyncio.create_task(at.runner.run())
    await when_asleep(clock)
    at.runner.drain()
    await running
    await at.runner.run_until_idle()
    assert at.running == set()


async def test_groups_are_serial_and_independent(bench: MakeBench) -> None:
    slow, behind, beside = Work("slow", closed=True), Work("behind"), Work("beside")
    at = bench(slow.job(group="a"), behind.job(group="a"), beside.job(group="b"))
    assert await at.look() == {"slow", "beside"}
    await beside.begun.wait()
    assert "behind" not in await at.look()
    slow.gate.set()
    await at.run_until_idle()
    assert await at.look() == {"behind"}
    await at.run_until_idle()
    assert (slow.starts, behind.starts, beside.starts) == (1, 1, 1)


async def test_groups_start_a_second_apart(bench: MakeBench) -> None:
    at = bench(*(Work(name, closed=True).job() for name in ("first", "second", "third")), stagger_seconds=1.0)
    assert await at.look(open_seconds=0.0) == {"first"}
    assert await at.look(open_seconds=1.2) == {"first", "second"}
    assert await at.look(open_seconds=2.0) == {"first", "second", "third"}
    await cancel(at)


async def test_all_groups_open_within_ten_seconds_of_the_start(bench: MakeBench) -> None:
    jobs = [Work(f"job_{number}").job() for number in range(40)]
    at = bench(*jobs, stagger_seconds=1.0)
    opens = [at.runner._opens_at[job.group] for job in jobs]
    assert opens == sorted(set(opens))
    assert opens[0] == 0.0
    assert opens[-1] == pytest.approx(9.75)


async def test_places_are_limited_by_weight(bench: MakeBench) -> None:
    heavy, light, other = Work("heavy", closed=True), Work("light", closed=True), Work("other", closed=True)
    at = bench(heavy.job(weight=Weight.HEAVY), light.job(), other.job(weight=Weight.HEAVY), concurrent_max=3)
    assert await at.look() == {"heavy", "light"}
    for work in (heavy, light):
        work.gate.set()
    await at.run_until_idle()
    assert await at.look() == {"other"}
    await cancel(at)


async def test_where_there_is_one_place_a_heavy_job_runs_alone(bench: MakeBench) -> None:
    heavy = Work("heavy", closed=True)
    at = bench(heavy.job(weight=Weight.HEAVY), concurrent_max=1)
    assert await at.look() == {"heavy"}
    await cancel(at)


async def test_a_failing_job_stops_no_other_and_is_retried(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    bad, good = Work("bad"), Work("good")
    bad.error = DatabaseError("disk_full", "The disk is full.", cure="Make room.")
    at = bench(bad.job(), good.job())
    await at.look_and_settle()
    assert good.starts == 1
    row = await schedule_row(connection, "bad")
    assert (row.outcome, row.failures, row.cure) == ("failed", 1, "Make room.")
    assert "disk_full" in row.error
    assert row.next_run_at < row.cadence_at
    bad.error = None
    await make_due(connection, "bad")
    await at.look_and_settle()
    row = await schedule_row(connection, "bad")
    assert (row.outcome, row.failures, row.error) == ("changed", 0, "")
    assert row.next_run_at == row.cadence_at


async def test_two_workers_never_run_a_job_together(bench: MakeBench) -> None:
    work = Work("songs", closed=True)
    one, two = bench(work.job()), bench(work.job())
    await asyncio.gather(one.look(), two.look())
    await work.begun.wait()
    await one.look()
    await two.look()
    assert work.starts == 1
    assert one.running ^ two.running == {"songs"}
    work.gate.set()
    await asyncio.gather(one.run_until_idle(), two.run_until_idle())


async def test_a_backlog_goes_on_under_one_claim(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    work = Work("songs")
    batches = [RunReport(name="songs", updated=2, moved=(Moved("here", at, at + 1),), more=at < 4) for at in range(5)]
    work.reports = list(batches)
    await bench(work.job()).look_and_settle()
    assert work.starts == 5
    [run] = await record.history(connection, "songs", 10)
    assert (run.updated, run.moved) == (10, {"here": [0, 5]})


async def test_a_long_backlog_lets_its_group_go_on(
    bench: MakeBench, clock: HeldClock, connection: AsyncConnection[Any]
) -> None:
    work = Work("songs", closed=True)
    work.reports = [RunReport(name="songs", updated=1, more=True)]
    at = bench(work.job())
    await at.look()
    await work.begun.wait()
    await clock.pass_(11)
    work.gate.set()
    await at.run_until_idle()
    assert work.starts == 1
    row = await schedule_row(connection, "songs")
    assert row.next_run_at < row.cadence_at, "the rest is due again before the cadence"


async def test_paused_jobs_wait_and_a_request_runs_them_once(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    paused, held = Work("paused"), Work("held")
    at = bench(paused.job(), held.job(), paused=("held",))
    await store.register(connection, [paused.job()])
    await store.set_paused(connection, "paused", paused=True)
    await at.look_and_settle()
    assert (paused.starts, held.starts) == (0, 0)
    for work in (paused, held):
        await store.request_run(connection, work.name)
    await at.look_and_settle()
    await at.look_and_settle()
    assert (paused.starts, held.starts) == (1, 1)
    await store.set_paused(connection, "paused", paused=False)
    await make_due(connection, "paused")
    await at.look_and_settle()
    assert paused.starts == 2


async def test_news_at_the_tip_start_a_job_before_its_cadence(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    keen, calm = Work("keen"), Work("calm")
    at = bench(keen.job(run_soon_seconds=0.0), calm.job())
    await at.look_and_settle()
    await frontier(connection, block_number=1, phase=Phase.CATCHING_UP)
    await at.look_and_settle()
    assert keen.starts == 1, "behind the tip the cadence stands"
    await frontier(connection, block_number=1, phase=Phase.AT_TIP)
    await at.look_and_settle()
    await at.look_and_settle()
    assert keen.starts == 2, "the same news count once"
    await frontier(connection, block_number=2, phase=Phase.AT_TIP)
    await at.look_and_settle()
    assert (keen.starts, calm.starts) == (3, 1)


async def test_quiet_runs_share_a_line_of_a_history_that_ends(
    bench: MakeBench, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "RUNS_KEPT", 3)
    quiet, changed = RunReport(name="songs"), RunReport(name="songs", inserted=1)
    work = Work("songs")
    work.reports = [changed, quiet, quiet, quiet, changed, changed, changed]
    at = bench(work.job())
    for _ in range(7):
        await at.look_and_settle()
        await make_due(connection, "songs")
    runs = await record.history(connection, "songs", 10)
    assert [(run.run, run.outcome, run.ticks) for run in runs] == [
        (5, "changed", 1), (4, "changed", 1), (3, "changed", 1),
    ]  # fmt: skip
    await at.look_and_settle()
    work.reports = [quiet]
    for _ in range(3):
        await make_due(connection, "songs")
        await at.look_and_settle()
    [newest, *_] = await record.history(connection, "songs", 10)
    assert (newest.outcome, newest.ticks) == ("quiet", 3)
    assert newest.finished_at > newest.started_at


async def test_the_loop_outlives_a_database_that_does_not_answer(
    bench: MakeBench, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work("songs")
    look, failures = store.look, [psycopg.OperationalError("gone"), psycopg.OperationalError("still gone")]

    async def flaky(*args: Any) -> Any:
        if failures:
            raise failures.pop()
        return await look(*args)

    monkeypatch.setattr(store, "look", flaky)
    at = bench(work.job())
    loop = asyncio.create_task(at.runner.run())
    for _ in range(3):
        await when_asleep(clock)
        await clock.pass_(0.25)
    await work.begun.wait()
    loop.cancel()
    await asyncio.wait([loop])
    assert work.starts == 1


@pytest.mark.parametrize("paused", [(), ("songs",)])
async def test_a_cancellation_that_got_lost_ends_the_loop_all_the_same(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, paused: tuple[str, ...]
) -> None:
    look, looking = store.look, asyncio.Event()

    async def deaf(*args: Any) -> Any:
        looking.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return await look(*args)

    monkeypatch.setattr(store, "look", deaf)
    work = Work("songs")
    loop = asyncio.create_task(bench(work.job(), paused=paused).runner.run())
    await looking.wait()
    loop.cancel()
    async with asyncio.timeout(60):
        await asyncio.wait([loop])
    assert (loop.cancelled(), work.starts) == (True, 0)


async def test_stopping_lets_running_jobs_finish(bench: MakeBench, connection: AsyncConnection[Any]) -> None:
    work = Work("songs", closed=True)
    at = bench(work.job())
    loop = asyncio.create_task(at.runner.run())
    await work.begun.wait()
    loop.cancel()
    await asyncio.sleep(0)
    work.gate.set()
    await asyncio.wait([loop])
    assert (await schedule_row(connection, "songs")).outcome == "changed"


async def test_stopping_cancels_what_does_not_finish(
    bench: MakeBench, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbeat.jobs.runner.DRAIN_SECONDS", 0.05)
    work = Work("songs", closed=True)
    at = bench(work.job())
    loop = asyncio.create_task(at.runner.run())
    await work.begun.wait()
    loop.cancel()
    await asyncio.wait([loop])
    row = await schedule_row(connection, "songs")
    assert (row.outcome, row.leased) == ("cancelled", False)
    assert row.next_run_at <= row.now, "the next worker takes it up at once"


async def test_run_once_runs_to_the_end_and_raises_what_the_job_raises(
    bench: MakeBench, connection: AsyncConnection[Any]
) -> None:
    work = Work("songs")
    work.reports = [RunReport(name="songs", updated=1, more=True), RunReport(name="songs", updated=1)]
    at = bench(work.job(), paused=("songs",))
    assert (await at.runner.run_once("songs")).updated == 2
    work.error = DatabaseError("disk_full", "The disk is full.", cure="Make room.")
    with pytest.raises(DatabaseError, match="disk_full"):
        await at.runner.run_once("songs")
    assert (await schedule_row(connection, "songs")).outcome == "failed"
    with pytest.raises(JobError, match="job_unknown"):
        await at.runner.run_once("sings")


async def test_run_once_refuses_a_job_that_runs_elsewhere(bench: MakeBench) -> None:
    work = Work("songs", closed=True)
    one, two = bench(work.job()), bench(work.job())
    await one.look()
    await work.begun.wait()
    with pytest.raises(JobError, match="job_running"):
        await two.runner.run_once("songs")
    work.gate.set()
    await one.run_until_idle()


async def test_settle_runs_everything_that_is_not_paused(bench: MakeBench) -> None:
    fine, bad, held = Work("fine"), Work("bad"), Work("held")
    fine.reports = [RunReport(name="fine", updated=1, more=True), RunReport(name="fine")]
    bad.error = DatabaseError("disk_full", "The disk is full.", cure="Make room.")
    await bench(fine.job(), bad.job(), held.job(), paused=("held",)).runner.run_until_idle()
    assert (fine.starts, bad.starts, held.starts) == (3, 1, 0)  # twice, and once more to find nothing left


async def test_settle_goes_round_until_nothing_is_left_that_another_job_wrote(bench: MakeBench) -> None:
    reader, writer = Work("reader"), Work("writer")
    quiet = RunReport(name="")
    reader.reports = [quiet, RunReport(name="reader", updated=1), quiet]
    writer.reports = [RunReport(name="writer", inserted=1), quiet]
    await bench(reader.job(), writer.job()).runner.run_until_idle()
    assert (reader.reports, writer.reports) == ([quiet], [quiet])
    assert (reader.starts, writer.starts) == (3, 3)


async def test_settle_ends_though_a_job_always_finds_work(bench: MakeBench) -> None:
    always, fine = Work("always"), Work("fine")
    with structlog.testing.capture_logs() as logs:
        await bench(always.job(), fine.job()).runner.run_until_idle()
    [warning] = [line for line in logs if line["event"] == "jobs_not_settled"]
    assert (warning["jobs"], always.starts) == (["always", "fine"], runner.ROUNDS_MAX)


async def make_due(connection: AsyncConnection[Any], name: str) -> None:
    await connection.execute("UPDATE backbeat.jobs SET next_run_at = clock_timestamp() WHERE name = %s", [name])


async def frontier(connection: AsyncConnection[Any], *, block_number: int, phase: str) -> None:
    await connection.execute(
        """
        INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number)
        VALUES ('test', %(number)s, '', now(), %(number)s)
        ON CONFLICT (singleton) DO UPDATE SET height = excluded.height, block_number = excluded.block_number
        """,
        {"number": block_number},
    )
    await connection.execute(
        """
        INSERT INTO backbeat.indexer (phase, source, started_at) VALUES (%s, 'test', now())
        ON CONFLICT (singleton) DO UPDATE SET phase = excluded.phase
        """,
        [phase],
    )


async def cancel(at: Bench) -> None:
    for task in list(at.runner._running.values()):
        task.cancel()
    await at.run_until_idle()
