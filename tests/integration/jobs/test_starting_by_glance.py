"""What a worker does with a glance: which jobs start, which tick, when it looks again, and what it leaves unasked."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from integration.jobs.test_runner import frontier
from jobs_bench import Bench, Work, claim, schedule_row
from psycopg import AsyncConnection
from sql_files import SOURCE
from virtual_time import Event, Stage, VirtualClock, install, stage

from backbeat.codes import Phase, RunOutcome
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.glance import Seen
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs import record, store
from backbeat.jobs.job import Job
from backbeat.jobs.store import Tick
from backbeat.settings import JobsSettings
from bench.idle_hour import counted
from bench.statements import Names

MakeBench = Callable[..., Bench]
CADENCE = 10.0
QUIET = RunReport(name="")


class Told:
    """Stands for the look at the feeds: says that these jobs' have moved."""

    def __init__(self, *moved: str) -> None:
        self.moved = set(moved)
        self.costly = set[str]()
        self.rules: int | None = None
        self.looks: list[float] = []
        self.clock: VirtualClock | None = None

    async def look(self, connection: AsyncConnection[Any], due: Collection[str]) -> Seen:
        if self.clock is not None:
            self.looks.append(round(self.clock.monotonic(), 3))
        row = await (await connection.execute("SELECT block_number, play_id FROM backbeat.cursor")).fetchone()
        asked = await (await connection.execute("SELECT FROM backbeat.jobs WHERE run_requested")).fetchone()
        block_number, play_id = row or (None, None)
        left_out = frozenset(self.costly - set(due))
        moved = frozenset(self.moved) - left_out
        return Seen(block_number, play_id, moved, asked is not None, self.rules, left_out)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    made = Told()
    monkeypatch.setattr("backbeat.jobs.runner.Glance", lambda _jobs, **_: made)
    return made


@pytest.fixture(scope="module")
def held_url(module_database_url: str) -> str:
    """The address of a database whose clock is the tests'."""
    return asyncio.run(install(module_database_url))


@pytest.fixture
async def at(held_url: str, told: Told) -> AsyncIterator[Stage]:
    async with stage(held_url, JobsSettings(stagger_seconds=0.0)) as on:
        told.clock = on.clock
        yield on


def feeds(name: str) -> tuple[BlockFeed, ...]:
    return (BlockFeed(checkpoint=name, table="plays", stamp=Stamp.PLAY, rows_max=10),)


def scripted(name: str, starts: list[float], clock: VirtualClock, report: RunReport = QUIET, **changes: Any) -> Job:
    async def run(session: Session) -> RunReport:
        starts.append(round(clock.monotonic(), 3))
        assert session.fence is not None
        async with session.connection.transaction():
            await session.fence(session.connection)
        return report

    options: dict[str, Any] = {
        "every_seconds": CADENCE,
        "freshness_seconds": 1e6,
        "group": name,
        "feeds": feeds(name),
    } | changes
    return Job(name=name, run=run, **options)


def at_tip(number: int) -> Event:
    async def event(at: Stage) -> None:
        await frontier(at.connection, block_number=number, phase=Phase.AT_TIP)
        await at.connection.execute("UPDATE backbeat.cursor SET updated_at = held.clock_timestamp()")

    return event


def block(number: int, committed: asyncio.Event | None) -> Event:
    """A block is committed; with an event the worker beside it hears of it."""

    async def event(at: Stage) -> None:
        await at_tip(number)(at)
        if committed is not None:
            await at.tell(committed)

    return event


async def quiet_runs(connection: AsyncConnection[Any], name: str) -> tuple[int, list[tuple[str, int]]]:
    lines = await record.history(connection, name, 10)
    totals = await record.totals(connection, [name])
    return totals[name].quiet, [(line.outcome, line.ticks) for line in lines]


# Cadences


async def test_a_tick_stands_in_for_a_quiet_run_and_every_tenth_cadence_runs(at: Stage) -> None:
    starts: list[float] = []
    at.jobs = [scripted("songs", starts, at.clock)]
    at.hire()
    await at.play(201.0)
    assert starts == [0, 100, 200], "though the look at the feeds never names it"
    assert await quiet_runs(at.connection, "songs") == (21, [("quiet", 21)])
    row = await schedule_row(at.connection, "songs")
    assert row.succeeded_at is not None
    assert (row.now - row.succeeded_at).total_seconds() <= CADENCE


