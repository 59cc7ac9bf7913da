"""How a change takes its locks: it waits briefly, lets others go on, says who is in the way, and tries again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.adopt.lock import Lock
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import DatabaseError
from backbeat.lock_holder import LockHolder

BEGIN = load(__package__, "begin_step.sql")
IN_THE_WAY = load(__package__, "in_the_way.sql")

LOCK_SECONDS = 0.5  # who queues behind us waits this long: four times it is what nobody may wait (bench.adoption)
REST_SECONDS = 1.0  # between two tries: those who queued behind us are served meanwhile

MISSED = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
"""How the server says that a lock was not to be had."""

Work = Callable[[AsyncConnection[Any]], Awaitable[None]]


class AwaitedError(psycopg.errors.LockNotAvailable):
    """Work that waits for others without asking for a lock: ``holders`` are whom it waits for."""

    def __init__(self, holders: Sequence[LockHolder]) -> None:
        super().__init__("those who write are waited for")
        self.holders = holders


Waits = Callable[[int, Sequence[LockHolder]], None]
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
    connection: AsyncConnection[Any],
    work: Work,
    *,
    lock: Lock,
    tables: Sequence[str],
    patience: Patience,
    waits: Waits,
) -> None:
    """Do ``work`` in one transaction, over and over until it gets its ``lock`` on ``tables``."""
    tries = 0
    while True:
        try:
            async with connection.transaction():
                await connection.execute(BEGIN, {"lock_timeout": f"{round(patience.lock_seconds * 1000)}ms"})
                await work(connection)
                return
        except (*MISSED, DatabaseError) as error:
            missed = error.__cause__ or error
            if not isinstance(missed, MISSED):
                raise
            tries += 1
            waits(tries, await _holders(connection, missed, lock, tables))
            await patience.pause(patience.rest_seconds)


async def _holders(
    connection: AsyncConnection[Any], missed: BaseException, lock: Lock, tables: Sequence[str]
) -> Sequence[LockHolder]:
    """Return who holds what a try in vain was about; nobody, where they have ended since."""
    if isinstance(missed, AwaitedError):
        return missed.holders
    return await every(connection, LockHolder, IN_THE_WAY, {"tables": list(tables), "modes": list(lock.waits_for)})
