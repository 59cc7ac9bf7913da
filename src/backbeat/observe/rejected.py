"""How much is kept of the transactions that were refused, as the status shows it."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load

KEPT = load(__package__, "rejected_kept.sql")


async def kept_bytes(connection: AsyncConnection[Any]) -> int:
    """Return about how many bytes the refused transactions take that are kept, their rows included."""
    return await value(connection, KEPT) or 0
