"""The transactions that were refused, newest first, a page at a time; the bytes of one of them."""

import re
from datetime import datetime
from typing import Any, Self

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, value
from backbeat.db.sql import load
from backbeat.reads.page import ROWS_DEFAULT, ROWS_MAX

_NEWEST = load(__package__, "rejected_newest.sql")
_BY_REASON = load(__package__, "rejected_by_reason.sql")
_POSITION = re.compile(r"([0-9]{1,19})\.([0-9]{1,10})\.(-1|[0-9]{1,10})")
_BYTES = load(__package__, "rejected_bytes.sql")
_KEPT_FROM = load(__package__, "rejected_kept_from.sql")

OF_ONE_MAX = 50  # of the plays of one transaction some five are listed, after a replay some more


class Position(msgspec.Struct, frozen=True):
    """Where a refused transaction, or one refused play of a transaction, stands on the chain."""

    height: int = 2**63 - 1
    tx_index: int = 2**31 - 1
    play_index: int = 2**31 - 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``height.tx_index.play_index``; raises ValueError for anything else."""
        found = _POSITION.fullmatch(text)
        if found is None:
            raise ValueError(text)
        height, tx_index, play_index = map(int, found.groups())
        if height >= 2**63 or max(tx_index, play_index) >= 2**31:
            raise ValueError(text)
        return cls(height, tx_index, play_index)

    def __str__(self) -> str:
        return f"{self.height}.{self.tx_index}.{self.play_index}"


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """One refused transaction without its bytes.

    Texts that the transaction holds are cut after 200 characters, so a page stays below 1.5 MB of JSON.
    """

    height: int
    """The height of its block."""
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
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.height, self.tx_index, self.play_index)


class RejectedWhole(Rejected, frozen=True, kw_only=True):
    """One refused transaction, ``raw`` being all of it; None where that is not kept any more."""

    raw: bytes | None


async def read_one_rejected(connection: AsyncConnection[Any], position: Position) -> RejectedWhole | None:
    """Return the refused transaction at a position, with its bytes; None if there is none."""
    newer = msgspec.structs.replace(position, play_index=position.play_index + 1)
    found = await read_rejected(connection, after=newer, limit=1)
    if not found or found[0].position != position:
        return None
    raw = await read_bytes(connection, position.height, position.tx_index)
    return RejectedWhole(**msgspec.structs.asdict(found[0]), raw=raw)


async def read_rejected_of(connection: AsyncConnection[Any], height: int, tx_index: int) -> list[Rejected]:
    """Return what was refused of one transaction, itself first or its plays in their order; nothing if nothing was."""
    found = await read_rejected(connection, after=Position(height, tx_index), limit=OF_ONE_MAX)
    return [row for row in reversed(found) if (row.height, row.tx_index) == (height, tx_index)]


async def read_kept_from(connection: AsyncConnection[Any]) -> int | None:
    """Return the height of the oldest block of which something refused is kept whole; None if nothing is."""
    height: int | None = await value(connection, _KEPT_FROM)
    return height


async def read_rejected(
    connection: AsyncConnection[Any],
    *,
    after: Position | None = None,
    reason: str | None = None,
    limit: int = ROWS_DEFAULT,
) -> list[Rejected]:
    """Return at most ``limit`` (itself at most 200) refused transactions that follow ``after``, newest first."""
    start = after or Position()
    values = {**msgspec.structs.asdict(start), "reason": reason, "limit": min(limit, ROWS_MAX)}
    return await every(connection, Rejected, _NEWEST if reason is None else _BY_REASON, values)


async def read_bytes(connection: AsyncConnection[Any], height: int, tx_index: int) -> bytes | None:
    """Return the whole of a transaction of which something was refused; None if nothing of it is kept."""
    raw: bytes | None = await value(connection, _BYTES, {"height": height, "tx_index": tx_index})
    return raw
