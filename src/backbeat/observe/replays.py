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
    """One transaction whose message had been seen before, and where it stood first."""

    number: int
    """Counts the replays from 1."""
    height: int
    """The height of its block."""
    tx_index: int
    """Its place in the block."""
    tx_hash: str
    """The hash of the transaction."""
    block_time: datetime
    """When its block was made."""
    digest: bytes
    """The 32 bytes that were signed."""
    signer: str
    """Who signed them."""
    user_id: int
    """The user for whom they were signed."""
    entity_type: str
    """As signed."""
    action: str
    """As signed."""
    entity_id: int
    """As signed."""
    first_height: int
    """The height where the message stood first."""
    first_tx_index: int
    """Its place in that block."""
    refused: bool
    """Whether ``chain.refuse_replays`` was on."""


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
