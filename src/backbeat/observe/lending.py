"""Lends a connection to an answer that a person or a program waits for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.failures import translated
from backbeat.db.pool import Pool

CONNECT_SECONDS = 3.0  # a page must answer soon, even if only to say that the database does not


@asynccontextmanager
async def lent(pool: Pool) -> AsyncIterator[AsyncConnection[Any]]:
    """Lend a connection of ``pool``; what the database cannot do becomes a DatabaseError."""
    with translated():
        async with pool.connection(timeout=CONNECT_SECONDS) as connection:
            yield connection
