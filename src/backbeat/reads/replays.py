"""Signed messages that the chain has seen before, newest first, a page at a time."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.reads.page import ROWS_DEFAULT, ROWS_MAX

NUMBER_MAX = 2**63 - 1
_NEWEST = load(__package__, "replays_newest.sql")


class ReplayedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction whose message had been seen before, and where it stood first."""

    number: int
    """Counts the replays from 1."""
    chain_id: str
    """The chain of its block."""
    followed: bool
    """Whether that is the chain that the database follows now."""
    height: int
    """The height of its block on that chain."""
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
    first_chain_id: str
    """The chain where the message stood first."""
    first_height: int
    """The height where it stood there."""
    first_tx_index: int
    """Its place in that block."""
    refused: bool
    """Whether ``chain.refuse_replays`` was on."""


async def read_replays(
    connection: AsyncConnection[Any], *, before: int = NUMBER_MAX, limit: int = ROWS_DEFAULT
) -> list[ReplayedTransaction]:
    """Return at most ``limit`` (itself at most 200) of those with a number under ``before``, newest first."""
    values = {"before": before, "limit": min(limit, ROWS_MAX)}
    return await every(connection, ReplayedTransaction, _NEWEST, values)
