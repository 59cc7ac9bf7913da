"""Keeps the acts of a batch: rows of ``backbeat.acts``, in the transaction that writes what was done.

What a replay applies is done now, though its block is old: its acts stand behind all acts so far, and only say of
which block and time they are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.db.between_blocks import free_place
from backbeat.db.sql import load
from backbeat.index.acts import Act
from backbeat.index.applied import NumberedBlock

INSERT = load(__package__, "acts_insert.sql")

ROWS_AT_ONCE: Final = 5_000  # some 20 ms; a block has room for 160,000 follows


class KeptAct(msgspec.Struct, frozen=True, gc=False):
    """An act with its block and its place there: the transaction's index, and its ordinal in the transaction.

    ``number``: the em number of the block that it stands in or in front of, if that is not ``numbered``.
    """

    numbered: NumberedBlock
    place: int
    ordinal: int
    act: Act
    number: int | None = None


def placed(numbered: NumberedBlock, place: int, acts: Iterable[Act]) -> list[KeptAct]:
    """Return the acts of one transaction with their places."""
    return [KeptAct(numbered, place, ordinal, act) for ordinal, act in enumerate(acts)]


async def as_of_now(connection: AsyncConnection[Any], acts: Sequence[KeptAct]) -> list[KeptAct]:
    """Return acts of older blocks with places between the last block and the next, until the transaction ends.

    Waits for a run of the job that tells of acts.
    """
    if not acts:
        return []
    number, place, first = await free_place(connection)
    return [KeptAct(kept.numbered, place, ordinal, kept.act, number) for ordinal, kept in enumerate(acts, first)]


async def write_acts(connection: AsyncConnection[Any], acts: Sequence[KeptAct]) -> None:
    """Write acts, which are in the order of the chain, a statement for every five thousand of them."""
    for first in range(0, len(acts), ROWS_AT_ONCE):
        rows = list(map(_row, acts[first : first + ROWS_AT_ONCE]))
        await connection.execute(INSERT, {"acts": msgspec.json.encode(rows).decode()})


def _row(kept: KeptAct) -> dict[str, Any]:
    act, block = kept.act, kept.numbered
    return {
        "blocknumber": block.number if kept.number is None else kept.number,
        "place": kept.place,
        "ordinal": kept.ordinal,
        "of_block": None if kept.number is None else block.number or 0,  # as its rows say where the block has none
        "kind": act.kind,
        "time": act.time or block.block.time,
        "actor_id": act.actor_id,
        "item_type": act.item_type,
        "item_id": act.item_id,
        "owner_id": act.owner_id,
        "delta": act.delta,
        "data": act.data,
    }
