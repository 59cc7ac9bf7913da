"""Who keeps a session of ours from a lock, seen while it waits: once it gave up, the server does not tell any more."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import BackbeatError
from backbeat.service import beside

HOLDERS = load(__package__, "lock_holders.sql")

LOOK_SECONDS = 0.5  # a lock that is waited for as long as a blink is nobody's concern
SEEN_SECONDS_MAX = 3 * LOOK_SECONDS  # what was seen longer ago did not lead to the failure

log = structlog.get_logger(__name__)


class Holder(msgspec.Struct, frozen=True):
    """A session that holds a lock which another waits for."""

    pid: int
    """Its process on the server; 0: a prepared transaction."""
    application: str
    """What it calls itself."""
    state: str
    """What it does; empty where our role may not know."""
    since: datetime | None
    """When its transaction began."""
    table_name: str = ""
    """The table that is waited for; empty where it is another thing."""

    def __str__(self) -> str:
        """Return who it is, what it does and since when."""
        if not self.pid:
            return "a prepared transaction"
        since = f"in a transaction since {self.since:%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        known = ", ".join(part for part in (self.application, self.state, since) if part)
        return f"process {self.pid} ({known}){f', at {self.table_name}' if self.table_name else ''}"

    @property
    def cure(self) -> str:
        """What ends it."""
        if not self.pid:
            return "See pg_prepared_xacts, and commit it or roll it back."
        return f"Have it commit, or end it: SELECT pg_terminate_backend({self.pid})."


async def holders_of(connection: AsyncConnection[Any], pid: int) -> list[Holder]:
    """Return who keeps the session ``pid`` from a lock; nobody where it does not wait for one."""
    return await every(connection, Holder, HOLDERS, {"pid": pid})


class LockWatch:
    """Looks twice a second, on a session of its own, who keeps another from a lock."""

    def __init__(self, pid: int, clock: Clock) -> None:
        self._pid = pid
        self._clock = clock
        self._seen: Sequence[Holder] = ()
        self._seen_at = 0.0

    def holders(self) -> Sequence[Holder]:
        """Return who was in the way a moment ago."""
        return self._seen if self._clock.monotonic() - self._seen_at <= SEEN_SECONDS_MAX else ()

    async def run(self, connection: AsyncConnection[Any]) -> None:
        """Look until cancelled."""
        while True:
            if found := await holders_of(connection, self._pid):
                self._seen, self._seen_at = found, self._clock.monotonic()
            await self._clock.sleep(LOOK_SECONDS)


Opens = Callable[[], Awaitable[AsyncConnection[Any]]]


@asynccontextmanager
async def watched(pid: int, opens: Opens, clock: Clock) -> AsyncIterator[LockWatch]:
    """Lend a watch over the session ``pid``; ``opens`` is awaited for its connection once that takes longer."""
    watch = LockWatch(pid, clock)

    async def look() -> None:
        await clock.sleep(LOOK_SECONDS)
        try:
            async with await opens() as connection:
                await watch.run(connection)
        except (psycopg.Error, BackbeatError, OSError) as error:  # who only looks must not end those who work
            log.debug("locks_not_watched", error=str(error))

    async with beside(look()):
        yield watch
