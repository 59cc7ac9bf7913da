"""Kill -9 of the server right after what a worker does not wait for the disk with: claims, ends, ticks.

Only what other commits flush is written to the disk here, so the crash undoes it for certain.
"""

import os
import signal
from collections.abc import AsyncIterator, Collection
from typing import Any

import pytest
from clusters import chosen, cluster_folder
from jobs_bench import Bench, HeldClock, Work, schedule_row
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.pool import Lanes, open_lanes
from backbeat.db.query import value
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.glance import Seen
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced
from backbeat.jobs import record
from backbeat.settings import DatabaseSettings

LATE = {"fsync": "off", "wal_writer_delay": "10s", "autovacuum": "off"}
QUIET = RunReport(name="songs")
CHANGED = RunReport(name="songs", inserted=1)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Server:
    """A server that crashes and comes back."""

    def __init__(self, postgres: EmbeddedPostgres, lanes: Lanes) -> None:
        self._postgres = postgres
        self.lanes = lanes

    async def flush(self) -> None:
        """Have everything that was committed on the disk."""
        await self._do("UPDATE told SET number = number + 1")

    async def crash(self) -> None:
        os.kill(self._postgres.pid, signal.SIGKILL)
        await self._postgres.start()

    async def make_due(self, *, flushed: bool = True) -> None:
        await self._do("UPDATE backbeat.jobs SET cadence_at = now(), next_run_at = now()", flushed=flushed)

    async def _do(self, statement: str, *, flushed: bool = True) -> None:
        async with await AsyncConnection.connect(self._postgres.url, autocommit=True) as connection:
            await connection.execute("SELECT set_config('synchronous_commit', %s, false)", ["on" if flushed else "off"])
            await connection.execute(statement.encode())


class Trusting(Work):
    """Work whose commit does not wait for the disk."""

    async def run(self, session: Session) -> RunReport:
        self.starts += 1
        async with fenced(session, flushed=False):
            await session.connection.execute("UPDATE told SET number = number + 1")
        return CHANGED


class Nothing:
    """Stands for a look at the feeds that finds nothing."""

    async def look(self, _connection: AsyncConnection[Any], _due: Collection[str]) -> Seen:
        return Seen(None, None, frozenset(), is_requested=False)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    with cluster_folder() as folder:
        async with EmbeddedPostgres(folder / "data", chosen(), configuration=LATE) as postgres:
            await migrate(postgres.url, clock=SystemClock())
            async with await AsyncConnection.connect(postgres.url, autocommit=True) as connection:
                await connection.execute("CREATE TABLE public.told AS SELECT 1 AS number")
            async with await open_lanes(postgres.url, DatabaseSettings()) as lanes:
                yield Server(postgres, lanes)


async def told(server: Server) -> tuple[Any, list[tuple[str, int]]]:
    async with server.lanes.control.connection() as connection:
        row = await schedule_row(connection, "songs")
        return row, [(line.outcome, line.ticks) for line in await record.history(connection, "songs", 10)]


async def ended(server: Server, report: RunReport = QUIET) -> tuple[Work, Bench]:
    """Run a job; its claim and what it did are on the disk, its end is not."""
    work = Work("songs", closed=True)
    work.reports = [report]
    at = Bench(server.lanes, HeldClock(), work.job())
    await at.look()
    await work.begun.wait()
    await server.flush()
    work.gate.set()
    await at.run_until_idle()
    return work, at


async def test_a_claim_that_a_crash_undid_is_made_again(server: Server) -> None:
    work = Work("songs", closed=True)
    at = Bench(server.lanes, HeldClock(), work.job())
    await at.look()
    await work.begun.wait()
    await server.crash()
    row, lines = await told(server)
    assert (row.term, row.holder, lines) == (0, None, [])
    work.gate.set()
    await at.run_until_idle()
    await at.look_and_settle()
    row, lines = await told(server)
    assert (work.starts, row.term, row.holder, lines) == (2, 1, None, [("changed", 1)])


@pytest.mark.parametrize(("report", "outcome"), [(QUIET, "quiet"), (CHANGED, "changed")])
async def test_an_end_that_a_crash_undid_is_recorded_again_and_nobody_waits_for_the_lease(
    report: RunReport, outcome: str, server: Server
) -> None:
    work, at = await ended(server, report)
    row, lines = await told(server)
    assert (row.rows_written, lines) == (report.rows_written, [(outcome, 1)])
    await server.crash()
    row, lines = await told(server)
    assert (row.leased, lines) == (True, [])
    await at.look()
    row, lines = await told(server)
    assert (work.starts, row.term, row.leased, row.outcome, lines) == (1, 1, False, outcome, [(outcome, 1)])
    assert row.rows_written == report.rows_written
    async with server.lanes.control.connection() as connection:
        [counted] = (await record.totals(connection, ["songs"])).values()
    assert (counted.changed + counted.quiet, counted.rows_written) == (1, report.rows_written)


async def test_what_did_not_wait_for_the_disk_is_there_when_its_end_is(server: Server) -> None:
    work = Trusting("songs")
    at = Bench(server.lanes, HeldClock(), work.job())
    await at.look_and_settle()
    await server.crash()
    row, lines = await told(server)
    assert (row.leased, lines) == (False, [("changed", 1)])
    async with server.lanes.control.connection() as connection:
        assert await value(connection, "SELECT number FROM told") == 2


async def test_an_end_that_a_crash_undid_with_the_next_claim_is_recorded_again(server: Server) -> None:
    work, at = await ended(server)
    work.gate.clear()
    work.begun.clear()
    await server.make_due(flushed=False)
    await at.look()
    await work.begun.wait()
    await server.crash()
    work.gate.set()
    await at.run_until_idle()
    row, lines = await told(server)
    assert (work.starts, row.term, row.leased, lines) == (2, 1, True, [])
    await at.look()
    row, lines = await told(server)
    assert (row.leased, row.outcome, lines) == (False, "quiet", [("quiet", 1)])


async def test_a_tick_that_a_crash_undid_is_due_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbeat.jobs.runner.Glance", lambda _jobs, **_: Nothing())
    work = Work("songs")
    work.reports = [QUIET]
    feeds = (BlockFeed(checkpoint="songs", table="plays", stamp=Stamp.PLAY, rows_max=10),)
    at = Bench(server.lanes, HeldClock(), work.job(feeds=feeds))
    await at.look_and_settle()
    await server.make_due()
    await at.look_and_settle()
    assert (await told(server))[1] == [("quiet", 2)]
    await server.crash()
    row, lines = await told(server)
    assert (row.next_run_at <= row.now, lines) == (True, [("quiet", 1)])
    await at.look_and_settle()
    assert (work.starts, (await told(server))[1]) == (1, [("quiet", 2)])
