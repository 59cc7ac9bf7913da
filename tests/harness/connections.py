"""Sessions that do something of the test's at an exact point of their conversation with the server."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.abc import PQGen

R = TypeVar("R")
Act = Callable[[], Awaitable[None]]

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s"
WAITS = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
LOOK_SECONDS = 0.002
SECONDS_MAX = 30.0


class ScriptedConnection(AsyncConnection[Any]):
    """Counts exchanges with the server (BEGIN and COMMIT are exchanges too) and acts around the one numbered ``at``."""

    exchanges = 0
    at = 0
    before: Act | None = None
    after: Act | None = None
    after_each: Act | None = None
    """Done after every exchange, whatever its number."""

    async def wait(self, gen: PQGen[R], *args: Any, **kwargs: Any) -> R:
        self.exchanges += 1
        mine = self.exchanges == self.at
        if mine and self.before is not None:
            await self.before()
        answer = await super().wait(gen, *args, **kwargs)
        if mine and self.after is not None:
            await self.after()
        if self.after_each is not None:
            await self.after_each()
        return answer


async def scripted(url: str) -> ScriptedConnection:
    """Open a session with nothing scripted yet."""
    connection = await ScriptedConnection.connect(url, autocommit=True, options="-c timezone=UTC")
    connection.exchanges = 0
    return connection


async def end_session(executioner: AsyncConnection[Any], pid: int) -> None:
    """Kill a session, and return once the server has let go of all it held.

    ``pg_terminate_backend`` waits by itself, but looks every 100 ms.
    """
    async with asyncio.timeout(SECONDS_MAX):
        while await (await executioner.execute(END, [pid])).fetchone():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(LOOK_SECONDS)


async def waits_for_lock(observer: AsyncConnection[Any], session: AsyncConnection[Any]) -> bool:
    """Say whether a session waits for what another one holds."""
    found = await observer.execute(WAITS, [session.info.backend_pid])
    return await found.fetchone() is not None
