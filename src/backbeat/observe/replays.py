"""How many signed messages the chain has seen before, as the status shows it."""

from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import first
from backbeat.db.sql import load

COUNTS = load(__package__, "replay_counts.sql")


class ReplayCounts(msgspec.Struct, frozen=True):
    """How many messages with a valid signature were counted, how many had been seen before, how many were refused."""

    messages: int = 0
    replays: int = 0
    refused: int = 0


async def read_replay_counts(connection: AsyncConnection[Any]) -> ReplayCounts:
    """Return the counts since the database was made."""
    return await first(connection, ReplayCounts, COUNTS) or ReplayCounts()
