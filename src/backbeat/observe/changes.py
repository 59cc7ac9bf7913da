"""The change log as the status shows it."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.incremental.change_log import consumer_lags
from backbeat.observe.tree import ChangeLogStatus

SIZE = load(__package__, "change_log_size.sql")
COUNTED_ROWS_MAX = 1_000  # for each consumer: a status is read every second, and some consumer may be dead


async def read_change_log(connection: AsyncConnection[Any]) -> ChangeLogStatus:
    """Return the log's size and its consumers, the furthest behind first."""
    lags = await consumer_lags(connection, rows_max=COUNTED_ROWS_MAX)
    consumers = sorted(lags, key=lambda lag: (-lag.seconds, lag.name))
    return ChangeLogStatus(size_bytes=await value(connection, SIZE) or 0, consumers=tuple(consumers))
