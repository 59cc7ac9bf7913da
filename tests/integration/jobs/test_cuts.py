"""A job's whole run, claim to record, cut off at every third of its exchanges with the server.

``BACKBEAT_TEST_DEPTH=long`` (``make chaos``) cuts every kind of job in every way, at each exchange.
"""

from typing import Any, Literal

import psycopg
import pytest
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.connection import LaneConnection
from backbeat.db.outage import OutageError
from backbeat.db.pool import Lanes
from backbeat.errors import JobError
from backbeat.jobs.catalog import find
from backbeat.jobs.runner import Runner
from backbeat.settings import JobsSettings
from harness import Play, Track, User, World
from harness.connections import end_session

FOLD, DERIVATION, ENTRIES = "hourly_play_counts", "challenges.play_count_milestones", "user_listening_history"
EVERYTHING = [(name, everybody) for name in (FOLD, DERIVATION, ENTRIES) for everybody in (False, True)]
SOME = [(DERIVATION, False), (FOLD, True)]
STRIDE = at_depth(3, 3, 1)
STRIDE_OF_SLOWER = at_depth(9, 9, 1)  # where a whole worker has to connect again
LANES = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'backbeat/%' AND datname = current_database()"
TRIES_MAX = 5

Moment = Literal["before", "lost"]
MOMENTS: tuple[Moment, ...] = ("before", "lost")


class Cutter:
    """Counts the exchanges of all lanes; at the one numbered ``at`` it ends the session, or all of them.

    Before it: the server never hears. Lost: the server has done it, a COMMIT too, and we never hear.
    """

    def __init__(self, executioner: AsyncConnection[Any]) -> None:
        self.exchanges = 0
        self.at = 0
        self.moment: Moment = "before"
        self.everybody = False
        self._executioner = executioner

    async def passes(self, connection: LaneConnection, moment: Moment) -> None:
        if self.exchanges == self.at and moment == self.moment:
            pids = [connection.info.backend_pid]
            if self.everybody:
                pids = [row[0] for row in await (await self._executioner.execute(LANES)).fetchall()]
            for pid in pids:
                await end_session(self._executioner, pid)
            if moment == "lost":
                raise psycopg.OperationalError("the answer was lost")


@pytest.fixture
def cutter(connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch) -> Cutter:
    cutting, wait = Cutter(connection), LaneConnection.wait

    async def watched(self: LaneConnection, *args: Any, **kwargs: Any) -> Any:
        cutting.exchanges += 1
        await cutting.passes(self, "before")
        answer = await wait(self, *args, **kwargs)
        await cutting.passes(self, "lost")
        return answer

    monkeypatch.setattr(LaneConnection, "wait", watched)
    return cutting


async def prepared(connection: AsyncConnection[Any]) -> None:
    world = await World.empty(connection)
    await world.writer.commit([User(1, is_verified=True), Track(1, 1), *[Play(1, 2)] * 6])
    await connection.execute("TRUNCATE backbeat.jobs CASCADE")


async def run_until_done(runner: Runner, name: str, connection: AsyncConnection[Any]) -> int:
    """Run as often as it takes, as a schedule would; return how often."""
    for tries in range(1, TRIES_MAX + 1):
        try:
            await runner.run_once(name)
        except (psycopg.OperationalError, OutageError, JobError):
            # the worker that held the claim is gone: its lease runs out
            await connection.execute("UPDATE backbeat.jobs SET lease_until = clock_timestamp() - interval '1 s'")
        else:
            return tries
    raise AssertionError(f"{name} never came through")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "everybody"), at_depth(SOME, SOME, EVERYTHING))
async def test_a_run_cut_off_anywhere_loses_and_repeats_nothing(
    lanes: Lanes, connection: AsyncConnection[Any], cutter: Cutter, name: str, everybody: bool
) -> None:
    settings, job = JobsSettings(), find(name)
    runner = Runner(lanes, [job], settings, SystemClock())
    await prepared(connection)
    cutter.exchanges = 0
    assert await run_until_done(runner, name, connection) == 1
    exchanges, retried = cutter.exchanges, 0
    cutter.everybody = everybody
    stride = STRIDE_OF_SLOWER if everybody else STRIDE
    for at in range(exchanges, 0, -stride):
        for moment in MOMENTS:
            await prepared(connection)
            cutter.exchanges, cutter.at, cutter.moment = 0, at, moment
            retried += await run_until_done(runner, name, connection) - 1
            cutter.at = 0
            assert job.audit is not None
            audit = await job.audit(connection)
            assert (audit.is_clean, audit.pending) == (True, 0), f"cut {moment} exchange {at} of {exchanges}: {audit}"
    assert retried > exchanges / stride / 2
