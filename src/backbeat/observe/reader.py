"""Caches the status for one second, however many readers ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.db.pool import LanePool, Pool
from backbeat.errors import DatabaseError
from backbeat.observe.failures import translated
from backbeat.observe.history import History, Sample
from backbeat.observe.status import read_sample, read_status
from backbeat.observe.tree import Obstacle, Status
from backbeat.settings import JobsSettings

STATUS_SECONDS = 1.0  # a status is shown this long before it is read again
SAMPLE_SECONDS = 1.0
PING_SECONDS = 0.5  # likewise whether the database answers
PROBES_CONNECTIONS = 2  # of the pool: one for the status and the charts, one to ask whether the database answers
CONNECT_SECONDS = 3.0  # a page must answer soon, even if only to say that the database does not

NOT_READ = DatabaseError("not_read", "Nothing was read yet.", cure="Ask again.")

log = structlog.get_logger(__name__)


class StatusReader:
    """Reads through a connection pool; every method that reads raises DatabaseError when the database cannot answer.

    Lists and actions leave two connections of the pool alone, so that probes are answered while others are slow.
    """

    def __init__(self, pool: Pool, clock: Clock, jobs: JobsSettings | None = None, acting: Pool | None = None) -> None:
        self.history = History()
        self._pool = pool
        self._acting = acting or pool
        self._clock = clock
        self.jobs = jobs
        self._lists = asyncio.Semaphore(max(pool.max_size - PROBES_CONNECTIONS, 1))
        self._turn = asyncio.Lock()
        self._last: Status | DatabaseError = NOT_READ
        self._read_at = float("-inf")
        self._ping_turn = asyncio.Lock()
        self._pinged: DatabaseError | None = NOT_READ
        self._pinged_at = float("-inf")

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection; what the database cannot do becomes a DatabaseError."""
        with translated():
            async with self._pool.connection(timeout=CONNECT_SECONDS) as conn:
                yield conn

    @asynccontextmanager
    async def listing(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection for what may take long; raises DatabaseError when too many such things are under way."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._lists.acquire()
        except TimeoutError:
            raise DatabaseError(
                "reads_busy",
                "Other readers keep the database busy.",
                cure="Ask again later, or give readers more connections with database.reads_pool.",
            ) from None
        try:
            async with self.connection() as conn:
                yield conn
        finally:
            self._lists.release()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection that may pass on what an operator asks for; those that look on only read."""
        with translated():
            async with self._acting.connection(timeout=CONNECT_SECONDS) as conn:
                yield conn

    async def ping(self) -> None:
        """Return once the database has answered within the last half second; callers that ask together share one query.

        The pool tries a connection before it lends it.
        """
        async with self._ping_turn:
            if self._clock.monotonic() - self._pinged_at >= PING_SECONDS:
                self._pinged = await self._ping()
                self._pinged_at = self._clock.monotonic()
        if self._pinged is not None:
            raise self._pinged

    async def _ping(self) -> DatabaseError | None:
        try:
            async with self.connection():
                return None
        except DatabaseError as error:
            return error

    async def status(self) -> Status:
        """Return a status at most a second old."""
        async with self._turn:
            if self._clock.monotonic() - self._read_at >= STATUS_SECONDS:
                self._last = await self._read()
                self._read_at = self._clock.monotonic()
        if isinstance(self._last, DatabaseError):
            raise self._last
        return self._last

    async def _read(self) -> Status | DatabaseError:
        """Return a failure too, so that all callers that wait get it instead of asking one after the other."""
        try:
            async with self.connection() as conn:
                return await read_status(conn, self._clock, self.jobs, self._obstacles())
        except DatabaseError as error:
            return error

    def _obstacles(self) -> tuple[Obstacle, ...]:
        if not isinstance(self._pool, LanePool):
            return ()
        return tuple(
            Obstacle(noted.lane, noted.trouble.kind.code, noted.trouble.message, noted.trouble.kind.cure)
            for noted in self._pool.troubles.recent()
        )

    async def sample_forever(self) -> None:
        """Keep the history, one sample a second, until cancelled; an outage leaves a gap in it."""
        is_down = False
        while True:
            try:
                async with self._turn, self.connection() as conn:
                    self.history.add(await read_sample(conn, self._clock))
                is_down = False
            except DatabaseError as error:
                if not is_down:
                    log.warning("history_interrupted", code=error.code, error=error.message)
                is_down = True
                self.history.add(Sample(self._clock.now().timestamp()))
            await self._clock.sleep(SAMPLE_SECONDS)
