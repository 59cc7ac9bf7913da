"""Which refused transactions a replay takes up: some at a time, in the order of the chain, earlier chains first."""

from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, one
from backbeat.db.sql import load
from backbeat.index.cursor import begun_chains
from backbeat.index.reject import Code

PICK = load(__package__, "pick.sql")
TOTAL = load(__package__, "total.sql")

TRANSACTIONS_MAX: Final = 500  # in one commit: tens of milliseconds, so that one that is broken off costs little
BYTES_MAX: Final = 4_000_000  # of them in memory at once; one that is larger comes alone

OF_THE_PROGRAM: Final = (
    Code.UNSUPPORTED_ENTITY,
    Code.UNKNOWN_TRANSACTION,
    Code.DATABASE_ERROR,
    Code.VALUE_OUT_OF_RANGE,
    Code.TEXT_TOO_LONG,
    Code.DOCUMENT_TOO_LARGE,
    Code.TOO_MANY_PLAYS,
)
"""Reasons that lie with what a version of the program can do, not with the state of the chain."""


class Choice(msgspec.Struct, frozen=True):
    """Those refused for one of ``reasons``, on all chains; a replayed message is never one.

    ``since``: only those of the chain that is followed, from this height on; 0: all.
    """

    reasons: tuple[str, ...] = OF_THE_PROGRAM
    since: int = 0


class Place(NamedTuple):
    """Where a transaction stands: ``chain`` is the position of its chain, from 1, which is told by its ``chain_id``."""

    chain: int
    height: int
    tx_index: int
    chain_id: str = ""

    def __str__(self) -> str:
        return f"{self.chain_id}:{self.height}.{self.tx_index}".removeprefix(":")


class Totals(msgspec.Struct, frozen=True):
    """How many transactions a choice comes to."""

    found: int
    """Those that can be replayed."""
    without_bytes: int
    """Those whose bytes are not kept."""
    forgotten: int
    """Those of which nothing is kept but that they were counted; 0 where a height was chosen."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction that was refused, or some plays of one that was not."""

    chain_id: str
    """The chain of its block."""
    chain: int
    """The position of that chain, from 1."""
    height: int
    """The height of its block."""
    tx_index: int
    """Its place in the block."""
    tx_hash: str
    """Its hash."""
    block_time: datetime
    """When its block was made."""
    kind: str
    """Its kind, as it was counted."""
    entity_type: str | None
    """Of an entity transaction."""
    action: str | None
    """Of an entity transaction."""
    play_indexes: list[int]
    """The places of its refused plays that are listed; -1 alone where the whole transaction was refused."""
    reasons: list[str]
    """Why each was refused at first."""
    raw: bytes
    """The bytes of its SignedTransaction."""
    block_hash: str
    """The hash of the block that its rows name: its own, or the last numbered one before; empty if there is none."""
    block_number: int | None
    """The em number of that block."""

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.chain, self.height, self.tx_index, self.chain_id)

    @property
    def is_whole(self) -> bool:
        """Whether all of it was refused."""
        return self.play_indexes[0] < 0


async def pick(connection: AsyncConnection[Any], choice: Choice, after: Place) -> list[Refused]:
    """Return the next ones behind a place, all of one chain, none at the end; what a replay has applied is left out."""
    begun = [each.chain_id for each in await begun_chains(connection)]
    start = max(after, Place(len(begun), choice.since - 1, 2**31 - 1)) if choice.since else after
    for chain, chain_id in enumerate(begun, 1):
        if chain < start.chain:
            continue
        here = start if chain == start.chain else Place(chain, -1, -1)
        values = {
            **here._asdict(),
            "chain_id": chain_id,
            "reasons": list(choice.reasons),
            "transactions_max": TRANSACTIONS_MAX,
            "bytes_max": BYTES_MAX,
        }
        if found := await every(connection, Refused, PICK, values):
            return found
    return []


async def total(connection: AsyncConnection[Any], chain_id: str, choice: Choice) -> Totals:
    """Return how many there are, ``chain_id`` being followed; reads the rows of all of them."""
    values = {"chain_id": chain_id, "reasons": list(choice.reasons), "since": choice.since}
    return await one(connection, Totals, TOTAL, values)