@pytest.mark.parametrize(("every", "expected"), [(600, 600), (300, 600), (120, 600), (60, 600), (30, 300)])
async def test_no_job_goes_without_a_run_for_more_than_ten_minutes(at: Stage, every: int, expected: int) -> None:
    starts: list[float] = []
    at.jobs = [scripted("songs", starts, at.clock, every_seconds=every)]
    at.hire()
    await at.play(1_201.0)
    assert starts == list(range(0, 1_201, expected))


async def test_an_edit_of_the_rules_is_found_by_the_next_run_of_the_cadence(at: Stage, told: Told) -> None:
    starts: list[float] = []

    async def edited(_: Stage) -> None:
        told.rules = 2

    at.jobs, told.rules = [scripted("songs", starts, at.clock)], 1
    at.hire()
    await at.play(101.0, [(33.0, edited)])
    assert starts == [0, 10, 40], "at 10 the first look cannot tell by which rules the first run went"


async def test_costly_feeds_are_looked_at_for_ticks_that_are_due(at: Stage, told: Told) -> None:
    starts: dict[str, list[float]] = {"songs": [], "charts": []}
    told.costly = {"charts"}
    at.jobs = [
        scripted("songs", starts["songs"], at.clock),
        scripted("charts", starts["charts"], at.clock, every_seconds=35.0),
    ]
    at.hire()
    await at.play(71.0)
    assert starts == {"songs": [0], "charts": [0]}
    told.moved = {"charts"}
    await at.play(110.0)
    assert starts == {"songs": [0, 100], "charts": [0, 105]}


async def test_feeds_that_have_moved_start_a_run_at_the_cadence(at: Stage, told: Told) -> None:
    starts: list[float] = []
    at.jobs = [scripted("songs", starts, at.clock)]
    told.moved = {"songs"}
    at.hire()
    await at.play(31.0)
    assert starts == [0, 10, 20, 30]


async def test_jobs_without_feeds_run_at_every_cadence(at: Stage) -> None:
    starts: list[float] = []
    at.jobs = [scripted("songs", starts, at.clock, feeds=())]
    at.hire()
    await at.play(31.0)
    assert starts == [0, 10, 20, 30]


async def test_ticks_that_are_close_go_together(at: Stage, told: Told) -> None:
    at.jobs = [scripted(name, [], at.clock) for name in "abcd"]
    at.settings = JobsSettings(stagger_seconds=0.3)
    at.hire()
    await at.play(5.0)
    before = len(told.looks)
    await at.play(95.0)
    assert len(told.looks) - before == 9


async def test_what_switched_itself_off_does_not_tick_and_follows_nothing(at: Stage, told: Told) -> None:
    starts: list[float] = []
    told.moved = {"songs"}
    off = RunReport(name="songs", off=True)
    at.jobs = [scripted("songs", starts, at.clock, report=off, run_soon_seconds=0.5)]
    committed = asyncio.Event()
    await at_tip(1)(at)
    at.hire(committed)
    await at.play(25.0, [(float(second), block(second, committed)) for second in range(2, 25)])
    assert starts == [0, 10, 20]


async def test_a_failure_is_retried_by_a_run(at: Stage) -> None:
    starts: list[float] = []
    job = scripted("songs", starts, at.clock)

    async def fails(session: Session) -> RunReport:
        await job.run(session)
        raise ValueError("no")

    at.jobs = [msgspec.structs.replace(job, run=fails)]
    at.hire()
    await at.play(4.0)
    assert starts == [0, 1, 3]


# Blocks


async def test_a_block_starts_those_that_it_concerns_at_once(at: Stage, told: Told) -> None:
    keen: list[float] = []
    other: list[float] = []
    at.jobs = [
        scripted("keen", keen, at.clock, run_soon_seconds=0.5, every_seconds=60.0),
        scripted("other", other, at.clock, run_soon_seconds=0.5, every_seconds=60.0),
    ]
    committed = asyncio.Event()
    await at_tip(1)(at)
    at.hire(committed)
    await at.play(5.0)
    told.moved = {"keen"}
    await at.play(6.0, [(5.13, block(2, committed))])
    assert (keen, other) == ([0, 5.13], [0])


async def test_a_wake_up_that_concerns_no_job_is_one_look(at: Stage, told: Told) -> None:
    at.jobs = [scripted("songs", [], at.clock, run_soon_seconds=0.5, every_seconds=60.0)]
    committed = asyncio.Event()
    await at_tip(1)(at)
    at.hire(committed)
    await at.play(5.05)
    looks = len(told.looks)
    with counted() as statements:
        await at.play(5.9, [(5.1, lambda _: at.tell(committed)), (5.7, lambda _: at.tell(committed))])
    assert len(told.looks) - looks == 2
    names = Names(SOURCE / "backbeat")
    assert not {names.of(text) for text in statements} & {
        f"jobs/{name}" for name in ("look", "claim", "tick", "finish")
    }


