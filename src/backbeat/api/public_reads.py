"""Lends the connections of the lane that answers what anyone may ask, so many at once as there are."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.pool import Pool
from backbeat.errors import DatabaseError
from backbeat.observe.lending import lent

TURN_SECONDS_MAX = 3.0  # a reader hears soon that others are before him


class PublicReads:
    """The lane's connections, in turns. What is shown of Backbeat itself has a lane of its own and never waits here."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turns = asyncio.Semaphore(pool.max_size)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend one; raises DatabaseError when all stay in use, or when the database cannot answer."""
        try:
            async with asyncio.timeout(TURN_SECONDS_MAX):
                await self._turns.acquire()
        except TimeoutError:
            raise DatabaseError(
                "reads_busy",
                "Other readers keep the database busy.",
                cure="Ask again later, or give readers more connections with database.reads_pool.",
            ) from None
        try:
            async with lent(self._pool) as connection:
                yield connection
        finally:
            self._turns.release()
