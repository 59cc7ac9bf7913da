"""Signed messages that the chain has seen before, newest first, a page at a time."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load

LIMIT_MAX = 200
LIMIT_DEFAULT = 50
NUMBER_MAX = 2**63 - 1
_COUNTS = load(__package__, "replay_counts.sql")
_NEWEST = load(__package__, "replays_newest.sql")


class ReplayCounts(msgspec.Struct, frozen=True):
    """How many messages with a valid signature were counted, how many had been seen before, how many were refused."""

    messages: int = 0
    replays: int = 0
    refused: int = 0


class ReplayedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction whose message had been seen before, and where it stood first. ``number`` counts them."""

    number: int
    height: int
    tx_index: int
    tx_hash: str
    block_time: datetime
    digest: bytes
    signer: str
    user_id: int
    entity_type: str
    action: str
    entity_id: int
    first_height: int
    first_tx_index: int
    refused: bool


async def read_replay_counts(conn: AsyncConnection[Any]) -> ReplayCounts:
    """Return the counts since the database was made."""
    async with conn.cursor(row_factory=class_row(ReplayCounts)) as cursor:
        return await (await cursor.execute(_COUNTS)).fetchone() or ReplayCounts()


async def read_replays(
    conn: AsyncConnection[Any], *, before: int = NUMBER_MAX, limit: int = LIMIT_DEFAULT
) -> list[ReplayedTransaction]:
    """Return at most ``limit`` (itself at most 200) of those with a number under ``before``, newest first."""
    async with conn.cursor(row_factory=class_row(ReplayedTransaction)) as cursor:
        await cursor.execute(_NEWEST, {"before": before, "limit": min(limit, LIMIT_MAX)})
        return await cursor.fetchall()