async def test_a_long_gap_does_not_keep_the_worker_looking(at: Stage, told: Told) -> None:
    starts: list[float] = []
    told.moved = {"songs"}
    at.jobs = [scripted("songs", starts, at.clock, run_soon_seconds=7.0, every_seconds=60.0)]
    committed = asyncio.Event()
    await at_tip(1)(at)
    at.hire(committed)
    await at.play(15.0, [(second / 2, block(second, committed)) for second in range(3, 29)])
    assert starts == [0, 7, 14]
    assert [second for second in told.looks if second > 0] == [7, 14]


@pytest.mark.parametrize(("last_block", "start"), [(12, 10.3), (9, 11.0)])
async def test_news_after_a_long_gap_go_along_with_the_next_block(
    at: Stage, told: Told, last_block: int, start: float
) -> None:
    starts: dict[str, list[float]] = {"charts": [], "rewards": []}
    told.moved = set(starts)
    at.settings = JobsSettings(stagger_seconds=0.0, poll_seconds_max=7.0)  # a look at the rows would start it, too
    at.jobs = [
        scripted("charts", starts["charts"], at.clock, run_soon_seconds=10.0, every_seconds=60.0),
        scripted("rewards", starts["rewards"], at.clock, run_soon_seconds=0.5, every_seconds=60.0),
    ]
    committed = asyncio.Event()
    await at_tip(1)(at)
    at.hire(committed)
    blocks = [second + 0.3 for second in range(1, last_block + 1)]
    await at.play(12.9, [(moment, block(number, committed)) for number, moment in enumerate(blocks, 2)])
    looks = sorted({*blocks, start})
    assert starts == {"charts": [0, start], "rewards": [0, *looks]}
    assert [second for second in told.looks if second > 0] == looks


async def test_wake_ups_dropped_at_random_are_caught_within_a_look(at: Stage, told: Told) -> None:
    starts: list[float] = []
    committed, drops = asyncio.Event(), Random(14)
    at.jobs = [scripted("songs", starts, at.clock, run_soon_seconds=0.1, every_seconds=60.0)]
    await at_tip(1)(at)
    at.hire(committed)
    await at.play(2.0)
    told.moved = {"songs"}
    blocks = [2.0 + 0.7 * number for number in range(1, 40)]
    heard = [None if drops.random() < 0.5 else committed for _ in blocks]
    events = [(moment, block(number, heard[number])) for number, moment in enumerate(blocks)]
    await at.play(40.0, events)
    late = [min(start - moment for start in starts if start >= moment) for moment in blocks]
    assert max(late) <= at.settings.poll_seconds_max
    assert sum(seconds == 0 for seconds in late) > 10, "heard of"
    assert sum(seconds > 0 for seconds in late) > 10, "found"


async def test_a_worker_without_a_block_loop_looks_at_the_feeds_while_blocks_come(at: Stage, told: Told) -> None:
    starts: list[float] = []
    at.jobs = [scripted("songs", starts, at.clock, run_soon_seconds=0.1, every_seconds=60.0)]
    await at_tip(1)(at)
    at.hire()
    await at.play(3.0, [(2.0, at_tip(2))])
    told.moved = {"songs"}
    await at.play(3.3)
    assert len([second for second in told.looks if second > 2]) >= 4
    assert 3 < starts[1] <= 3.25


async def test_a_block_during_a_run_starts_the_job_again(at: Stage, told: Told) -> None:
    starts: list[float] = []
    told.moved = {"songs"}
    committed = asyncio.Event()
    quick = scripted("songs", starts, at.clock, run_soon_seconds=0.1, every_seconds=60.0)

    async def run(session: Session) -> RunReport:
        report = await quick.run(session)
        await at.clock.sleep(2.0)
        return report

    at.jobs = [msgspec.structs.replace(quick, run=run)]
    await at_tip(1)(at)
    at.hire(committed)
    await at.play(3.0, [(1.0, block(2, committed))])
    assert starts == [0, 2]


