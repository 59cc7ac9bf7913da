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
        await connection.execute(INSERT, dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))


COLUMNS: Final = (
    "numbers", "places", "ordinals", "of_blocks", "kinds", "times", "actors", "item_types", "items", "owners", "deltas",
    "data",
)  # fmt: skip


def _row(kept: KeptAct) -> tuple[Any, ...]:
    act, block = kept.act, kept.numbered
    return (
        block.number if kept.number is None else kept.number,
        kept.place,
        kept.ordinal,
        None if kept.number is None else block.number or 0,  # as its rows say where the block has none
        act.kind,
        act.time or block.block.time,
        act.actor_id,
        act.item_type,
        act.item_id,
        act.owner_id,
        act.delta,
        None if act.data is None else msgspec.json.encode(act.data).decode(),
    )
