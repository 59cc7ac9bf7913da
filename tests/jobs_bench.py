"""A worker on a test's bench: time stands still, and work waits for a gate."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.incremental.report import Moved, RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs import store
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.jobs.schedule import Timing
from backbeat.jobs.store import Claim, ScheduleRow, Wanted
from backbeat.settings import JobsSettings


class HeldClock:
    """Stands still. A sleeper waits until the test lets time pass, which wakes everybody who sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.asleep = asyncio.Event()
        self._sleepers = 0
        self._wake = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002 - the test alone wakes a sleeper
        self._sleepers += 1
        self.asleep.set()
        try:
            await self._wake.wait()
        finally:
            self._sleepers -= 1
            if not self._sleepers:
                self.asleep.clear()

    async def pass_(self, seconds: float) -> None:
        self.seconds += seconds
        self._wake.set()
        self._wake = asyncio.Event()
        await asyncio.sleep(0)


class Work:
    """A job's work under the test's hand: counts its starts, waits at the gate, then reports, fails or goes on."""

    def __init__(self, name: str, *, closed: bool = False) -> None:
        self.name = name
        self.starts = 0
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.error: Exception | None = None
        self.reports = [RunReport(name=name, inserted=1, moved=(Moved("here", 0, 1),))]
        if not closed:
            self.gate.set()

    async def run(self, session: Session) -> RunReport:
        connection, fence = session
        self.starts += 1
        self.begun.set()
        async with connection.transaction():
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            if fence is not None:
                await fence(connection)
        return self.reports.pop(0) if len(self.reports) > 1 else self.reports[0]

    def job(self, **changes: Any) -> Job:
        plain = Job(name=self.name, run=self.run, every_seconds=60.0, group=self.name, freshness_seconds=120.0)
        return msgspec.structs.replace(plain, **changes)


class Bench:
    """A runner whose looks at the schedule are the test's to make."""

    def __init__(self, lanes: Lanes, clock: HeldClock, *jobs: Job, **settings: Any) -> None:
        chosen = JobsSettings(**{"stagger_seconds": 0.0, "lease_seconds": 30.0} | settings)
        self.runner = Runner(lanes, jobs, chosen, clock)

    @property
    def running(self) -> set[str]:
        return set(self.runner._running)

    async def look(self, *, open_seconds: float = 1_000.0) -> set[str]:
        """Let the runner look once; return what is running then."""
        await self.runner._look(open_seconds)
        return self.running

    async def run_until_idle(self) -> None:
        """Wait until nothing runs."""
        while self.runner._running:
            await asyncio.wait(list(self.runner._running.values()))
            await asyncio.sleep(0)

    async def look_and_settle(self) -> None:
        await self.look()
        await self.run_until_idle()


async def schedule_row(connection: AsyncConnection[Any], name: str) -> ScheduleRow:
    return (await store.look(connection, [name]))[name]


async def claim(
    connection: AsyncConnection[Any], row: ScheduleRow, holder: UUID, timing: Timing, lease_seconds: float
) -> Claim | None:
    """Claim one run; None if another was quicker."""
    claims = await store.claim(connection, [Wanted(row, holder, timing)], lease_seconds)
    return claims[0] if claims else None


async def when_asleep(clock: HeldClock) -> None:
    """Wait until a task sleeps on the clock."""
    async with asyncio.timeout(30):
        await clock.asleep.wait()
