"""What every service of the program keeps of its contract, whatever it does."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from jobs_bench import Work
from psycopg import AsyncConnection
from starlette.applications import Starlette

from backbeat.clock import SystemClock
from backbeat.codes import Part
from backbeat.db.pool import Lanes
from backbeat.incremental.report import RunReport
from backbeat.index.followed import FollowedChain
from backbeat.index.heartbeat import Heartbeat
from backbeat.index.progress import Progress
from backbeat.index.telling import Telling
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.jobs.runner import Runner
from backbeat.jobs.settling import SettlingRunner
from backbeat.observe.presence import Presence
from backbeat.observe.row_notices import RowNotices
from backbeat.service import Service
from backbeat.settings import JobsSettings
from backbeat.web.server import WebServer
from builders.chain import ListSource, play, plays
from builders.indexing import block_loop
from builders.waiting import eventually

SECONDS_MAX = 60.0  # far more than an end takes
PRESENT = "SELECT count(*) FROM backbeat.processes"
WORK = """
    SELECT (SELECT count(*) FROM core_indexed_blocks) + (SELECT count(*) FROM backbeat.job_runs)
        + (SELECT count(*) FROM backbeat.processes) + (SELECT count(*) FROM backbeat.indexer)
"""
CLOCK = SystemClock()


class Nobody:
    """Watches nothing."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear nothing."""

    def progress(self, progress: Progress) -> None:
        """Hear nothing."""


def heartbeat(lanes: Lanes) -> Service:
    source = ListSource([[]])
    chain = FollowedChain(source=source, rules=EntityRules(), verifier=None)
    made = Heartbeat(lanes.control, chain, SourceWatch(source, CLOCK), progress(), CLOCK)
    made.leads = True
    return made


def progress() -> Progress:
    return Progress(CLOCK.now(), CLOCK.monotonic())


def runner(lanes: Lanes) -> Runner:
    return Runner(lanes, [Work("songs").job()], JobsSettings(), CLOCK)


def settling(lanes: Lanes) -> Service:
    stop = asyncio.Event()
    stop.set()
    return SettlingRunner(runner(lanes), stop, CLOCK)


SERVICES: dict[str, Callable[[Lanes], Service]] = {
    "index": lambda lanes: block_loop(lanes, ListSource([[plays(play("", "1"))]])),
    "heartbeat": heartbeat,
    "jobs": runner,
    "jobs, settling": settling,
    "telling": lambda _: Telling(Nobody(), progress(), CLOCK),
    "row notices": lambda lanes: RowNotices(lanes.control, CLOCK),
    "presence": lambda lanes: Presence(lanes.control, CLOCK, [Part.WEB], str),
    "web": lambda _: WebServer(Starlette(), "127.0.0.1", 0),
}
each = pytest.mark.parametrize("make", SERVICES.values(), ids=SERVICES)


@each
async def test_one_that_was_drained_before_it_ran_takes_up_nothing(
    lanes: Lanes, connection: AsyncConnection[Any], make: Callable[[Lanes], Service]
) -> None:
    service = make(lanes)
    service.drain()
    async with asyncio.timeout(SECONDS_MAX):
        await service.run()
    assert await _one(connection, WORK) == 0


@each
async def test_one_that_is_drained_ends_however_often_it_is_asked(
    lanes: Lanes, make: Callable[[Lanes], Service]
) -> None:
    service = make(lanes)
    running = asyncio.create_task(service.run())
    await asyncio.sleep(0)
    service.drain()
    service.drain()
    async with asyncio.timeout(SECONDS_MAX):
        await running
    service.drain()


@each
async def test_one_that_is_cancelled_ends(lanes: Lanes, make: Callable[[Lanes], Service]) -> None:
    running = asyncio.create_task(make(lanes).run())
    await asyncio.sleep(0)
    running.cancel()
    async with asyncio.timeout(SECONDS_MAX):
        await asyncio.wait([running])
    assert running.done()


async def test_one_that_tells_is_there_takes_it_back(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    service = Presence(lanes.control, CLOCK, [Part.WEB], str)
    running = asyncio.create_task(service.run())
    async with asyncio.timeout(SECONDS_MAX):
        assert await eventually(lambda: _one(connection, PRESENT))
        service.drain()
        await running
    assert await _one(connection, PRESENT) == 0


async def test_a_runner_that_settles_leaves_nothing_undone(lanes: Lanes) -> None:
    work = Work("songs")
    work.reports.append(RunReport(name="songs"))
    drained = Runner(lanes, [work.job()], JobsSettings(), CLOCK)
    settles = SettlingRunner(drained, asyncio.Event(), CLOCK)
    settles.drain()
    async with asyncio.timeout(SECONDS_MAX):
        await settles.run()
    assert work.starts == 2  # once more, to find nothing left


async def test_a_runner_that_settles_is_ended_by_stop(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    work, stop = Work("songs", closed=True), asyncio.Event()
    settles = SettlingRunner(Runner(lanes, [work.job()], JobsSettings(), CLOCK), stop, CLOCK)
    settles.drain()
    running = asyncio.create_task(settles.run())
    async with asyncio.timeout(SECONDS_MAX):
        await work.begun.wait()
        stop.set()
        await running
    assert await _one(connection, "SELECT outcome FROM backbeat.jobs WHERE name = 'songs'") == "cancelled"


async def test_a_runner_cancelled_twice_has_its_jobs_record_their_end(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    finishes, finish = asyncio.Event(), Runner._finish

    async def noted(self: Runner) -> None:
        finishes.set()
        await finish(self)

    monkeypatch.setattr(Runner, "_finish", noted)
    monkeypatch.setattr("backbeat.jobs.runner.DRAIN_SECONDS", SECONDS_MAX * 2)
    work = Work("songs", closed=True)
    running = asyncio.create_task(Runner(lanes, [work.job()], JobsSettings(), CLOCK).run())
    async with asyncio.timeout(SECONDS_MAX):
        await work.begun.wait()
        running.cancel()
        await finishes.wait()
        running.cancel()
        await asyncio.wait([running])
    assert await _one(connection, "SELECT outcome FROM backbeat.jobs WHERE name = 'songs'") == "cancelled"


async def _one(connection: AsyncConnection[Any], query: str) -> Any:
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]
