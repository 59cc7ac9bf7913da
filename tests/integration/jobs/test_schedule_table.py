"""Given cadences, durations, failures, restarts, pauses and clocks that jump: the exact seconds at which runs start.

The real runner on the real SQL, in a time of the test's own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

import msgspec
import pytest
from virtual_time import Event, Stage, VirtualClock, install, stage

from backbeat.codes import Phase
from backbeat.errors import DatabaseError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs import store
from backbeat.jobs.job import Job, Weight
from backbeat.settings import JobsSettings

MINUTE, HOUR = 60, 3600


class Run(NamedTuple):
    """What one batch of work does."""

    seconds: float = 1.0
    fails: bool = False
    more: bool = False


OK, FAIL, MORE = Run(), Run(fails=True), Run(more=True)


class Plan(NamedTuple):
    """A job and what its runs do, the last of them for ever."""

    every: float = 10
    runs: Sequence[Run] = ()
    group: str = ""
    weight: Weight = Weight.LIGHT
    timeout: float = 1e6
    soon: float | None = None


# What happens around the jobs


def jump(seconds: float) -> Event:
    async def event(at: Stage) -> None:
        await at.jump(seconds)

    return event


async def stop(at: Stage) -> None:
    await at.workers.pop(0).stop()


async def kill(at: Stage) -> None:
    await at.workers.pop(0).kill()


async def hire(at: Stage) -> None:
    at.hire()


async def restart(at: Stage) -> None:
    await stop(at)
    await hire(at)


def pause(name: str, *, paused: bool = True) -> Event:
    async def event(at: Stage) -> None:
        await store.set_paused(at.connection, name, paused=paused)

    return event


def resume(name: str) -> Event:
    return pause(name, paused=False)


def ask(name: str) -> Event:
    async def event(at: Stage) -> None:
        await store.request_run(at.connection, name)

    return event


def lag(blocks: int) -> Event:
    """From now on the indexer says that it is so far behind, or at the tip."""

    async def event(at: Stage) -> None:
        await at.connection.execute(
            """
            INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, updated_at)
            VALUES ('test', 1000, '', now(), held.clock_timestamp()) ON CONFLICT DO NOTHING
            """
        )
        await at.connection.execute(
            """
            INSERT INTO backbeat.indexer (phase, source, head_height, head_seen_at, started_at, updated_at)
            VALUES (%(phase)s, 'test', 1000 + %(lag)s, 'infinity', now(), 'infinity')
            ON CONFLICT (singleton) DO UPDATE SET phase = excluded.phase, head_height = excluded.head_height
            """,
            {"lag": blocks, "phase": Phase.AT_TIP if blocks <= 1 else Phase.CATCHING_UP},
        )

    return event


async def silence(at: Stage) -> None:
    """The indexer stops reporting."""
    await at.connection.execute("UPDATE backbeat.indexer SET updated_at = '-infinity'")


async def block(at: Stage) -> None:
    """A block with something in it."""
    await at.connection.execute(
        "UPDATE backbeat.cursor SET block_number = block_number + 1, updated_at = held.clock_timestamp()"
    )


def slower(name: str, every: float) -> Event:
    """The program is restarted with another interval."""

    async def event(at: Stage) -> None:
        at.jobs = [msgspec.structs.replace(job, every_seconds=every) if job.name == name else job for job in at.jobs]
        await restart(at)

    return event


class Row(NamedTuple):
    """One line of the table. Where every job is in a group of its own, they open a second apart, in this order."""

    name: str
    jobs: Mapping[str, Plan]
    until: float
    starts: Mapping[str, Sequence[float]]
    events: Sequence[tuple[float, Event]] = ()
    settings: Mapping[str, Any] = {}
    workers: int = 1


def one(name: str, plan: Plan, until: float, starts: Sequence[float], *events: tuple[float, Event], **more: Any) -> Row:
    """Return a line about one job, ``a``."""
    return Row(name, {"a": plan}, until, {"a": starts}, events, **more)


PATIENT = {"poll_seconds_max": float(HOUR)}  # nobody asks for anything, so nobody needs to look

TABLE = [
    one("short runs keep the interval", Plan(), 40, [0, 10, 20, 30]),
    one("a run as long as the interval", Plan(runs=[Run(10), Run(10)]), 31, [0, 10, 20, 30]),
    one("an overrun is followed at once, cadence from there", Plan(runs=[Run(14), OK]), 40, [0, 14, 24, 34]),
    one("missed ticks coalesce into one start", Plan(runs=[Run(35), OK]), 60, [0, 35, 45, 55]),
    one("two overruns in a row", Plan(runs=[Run(12), Run(13), OK]), 50, [0, 12, 25, 35, 45]),
    one("runs that always overrun follow one another", Plan(runs=[Run(11)]), 50, [0, 11, 22, 33, 44]),
    one(
        "score pass: 3 of 10 minutes, then 14",  # domain: derived state 1.2.4, scenario 33
        Plan(10 * MINUTE, [Run(3 * MINUTE), Run(14 * MINUTE), OK]),
        40 * MINUTE,
        [0, 10 * MINUTE, 24 * MINUTE, 34 * MINUTE],
        settings=PATIENT,
    ),
    one("fractions of a second", Plan(0.75, [Run(0.1)]), 3.2, [0, 0.75, 1.5, 2.25, 3.0]),
    # Failures
    one("retries at 1, 2, 4 seconds leave the cadence", Plan(60, [FAIL] * 3 + [OK]), 130, [0, 2, 5, 10, 60, 120]),
    one("a fast job that always fails keeps its cadence", Plan(5, [FAIL]), 30, [0, 2, 5, 10, 15, 20, 25]),
    one("a success resets the back-off", Plan(60, [FAIL, FAIL, OK, FAIL, OK]), 70, [0, 2, 5, 60, 62]),
    one("a failure that outlasts the interval pauses", Plan(5, [Run(8, fails=True)] * 2 + [OK]), 20, [0, 9, 18]),
    one(
        "back-off ends at 300 seconds",
        Plan(HOUR, [FAIL]),
        1200,
        [0, 2, 5, 10, 19, 36, 69, 134, 263, 520, 821, 1122],
        settings=PATIENT,
    ),
    Row(
        "a failing job never stops another of its group",
        {"a": Plan(60, [FAIL], "g"), "b": Plan(10, group="g")},
        35,
        {"a": [0, 2, 5, 10, 19], "b": [1, 11.0, 21, 31]},
    ),
    one("a run over its time is cancelled and retried", Plan(60, [Run(99), OK], timeout=5), 70, [0, 6, 60]),
    one("time runs out over and over", Plan(20, [Run(99)], timeout=8), 60, [0, 9, 19, 28, 44, 53]),
    # Rests
    one("the rest of a batch goes on at once, cadence kept", Plan(30, [MORE] * 3 + [OK]), 65, [0, 1, 2, 3, 30, 60]),
    one(
        "a rest longer than the interval is an overrun",
        Plan(5, [MORE] * 6 + [OK]),
        20,
        [0, 1, 2, 3, 4, 5, 6, 7, 12, 17],
    ),
    Row(
        "a long backlog gives its group a turn every ten seconds",
        {"a": Plan(60, [Run(4, more=True)] * 5 + [OK], "g"), "b": Plan(60, group="g")},
        60,
        {"a": [0, 4, 8, 13, 17, 21], "b": [12]},
    ),
    # Groups and places
    Row(
        "groups open a second apart, each keeps its cadence from there",
        {"a": Plan(), "b": Plan(), "c": Plan()},
        25,
        {"a": [0, 10, 20], "b": [1, 11, 21], "c": [2, 12, 22]},
    ),
    Row(
        "a stagger of three seconds",
        {"a": Plan(), "b": Plan()},
        25,
        {"a": [0, 10, 20], "b": [3, 13, 23]},
        settings={"stagger_seconds": 3.0},
    ),
    Row(
        "jobs of a group take turns, longest overdue first",
        {"a": Plan(10, [Run(6)], "g"), "b": Plan(10, [Run(6)], "g"), "c": Plan(10, [Run(6)], "g")},
        50,
        {"a": [0, 18, 36], "b": [6, 24, 42], "c": [12, 30, 48]},
    ),
    Row(
        "a group is not held up by another",
        {"a": Plan(10, [Run(100)], "g"), "b": Plan(10, group="h")},
        35,
        {"a": [0], "b": [1, 11, 21, 31]},
    ),
    Row(
        "one place: who waits longest is next",
        {"a": Plan(10, [Run(4)]), "b": Plan(10, [Run(4)]), "c": Plan(10, [Run(4)])},
        30,
        {"a": [0, 12, 24], "b": [4, 16, 28], "c": [8, 20]},
        settings={"concurrent_max": 1},
    ),
    Row(
        "two heavy jobs fill four places",
        {"a": Plan(60, [Run(5)], weight=Weight.HEAVY), "b": Plan(60, [Run(5)], weight=Weight.HEAVY), "c": Plan(60)},
        20,
        {"a": [0], "b": [1], "c": [5]},
    ),
    # Workers come and go
    one("a restart inside the interval starts nothing", Plan(60), 70, [0, 60], (20, restart), (40, restart)),
    one(
        "an hourly job runs although the process restarts every ten minutes",
        Plan(HOUR),
        3 * HOUR + 1,
        [0, HOUR, 2 * HOUR, 3 * HOUR],
        *((minutes * MINUTE + 7, restart) for minutes in range(10, 180, 10)),
        settings=PATIENT,
    ),
    one("an hour without a worker is one start", Plan(), HOUR + 15, [0, HOUR, HOUR + 10], (5, stop), (HOUR, hire)),
    one("a stopped run is taken up at once", Plan(600, [Run(99), OK]), 100, [0, 20], (20, restart)),
    one(
        "a killed worker's run is taken up when its lease ends",
        Plan(600, [Run(999), OK]),
        700,
        [0, 40, 600],
        (15, kill),
        (16, hire),
    ),  # renewed at 10, for 30
    Row(
        "two workers run a job once",
        {"a": Plan()},
        35,
        {"a": [0, 10, 20, 30]},
        workers=2,
    ),
    Row(
        "two workers keep a group serial",
        {"a": Plan(10, [Run(6)], "g"), "b": Plan(10, [Run(6)], "g")},
        40,
        {"a": [0, 12, 24, 36], "b": [6, 18, 30]},
        workers=2,
        settings={"poll_seconds": 0.5},
    ),
    Row(
        "the second worker takes what the first has no place for",
        {"a": Plan(60, [Run(9)]), "b": Plan(60, [Run(9)])},
        20,
        {"a": [0], "b": [1]},
        workers=2,
        settings={"concurrent_max": 1},
    ),
    one(
        "a killed worker's group is free with its lease",
        Plan(20, [Run(99), OK]),
        75,
        [0, 30, 50, 70],
        (5, kill),
        (6, hire),
    ),
    # Operators
    one(
        "a pause holds, and afterwards one start makes up",
        Plan(),
        60,
        [0, 41, 51],
        (5, pause("a")),
        (40.5, resume("a")),
    ),
    one("a pause inside the interval changes nothing", Plan(30), 70, [0, 30, 60], (5, pause("a")), (20, resume("a"))),
    one("a pause survives a restart", Plan(), 45, [0, 41], (5, pause("a")), (15, restart), (40.5, resume("a"))),
    one(
        "a run under way goes on when paused",
        Plan(5, [Run(12), OK]),
        40,
        [0, 31, 36.0],
        (5, pause("a")),
        (30.5, resume("a")),
    ),
    one("a request leaves the cadence", Plan(30), 65, [0, 8, 30, 60], (7.5, ask("a"))),
    one("a request runs a paused job once", Plan(30), 100, [0, 11], (5, pause("a")), (10.5, ask("a"))),
    one("a request during a run is one more run", Plan(30, [Run(5), OK]), 40, [0, 5, 30], (2, ask("a"))),
    one("the settings pause a job", Plan(), 30, [], settings={"paused": ("a",)}),
    one("a shorter interval applies at once", Plan(HOUR), 45, [0, 20, 30, 40], (20, slower("a", 10))),
    one("a longer interval applies from the next start", Plan(), 75, [0, 10, 70], (5, slower("a", 60))),
    # Clocks
    one("clock set back an hour", Plan(), 40, [0, 10, 16, 26, 36], (15.5, jump(-HOUR))),
    one("clock set back a second", Plan(), 40, [0, 10, 21, 31], (15.5, jump(-1))),
    one("clock set forward an hour", Plan(), 40, [0, 10, 16, 26, 36], (15.5, jump(HOUR))),
    one("clock set forward five seconds", Plan(), 40, [0, 10, 16, 26, 36], (15.5, jump(5))),
    one("clock set back during a run", Plan(runs=[Run(4), OK]), 30, [0, 4, 14, 24], (2, jump(-HOUR))),
    one("clock set forward during a run", Plan(runs=[Run(4), OK]), 30, [0, 4, 14, 24], (2, jump(HOUR))),
    one("clock set back while a retry waits", Plan(60, [FAIL] * 3 + [OK]), 80, [0, 2, 5, 6, 66], (5.5, jump(-HOUR))),
    one("clock forth and back", Plan(), 40, [0, 10, 16, 22, 32], (15.5, jump(HOUR)), (21.5, jump(-HOUR))),
    # News
    one("news at the tip start a job within a look", Plan(60, soon=0.5), 65, [0, 5.25, 60], (0, lag(0)), (5.1, block)),
    one(
        "news after a standstill do so within a second", Plan(60, soon=0.5), 65, [0, 21, 60], (0, lag(0)), (20.1, block)
    ),
    one("news keep the gap", Plan(60, [Run(0.1)], soon=5), 30, [0, 5.1, 10.2], (0, lag(0)), (1, block), (6, block)),
    one("news behind the tip wait for the cadence", Plan(30, soon=0.5), 40, [0, 30], (0, lag(3)), (10, block)),
    one(
        "news do not hurry a job that fails",
        Plan(60, [FAIL] * 4 + [OK], soon=0.1),
        15,
        [0, 2, 5, 10],
        (0, lag(0)),
        (6.5, block),
    ),
    # Giving way
    one(
        "a heavy job waits while the block loop is behind",
        Plan(60, weight=Weight.HEAVY),
        50,
        [30.5],
        (0, lag(6)),
        (30.5, lag(5)),
    ),
    one(
        "it waits so long and no longer",
        Plan(60, weight=Weight.HEAVY),
        110,
        [20, 100],
        (0, lag(99)),
        settings={"yield_seconds_max": 20.0},
    ),
    one("light jobs do not wait", Plan(), 25, [0, 10, 20], (0, lag(99))),
    one(
        "a lag that nobody knows holds nobody", Plan(60, weight=Weight.HEAVY), 30, [10.5], (0, lag(99)), (10.5, silence)
    ),
    one("a request does not wait", Plan(60, weight=Weight.HEAVY), 30, [10.5], (0, lag(99)), (10.5, ask("a"))),
    one(
        "between batches it stops when the loop falls behind",
        Plan(60, [MORE] * 5 + [OK], weight=Weight.HEAVY),
        50,
        [0, 1, 2, 30.5, 31.5, 32.5],
        (0, lag(0)),
        (2.5, lag(50)),
        (30.5, lag(0)),
    ),
    one(
        "its patience is counted until it is through",
        Plan(60, [MORE] * 4 + [OK], weight=Weight.HEAVY),
        50,
        [0, 21, 22, 23, 24],
        (0, lag(0)),
        (0.5, lag(50)),
        settings={"yield_seconds_max": 20.0},
    ),
    one(
        "giving way is over when the clock is set back",
        Plan(60, weight=Weight.HEAVY),
        30,
        [10.5],
        (0, lag(99)),
        (10.5, jump(-HOUR)),
    ),
    Row(
        "others of its group run meanwhile",
        {"a": Plan(60, group="g", weight=Weight.HEAVY), "b": Plan(10, group="g")},
        25,
        {"a": [], "b": [0, 10, 20]},
        events=[(0, lag(99))],
    ),
]


@pytest.fixture(scope="module")
def held_url(module_database_url: str) -> str:
    """The address of a database whose clock is the tests'."""
    return asyncio.run(install(module_database_url))


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
async def test_starts(row: Row, held_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbeat.jobs.runner.DRAIN_SECONDS", 0.0)
    settings = JobsSettings(**row.settings)
    starts: dict[str, list[float]] = {name: [] for name in row.jobs}
    async with stage(held_url, settings) as on:
        on.jobs = [_job(name, plan, starts[name], on.clock) for name, plan in row.jobs.items()]
        early = [event for at, event in row.events if at == 0]
        for event in early:
            await event(on)
        for _ in range(row.workers):
            on.hire()
        await on.play(row.until, [(at, event) for at, event in row.events if at > 0])
    assert starts == {name: list(expected) for name, expected in row.starts.items()}


def _job(name: str, plan: Plan, starts: list[float], clock: VirtualClock) -> Job:
    script = chain(plan.runs, repeat(plan.runs[-1] if plan.runs else OK))

    async def run(session: Session) -> RunReport:
        connection, fence = session
        starts.append(round(clock.monotonic(), 3))
        step = next(script)
        await clock.sleep(step.seconds)
        if step.fails:
            raise DatabaseError("made_up", "It failed.", cure="None.")
        async with connection.transaction():
            if fence is not None:
                await fence(connection)
        return RunReport(name=name, inserted=1, more=step.more)

    return Job(
        name=name,
        run=run,
        every_seconds=plan.every,
        group=plan.group or name,
        freshness_seconds=1e6,
        weight=plan.weight,
        timeout_seconds=plan.timeout,
        run_soon_seconds=plan.soon,
    )


def test_there_are_enough_rows() -> None:
    assert len({row.name for row in TABLE}) == len(TABLE) >= 40
