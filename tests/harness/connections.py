"""Sessions that do something of the test's at an exact point of their conversation with the server."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.abc import PQGen

R = TypeVar("R")
Act = Callable[[], Awaitable[None]]


class ScriptedConnection(AsyncConnection[Any]):
    """Counts exchanges with the server (BEGIN and COMMIT are exchanges too) and acts around the one numbered ``at``."""

    exchanges = 0
    at = 0
    before: Act | None = None
    after: Act | None = None

    async def wait(self, gen: PQGen[R], *args: Any, **kwargs: Any) -> R:
        self.exchanges += 1
        mine = self.exchanges == self.at
        if mine and self.before is not None:
            await self.before()
        answer = await super().wait(gen, *args, **kwargs)
        if mine and self.after is not None:
            await self.after()
        return answer


async def scripted(url: str) -> ScriptedConnection:
    """Open a session with nothing scripted yet."""
    connection = await ScriptedConnection.connect(url, autocommit=True, options="-c timezone=UTC")
    connection.exchanges = 0
    return connection
