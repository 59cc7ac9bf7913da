"""Who keeps a session of ours from a lock, seen while it waits: once it gave up, the server does not tell any more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.db.onlooker import Opens, looked_on
from backbeat.db.query import first
from backbeat.db.sql import load
from backbeat.lock_holder import LockHolder

HOLDERS = load(__package__, "lock_holders.sql")

LOOK_SECONDS = 0.5  # a lock that is waited for as long as a blink is nobody's concern
LOOKS_MAX = 3  # a holder that was seen more looks ago than this did not lead to the failure


async def holder_of(connection: AsyncConnection[Any], pid: int) -> LockHolder | None:
    """Return who keeps the session ``pid`` from a lock; None where it does not wait for one."""
    return await first(connection, LockHolder, HOLDERS, {"pid": pid, "sessions": None})


async def holder_before(connection: AsyncConnection[Any], sessions: str) -> LockHolder | None:
    """Return who keeps sessions of ours from a lock that call themselves so, as LIKE takes it; None: nobody."""
    return await first(connection, LockHolder, HOLDERS, {"pid": None, "sessions": sessions})


class LockSights:
    """Who was in a session's way when that was looked at, every ``pause_seconds``: once it gave up, nobody is."""

    def __init__(self, pause_seconds: float, clock: Clock) -> None:
        self._seconds_max = LOOKS_MAX * pause_seconds
        self._clock = clock
        self._seen: LockHolder | None = None
        self._seen_at = 0.0

    async def look(self, connection: AsyncConnection[Any], pid: int) -> None:
        """Look, through another session, who keeps the session ``pid`` from a lock."""
        if found := await holder_of(connection, pid):
            self._seen, self._seen_at = found, self._clock.monotonic()

    def holder(self) -> LockHolder | None:
        """Return who was in the way a moment ago."""
        return self._seen if self._clock.monotonic() - self._seen_at <= self._seconds_max else None


@asynccontextmanager
async def watched(pid: int, opens: Opens, clock: Clock) -> AsyncIterator[LockSights]:
    """Look twice a second who keeps the session ``pid`` from a lock, through what ``opens``, once that takes longer."""
    sights = LockSights(LOOK_SECONDS, clock)
    async with looked_on(opens, partial(sights.look, pid=pid), clock, every_seconds=LOOK_SECONDS):
        yield sights
