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


async def read_replays(
    connection: AsyncConnection[Any], *, before: int = NUMBER_MAX, limit: int = ROWS_DEFAULT
) -> list[ReplayedTransaction]:
    """Return at most ``limit`` (itself at most 200) of those with a number under ``before``, newest first."""
    values = {"before": before, "limit": min(limit, ROWS_MAX)}
    return await every(connection, ReplayedTransaction, _NEWEST, values)
