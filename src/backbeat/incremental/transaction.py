"""The transaction that every run writes in, fenced by whoever asked for the run.

Statement, lock and idle limits come with the connection (its lane has them); one pass over everything needs more time.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load

ALLOW = load(__package__, "allow_seconds.sql")
SNAPSHOT = load(__package__, "snapshot.sql")

WHOLE_PASS_SECONDS = 3_600  # a rebuild or audit at production size takes minutes

Fence = Callable[[AsyncConnection[Any]], Awaitable[None]]
"""The last statement of a write transaction: raises LeaseLostError if the work is no longer ours to commit."""


@asynccontextmanager
async def fenced(connection: AsyncConnection[Any], fence: Fence | None, *, whole: bool = False) -> AsyncIterator[None]:
    """Run the body in one transaction and commit only behind the fence; ``whole`` allows for a pass over everything."""
    async with connection.transaction():
        if whole:
            await allow_whole_pass(connection)
        yield
        if fence is not None:
            await fence(connection)


@asynccontextmanager
async def one_snapshot(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Run the body in a read-only transaction whose statements all see the same instant."""
    async with connection.transaction():
        await connection.execute(SNAPSHOT)
        await allow_whole_pass(connection)
        yield


async def allow_whole_pass(connection: AsyncConnection[Any]) -> None:
    """Give the statements of this transaction time for a pass over everything."""
    await connection.execute(ALLOW, {"seconds": WHOLE_PASS_SECONDS})
