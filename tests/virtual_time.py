"""Time that jumps from one thing that happens to the next, for this process and for the database alike.

The real runner, the real store and the real SQL run on it: sessions find a ``clock_timestamp()`` of ours before
PostgreSQL's own.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes, Pool, open_lanes
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
QUIET_TRIES_MAX = 20_000
POLL_SECONDS = 0.0002
WAKING_STEPS = 20  # of the event loop, until a task that an event wakes has stopped sleeping

INSTALL = """
CREATE SCHEMA held;
GRANT USAGE ON SCHEMA held TO public;
CREATE TABLE held.clock (at timestamptz NOT NULL);
GRANT SELECT ON held.clock TO public;
CREATE FUNCTION held.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE RETURN (SELECT at FROM held.clock);
"""


async def install(url: str) -> str:
    """Put the held clock, at noon, into the database at ``url``; return the address whose sessions live by it."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(INSTALL.encode())
        await connection.execute("INSERT INTO held.clock VALUES (%s)", [NOON])
    options = quote("-c search_path=held,pg_catalog,public")
    return f"{url}{'&' if '?' in url else '?'}options={options}"


class VirtualClock:
    """Sleepers wait until the stage lets their time come."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._numbers = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.seconds + max(seconds, 0.0), next(self._numbers), woken))
        await woken

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def next_wake(self) -> float:
        """Return when the first sleeper's time comes."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else float("inf")

    def wake(self) -> None:
        """Wake everybody whose time has come."""
        while self.next_wake() <= self.seconds:
            heapq.heappop(self._sleepers)[2].set_result(None)


class Line:
    """A worker's way to the database, which can be cut as if its process had died."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self.is_cut = False

    @property
    def jobs(self) -> Any:
        return self._lanes.jobs

    @property
    def control(self) -> Pool:
        if self.is_cut:
            raise psycopg.OperationalError("the process is dead")
        return self._lanes.control


class Worker:
    """One process that runs jobs."""

    def __init__(
        self,
        lanes: Lanes,
        jobs: Iterable[Job],
        settings: JobsSettings,
        clock: VirtualClock,
        committed: asyncio.Event | None = None,
    ) -> None:
        self._line = Line(lanes)
        line: Any = self._line  # all that a runner uses of lanes
        self.runner = Runner(line, tuple(jobs), settings, clock, committed=committed)
        self._task = asyncio.create_task(self.runner.run())

    @property
    def sleepers(self) -> int | None:
        """How many of its tasks sleep when it has nothing else to do; None while it has."""
        if self._task.done():
            self._task.result()
        return None if self.runner._news.is_set() else 1 + 2 * len(self.runner._running)

    async def stop(self) -> None:
        """End it as a signal does."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def kill(self) -> None:
        """End it without a word to the database."""
        self._line.is_cut = True
        await self.stop()


Event = Callable[["Stage"], Awaitable[None]]


class Stage:
    """The clock, the database and the workers on it. Time moves only when every worker sleeps."""

    def __init__(self, lanes: Lanes, connection: AsyncConnection[Any], settings: JobsSettings) -> None:
        self.clock = VirtualClock()
        self.settings = settings
        self.workers: list[Worker] = []
        self.jobs: Sequence[Job] = ()
        self.connection = connection
        self._lanes = lanes
        self._ahead = timedelta(0)

    def hire(self, committed: asyncio.Event | None = None) -> None:
        """Start one more worker for ``jobs`` as they are now, which ``committed`` tells of blocks."""
        self.workers.append(Worker(self._lanes, self.jobs, self.settings, self.clock, committed))

    async def tell(self, committed: asyncio.Event) -> None:
        """Tell a worker of a block, and let it wake."""
        committed.set()
        for _ in range(WAKING_STEPS):
            await asyncio.sleep(0)

    async def jump(self, seconds: float) -> None:
        """Set the database's clock forward or, below 0, back."""
        self._ahead += timedelta(seconds=seconds)
        await self._tell()

    async def play(self, until: float, events: Iterable[tuple[float, Event]] = ()) -> None:
        """Let time pass until then, with these events at their times."""
        coming = sorted(events, key=lambda event: event[0])
        while True:
            await self._quiet()
            at = min([self.clock.next_wake(), until, *(time for time, _ in coming[:1])])
            self.clock.seconds = max(at, self.clock.seconds)
            await self._tell()
            if self.clock.seconds >= until:
                return
            while coming and coming[0][0] <= self.clock.seconds:
                await coming.pop(0)[1](self)
            self.clock.wake()

    async def _tell(self) -> None:
        await self.connection.execute("UPDATE held.clock SET at = %s", [self.clock.now() + self._ahead])

    async def _quiet(self) -> None:
        for _ in range(QUIET_TRIES_MAX):
            wanted = [worker.sleepers for worker in self.workers]
            if None not in wanted and self.clock.sleeping == sum(filter(None, wanted)):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise TimeoutError(f"the workers do not come to rest at {self.clock.seconds} s")


@asynccontextmanager
async def stage(held_url: str, settings: JobsSettings) -> AsyncIterator[Stage]:
    """Yield a stage at noon on an emptied schedule; its workers end with it."""
    async with (
        await open_lanes(held_url, DatabaseSettings(), ("control", "jobs")) as lanes,
        lanes.control.connection() as connection,
    ):
        await connection.execute("TRUNCATE backbeat.jobs, backbeat.job_runs, backbeat.cursor, backbeat.indexer")
        await connection.execute("UPDATE held.clock SET at = %s", [NOON])
        made = Stage(lanes, connection, settings)
        try:
            yield made
        finally:
            for worker in made.workers:
                await worker.stop()
