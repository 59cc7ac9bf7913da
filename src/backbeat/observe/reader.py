"""Caches the status for one second, however many readers ask."""

import asyncio
from collections.abc import Sequence

import structlog

from backbeat.clock import Clock
from backbeat.db.pool import LanePool, Pool
from backbeat.db.written_tables import WrittenTable
from backbeat.errors import DatabaseError
from backbeat.observe.history import History, Sample
from backbeat.observe.lending import lent
from backbeat.observe.status import read_sample, read_status
from backbeat.observe.tree import Obstacle, Status
from backbeat.settings import JobsSettings

STATUS_SECONDS = 1.0  # a status is shown this long before it is read again
SAMPLE_SECONDS = 1.0  # between two samples while the charts are looked at
UNWATCHED_SECONDS = 10.0  # otherwise: 90 samples, enough to draw a curve of the last fifteen minutes
WATCHED_SECONDS = 10.0  # an open page asks for the charts every two seconds
PING_SECONDS = 0.5  # likewise whether the database answers

NOT_READ = DatabaseError("not_read", "Nothing was read yet.", cure="Ask again.")

log = structlog.get_logger(__name__)


class StatusReader:
    """Reads through a connection pool; every method that reads raises DatabaseError when the database cannot answer.

    It uses at most two connections at once: one for the status and the charts, one to ask whether the database answers.
    """

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        jobs: JobsSettings | None = None,
        tables: Sequence[WrittenTable] = (),
    ) -> None:
        self._history = History()
        self._drawn_at = float("-inf")
        self._pool = pool
        self._clock = clock
        self._jobs = jobs
        self._tables = tables
        self._turn = asyncio.Lock()
        self._last: Status | DatabaseError = NOT_READ
        self._read_at = float("-inf")
        self._ping_turn = asyncio.Lock()
        self._pinged: DatabaseError | None = NOT_READ
        self._pinged_at = float("-inf")

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
            async with lent(self._pool):
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
            async with lent(self._pool) as connection:
                return await read_status(connection, self._clock, self._jobs, self._obstacles(), self._tables)
        except DatabaseError as error:
            return error

    def _obstacles(self) -> tuple[Obstacle, ...]:
        if not isinstance(self._pool, LanePool):
            return ()
        return tuple(
            Obstacle(noted.lane, noted.trouble.kind.code, noted.trouble.message, noted.trouble.kind.cure)
            for noted in self._pool.troubles.recent()
        )

    def charts(self) -> dict[str, list[float | int | None]]:
        """Return the history as columns. While it is asked for, samples are taken every second."""
        self._drawn_at = self._clock.monotonic()
        return self._history.columns()

    async def sample_forever(self) -> None:
        """Keep the history until cancelled; an outage leaves a gap in it."""
        is_down = False
        while True:
            try:
                async with self._turn, lent(self._pool) as connection:
                    self._history.add(await read_sample(connection, self._clock))
                is_down = False
            except DatabaseError as error:
                if not is_down:
                    log.warning("history_interrupted", code=error.code, error=error.message)
                is_down = True
                self._history.add(Sample(self._clock.now().timestamp()))
            await self._clock.sleep(self._pause_seconds())

    def _pause_seconds(self) -> float:
        is_watched = self._clock.monotonic() - self._drawn_at < WATCHED_SECONDS
        return SAMPLE_SECONDS if is_watched else UNWATCHED_SECONDS
