"""The transactions that were refused, of all chains, newest first, a page at a time; the bytes of one of them."""

import re
from datetime import datetime
from typing import Any, Self

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, first, value
from backbeat.db.sql import load
from backbeat.reads.page import ROWS_DEFAULT, ROWS_MAX

_NEWEST = load(__package__, "rejected_newest.sql")
_BY_REASON = load(__package__, "rejected_by_reason.sql")
_POSITION = re.compile(r"(?:(.{1,200}):)?([0-9]{1,19})\.([0-9]{1,10})\.(-1|[0-9]{1,10})")
_BYTES = load(__package__, "rejected_bytes.sql")
_KEPT_FROM = load(__package__, "rejected_kept_from.sql")

OF_ONE_MAX = 50  # of the plays of one transaction some five are listed, after a replay some more


class Position(msgspec.Struct, frozen=True):
    """Where a refused transaction, or one refused play of a transaction, stands on its chain."""

    height: int = 2**63 - 1
    tx_index: int = 2**31 - 1
    play_index: int = 2**31 - 1
    chain_id: str | None = None
    """None: of the chain that the database follows."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``height.tx_index.play_index``, or that behind ``chain_id:``; raises ValueError for anything else."""
        found = _POSITION.fullmatch(text)
        if found is None:
            raise ValueError(text)
        chain_id, *numbers = found.groups()
        height, tx_index, play_index = map(int, numbers)
        if height >= 2**63 or max(tx_index, play_index) >= 2**31 or not (chain_id or "").isprintable():
            raise ValueError(text)
        return cls(height, tx_index, play_index, chain_id)

    def __str__(self) -> str:
        return f"{on_chain(self.chain_id, self.height)}.{self.tx_index}.{self.play_index}"


class Only(msgspec.Struct, frozen=True):
    """Which refused transactions are wanted; all, unless something is said."""

    user_id: int | None = None
    entity_type: str | None = None
    action: str | None = None
    since: int = 0


def on_chain(chain_id: str | None, place: object) -> str:
    """Name a place on a chain; one on the chain that is followed, which is None, by itself."""
    return str(place) if chain_id is None else f"{chain_id}:{place}"


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One refused transaction without its bytes.

    Texts that the transaction holds are cut after 200 characters, so a page stays below 1.5 MB of JSON.
    """

    chain_id: str
    """The chain of its block."""
    followed: bool
    """Whether that is the chain that the database follows now."""
    height: int
    """The height of its block on that chain."""
    tx_index: int
    """Its place in the block."""
    play_index: int
    """The place of the refused play; -1 where the whole transaction was refused."""
    refused_plays: int
    """How many plays of the transaction were refused; the first few are listed."""
    tx_hash: str
    """The hash of the transaction."""
    block_time: datetime
    """When its block was made."""
    kind: str
    """The kind of transaction."""
    entity_type: str | None
    """Of an entity transaction."""
    action: str | None
    """Of an entity transaction."""
    user_id: int | None
    """Of an entity transaction."""
    entity_id: int | None
    """Of an entity transaction."""
    signer: str | None
    """Of an entity transaction."""
    reason: str
    """The code of the reason."""
    field: str
    """The payload key or envelope field at fault; empty if none is."""
    detail: str
    """What is wrong, for people."""
    raw_bytes: int | None
    """The size of the transaction; None where its bytes are not kept any more."""
    became: str | None
    """How it ended in a replay of refused transactions; None if none has come to it."""
    tried_at: datetime | None
    """When that was; of a transaction that is refused still, when it first was for the new reason."""
    tried_by: str | None
    """The version of Backbeat that replayed it."""
    new_reason: str | None
    """Why it is refused still."""
    new_field: str | None
    """The payload key or envelope field at fault then."""
    new_detail: str | None
    """What is wrong, for people."""

    @property
    def earlier_chain(self) -> str | None:
        """The chain of its block, if the database has left that; else None."""
        return None if self.followed else self.chain_id

    @property
    def position(self) -> Position:
        """Where it stands, as people name it."""
        return Position(self.height, self.tx_index, self.play_index, self.earlier_chain)

    @property
    def lasting_position(self) -> Position:
        """Where it stands, also named so after the database went over to another chain."""
        return Position(self.height, self.tx_index, self.play_index, self.chain_id)


class RejectedWhole(Rejected, frozen=True, kw_only=True):
    """One refused transaction, ``raw`` being all of it; None where that is not kept any more."""

    raw: bytes | None


class KeptFrom(msgspec.Struct, frozen=True):
    """The oldest block of which something refused is kept whole."""

    chain_id: str | None
    """Its chain; None if that is followed."""
    height: int
    """Its height there."""
    is_behind: bool
    """Whether it stands behind the block that was asked for."""


async def read_one_rejected(connection: AsyncConnection[Any], position: Position) -> RejectedWhole | None:
    """Return the refused transaction at a position, with its bytes; None if there is none."""
    newer = msgspec.structs.replace(position, play_index=position.play_index + 1)
    found = await read_rejected(connection, after=newer, limit=1)
    if not found or position not in {found[0].position, found[0].lasting_position}:
        return None
    raw = await read_bytes(connection, position)
    return RejectedWhole(**msgspec.structs.asdict(found[0]), raw=raw)


async def read_rejected_of(connection: AsyncConnection[Any], at: Position) -> list[Rejected]:
    """Return what was refused of one transaction, itself first or its plays in their order; nothing if nothing was."""
    behind = msgspec.structs.replace(at, play_index=Position().play_index)
    found = await read_rejected(connection, after=behind, limit=OF_ONE_MAX)
    place = (at.height, at.tx_index)
    return [
        row
        for row in reversed(found)
        if (row.height, row.tx_index) == place and at.chain_id in {row.chain_id, row.earlier_chain}
    ]


async def read_kept_from(connection: AsyncConnection[Any], asked: Position) -> KeptFrom | None:
    """Return the oldest block of which something refused is kept whole; None if nothing is."""
    return await first(connection, KeptFrom, _KEPT_FROM, {"chain_id": asked.chain_id, "height": asked.height})


async def read_rejected(
    connection: AsyncConnection[Any],
    *,
    after: Position | None = None,
    reason: str | None = None,
    limit: int = ROWS_DEFAULT,
    only: Only | None = None,
) -> list[Rejected]:
    """Return at most ``limit`` (itself at most 200) refused transactions that follow ``after``, newest first.

    Those of an earlier chain follow those of a later one.
    """
    start = after or Position()
    asked = msgspec.structs.asdict(only or Only())
    values = {**msgspec.structs.asdict(start), **asked, "reason": reason, "limit": min(limit, ROWS_MAX)}
    return await every(connection, Rejected, _NEWEST if reason is None else _BY_REASON, values)


async def read_bytes(connection: AsyncConnection[Any], at: Position) -> bytes | None:
    """Return the whole of a transaction of which something was refused; None if nothing of it is kept."""
    raw: bytes | None = await value(connection, _BYTES, msgspec.structs.asdict(at))
    return raw
