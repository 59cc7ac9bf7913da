"""Logging keys by hand, keeping the change log small, and seeing who holds it back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import structlog
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

LOG_KEYS = load(__package__, "log_keys.sql")
PRUNE = load(__package__, "changes_prune.sql")
LAG = load(__package__, "consumers_lag.sql")
DROP = load(__package__, "consumers_drop.sql")
EXPIRE = load(__package__, "consumers_expire.sql")
SET_BACK = load(__package__, "clocks_set_back.sql")

EXPIRE_NAME = "change_log.expire"
NAME = "change_log.prune"
PRUNED_ROWS_MAX = 10_000  # of the log, each with up to 200 keys: some tens of milliseconds
COUNTED_ROWS_MAX = 10_000

log = structlog.get_logger(__name__)


class ConsumerLag(msgspec.Struct, frozen=True):
    """How far a consumer is behind its stream."""

    name: str
    """The consumer's, which is that of its position."""

    stream: str
    """What it follows."""

    lost: bool
    """Its position is of another cluster's history, or was given up for being too far behind; a rebuild is owed."""

    updated_at: datetime
    """When its position moved last."""

    log_rows: int
    """Rows of the log that wait for it; counting stops soon above a given number."""

    keys: int
    """Keys in them."""

    seconds: float
    """The age of the oldest of them, 0 when nothing waits."""


async def log_keys(connection: AsyncConnection[Any], stream: str, keys: Iterable[Any]) -> None:
    """Log ``keys`` as changed once more, in the caller's transaction."""
    await connection.execute(LOG_KEYS, {"stream": stream, "keys": [str(key) for key in keys]})


async def prune(session: Session) -> RunReport:
    """Delete log rows that every consumer of their stream has seen, at most 10,000; a chore for a job."""
    async with fenced(session):
        deleted = (await session.connection.execute(PRUNE, {"rows_max": PRUNED_ROWS_MAX})).rowcount
    return RunReport(name=NAME, deleted=deleted, more=deleted == PRUNED_ROWS_MAX)


class Budget(msgspec.Struct, frozen=True):
    """How far a consumer may be behind: rows of the log, what they take, and the age of the oldest."""

    rows_max: int
    bytes_max: int
    seconds_max: float

    async def expire(self, session: Session) -> RunReport:
        """Give up positions that are beyond the budget, or ahead of a clock that was set right; a chore for a job.

        The log can be pruned then. Their derivations begin with a rebuild when they run again.
        """
        async with fenced(session):
            found = await (await session.connection.execute(EXPIRE, msgspec.structs.asdict(self))).fetchall()
            ahead = [name for (name,) in await every(session.connection, tuple, SET_BACK)]
        for name, log_rows, size_bytes, seconds in found:
            log.warning(
                "consumer_lost", consumer=name, log_rows=log_rows, bytes=int(size_bytes), seconds=round(seconds)
            )
        if ahead:
            log.warning("clock_was_ahead", positions=ahead)
        return RunReport(name=EXPIRE_NAME, updated=len(found) + len(ahead))


async def consumer_lags(connection: AsyncConnection[Any], *, rows_max: int = COUNTED_ROWS_MAX) -> list[ConsumerLag]:
    """Return every consumer, by name; what waits is counted up to about ``rows_max`` rows of the log.

    One that never comes back keeps the log from being pruned until :class:`Budget` gives its position up.
    """
    return await every(connection, ConsumerLag, LAG, {"rows_max": rows_max})


async def drop_consumer(connection: AsyncConnection[Any], name: str) -> bool:
    """Forget a consumer; if its derivation runs again, that begins with a rebuild. False if there is none."""
    return (await connection.execute(DROP, {"name": name})).rowcount > 0
