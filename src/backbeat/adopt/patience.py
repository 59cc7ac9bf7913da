"""How a change takes its locks: it waits briefly, lets others go on, says who is in the way, and tries again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import DatabaseError

BEGIN = load(__package__, "begin_step.sql")
IN_THE_WAY = load(__package__, "in_the_way.sql")

LOCK_SECONDS = 0.5  # who queues behind us waits this long: four times it is what nobody may wait (bench.adoption)
REST_SECONDS = 1.0  # between two tries: those who queued behind us are served meanwhile

MISSED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""How the server says that a lock was not to be had."""

Work = Callable[[AsyncConnection[Any]], Awaitable[None]]


class InTheWay(msgspec.Struct, frozen=True):
    """A session that holds a lock on a table that is wanted."""

    pid: int
    """Its process on the server."""
    application: str
    """What it calls itself."""
    state: str
    """What it does."""
    table_name: str
    """The table."""
    since: datetime | None
    """When its transaction began."""


Waits = Callable[[int, Sequence[InTheWay]], None]
"""Is told, after each try in vain, how many there were and who is in the way."""


class Patience(msgspec.Struct, frozen=True):
    """How long a lock is waited for, and how tries follow each other."""

    lock_seconds: float = LOCK_SECONDS
    """The longest wait for a lock."""
    rest_seconds: float = REST_SECONDS
    """How long others are served between two tries."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits."""


async def in_one_transaction(
    connection: AsyncConnection[Any], work: Work, *, tables: Sequence[str], patience: Patience, waits: Waits
) -> None:
    """Do ``work`` in one transaction, over and over until it gets its locks on ``tables``."""
    tries = 0
    while True:
        try:
            async with connection.transaction():
                await connection.execute(BEGIN, {"lock_timeout": f"{round(patience.lock_seconds * 1000)}ms"})
                await work(connection)
                return
        except (*MISSED, DatabaseError) as error:
            if not isinstance(error.__cause__ or error, MISSED):
                raise
            tries += 1
            waits(tries, await every(connection, InTheWay, IN_THE_WAY, {"tables": list(tables)}))
            await patience.pause(patience.rest_seconds)