async def test_what_another_worker_has_taken_up_is_not_run_once_more(at: Stage, told: Told) -> None:
    starts: list[float] = []
    quick = scripted("songs", starts, at.clock, run_soon_seconds=0.25, every_seconds=60.0)

    async def run(session: Session) -> RunReport:
        report = await quick.run(session)
        await at.clock.sleep(0.2)
        told.moved = set()
        return report

    def news(number: int) -> Event:
        async def event(on: Stage) -> None:
            told.moved = {"songs"}
            await at_tip(number)(on)

        return event

    at.jobs = [msgspec.structs.replace(quick, run=run)]
    await at_tip(1)(at)
    at.hire()
    at.hire()
    blocks = [2 + 3.3 * number for number in range(8)]
    await at.play(30.0, [(moment, news(number)) for number, moment in enumerate(blocks, 2)])
    assert len(starts) == 1 + len(blocks), starts


# What a look found, and what became of it meanwhile


@pytest.fixture
async def seen(connection: AsyncConnection[Any]) -> store.ScheduleRow:
    await store.register(connection, [Work("songs").job()])
    held = await claim(connection, row := await schedule_row(connection, "songs"), UUID(int=1), row.timing, 30)
    assert held is not None
    ended = record.Ended(outcome=RunOutcome.QUIET, report=QUIET, waited_seconds=0.0, seconds=0.1)
    await record.finish(connection, held, row.timing, ended)
    return await schedule_row(connection, "songs")


async def ticked(connection: AsyncConnection[Any], *rows: store.ScheduleRow) -> list[store.Ticked]:
    return await store.tick(connection, [Tick(row, row.now, 0.5) for row in rows])


async def test_a_tick_is_recorded_as_a_quiet_run_is(connection: AsyncConnection[Any], seen: store.ScheduleRow) -> None:
    assert await ticked(connection, seen) == [("songs", seen.term + 1, 1)]
    row = await schedule_row(connection, "songs")
    assert (row.outcome, row.succeeded_at, row.next_run_at) == ("quiet", seen.now, seen.now)
    assert await quiet_runs(connection, "songs") == (2, [("quiet", 2)])
    [line] = await record.history(connection, "songs", 1)
    assert line.waited_seconds == 0.5
    assert sum((await record.totals(connection, ["songs"]))["songs"].seconds_buckets) == 2


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE backbeat.jobs SET paused = true",
        "UPDATE backbeat.jobs SET run_requested = true",
        "UPDATE backbeat.jobs SET failures = 1",
        "UPDATE backbeat.jobs SET term = term + 1",
        "UPDATE backbeat.jobs SET holder = gen_random_uuid()",
    ],
)
async def test_a_job_that_is_not_as_it_was_seen_does_not_tick(
    connection: AsyncConnection[Any], seen: store.ScheduleRow, meanwhile: str
) -> None:
    await connection.execute(meanwhile.encode())
    assert await ticked(connection, seen) == []
    assert await quiet_runs(connection, "songs") == (1, [("quiet", 1)])


async def test_two_workers_tick_a_job_once(connection: AsyncConnection[Any], seen: store.ScheduleRow) -> None:
    assert len(await ticked(connection, seen)) == 1
    assert await ticked(connection, seen) == []


async def test_a_claim_of_what_was_seen_before_a_tick_is_refused(
    connection: AsyncConnection[Any], seen: store.ScheduleRow
) -> None:
    await ticked(connection, seen)
    assert await claim(connection, seen, UUID(int=2), seen.timing, 30) is None


async def test_a_job_paused_since_it_was_seen_is_not_claimed(
    connection: AsyncConnection[Any], seen: store.ScheduleRow
) -> None:
    await store.set_paused(connection, "songs", paused=True)
    assert await claim(connection, seen, UUID(int=2), seen.timing, 30) is None
    await store.request_run(connection, "songs")
    assert await claim(connection, seen, UUID(int=2), seen.timing, 30) is not None


async def test_one_statement_claims_a_job_of_each_group_and_leaves_out_what_is_taken(
    connection: AsyncConnection[Any],
) -> None:
    groups = {"a": "one", "b": "one", "c": "two", "d": "three"}
    await store.register(connection, [Work(name).job(group=group) for name, group in groups.items()])
    rows = await store.look(connection, list(groups))
    assert await claim(connection, rows["d"], UUID(int=9), rows["d"].timing, 30) is not None
    wanted = [store.Wanted(rows[name], UUID(int=at), rows[name].timing) for at, name in enumerate("acd", 1)]
    claims = await store.claim(connection, wanted, 30)
    assert {each.name: each.holder for each in claims} == {"a": UUID(int=1), "c": UUID(int=2)}
    assert await claim(connection, rows["b"], UUID(int=10), rows["b"].timing, 30) is None, "its group is taken"
