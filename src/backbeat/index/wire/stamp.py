"""The columns that tell which transaction last wrote a row (domain 4.1)."""

from datetime import UTC, datetime
from typing import TypedDict

from backbeat.index.payload.dates import EPOCH
from backbeat.index.wire.transaction import EntityTransaction


class Stamp(TypedDict):
    """Bookkeeping columns."""

    txhash: str
    blockhash: str
    blocknumber: int


def stamp(tx: EntityTransaction) -> Stamp:
    """Return the bookkeeping columns of a row that ``tx`` writes."""
    return Stamp(txhash=tx.tx_hash, blockhash=tx.block_hash, blocknumber=tx.block_number)


def unix_seconds(time: datetime) -> int:
    """Return a naive UTC time as whole seconds since 1970."""
    return int((time - EPOCH).total_seconds())


def with_zone(time: datetime) -> datetime:
    """Return a naive UTC time for one of the few columns that carry a zone."""
    return time.replace(tzinfo=UTC)
