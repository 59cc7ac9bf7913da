"""One session at a time adopts a database, gives it back or removes what is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.errors import AdoptionError

TAKE_TURN = load(__package__, "turn_take.sql")
END_TURN = load(__package__, "turn_end.sql")


@asynccontextmanager
async def turn(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Have it until the end of the context. Raises AdoptionError where another session does."""
    if not await value(connection, TAKE_TURN):
        raise AdoptionError(
            "adoption_under_way",
            "Another session adopts this database, or gives it back.",
            cure="Wait until it is done, or end that session, and ask again.",
        )
    try:
        yield
    finally:
        if not connection.closed:
            await asyncio.shield(connection.execute(END_TURN))
