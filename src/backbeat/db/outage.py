"""Outlasting a database that is away: what such an absence looks like, and doing a thing again until it is over."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from backbeat.clock import Clock

RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX = 0.2, 5.0  # domain: chain and entities, 2.5

UNREACHABLE = (
    psycopg.OperationalError,
    PoolTimeout,
    psycopg.errors.ReadOnlySqlTransaction,  # a primary that became a standby
    psycopg.errors.IdleInTransactionSessionTimeout,  # we stood still for too long and were cut off
)
"""What the driver raises for the connection's sake: the same work may well succeed on another one, later."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


async def outlast(work: Callable[[], Awaitable[T]], clock: Clock, doing: str) -> T:
    """Await ``work()`` again and again, at most five seconds apart, while the database is away; cancel to give up.

    ``work`` must leave nothing half done when it fails. Other errors are raised at once.
    """
    wait_seconds = RETRY_SECONDS_FIRST
    while True:
        try:
            return await work()
        except UNREACHABLE as error:
            log.warning("database_away", doing=doing, error=first_line(error), retry_seconds=wait_seconds)
        await clock.sleep(wait_seconds)
        wait_seconds = min(wait_seconds * 2, RETRY_SECONDS_MAX)


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line for the log."""
    return str(error).partition("\n")[0]
