"""Keeps the acts of a batch: rows of ``backbeat.acts``, in the transaction that writes what was done."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.acts import Act
from backbeat.index.applied import NumberedBlock

INSERT = load(__package__, "acts_insert.sql")

ROWS_AT_ONCE: Final = 5_000  # some 20 ms; a block has room for 160,000 follows


class KeptAct(msgspec.Struct, frozen=True, gc=False):
    """An act with its place: the block, the transaction's index in it, and its ordinal in the transaction."""

    numbered: NumberedBlock
    place: int
    ordinal: int
    act: Act


def placed(numbered: NumberedBlock, place: int, acts: Iterable[Act]) -> list[KeptAct]:
    """Return the acts of one transaction with their places."""
    return [KeptAct(numbered, place, ordinal, act) for ordinal, act in enumerate(acts)]


async def write_acts(connection: AsyncConnection[Any], acts: Sequence[KeptAct]) -> None:
    """Write acts, which are in the order of the chain, a statement for every five thousand of them."""
    for first in range(0, len(acts), ROWS_AT_ONCE):
        rows = list(map(_row, acts[first : first + ROWS_AT_ONCE]))
        await connection.execute(INSERT, dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))


COLUMNS: Final = (
    "numbers", "places", "ordinals", "kinds", "times", "actors", "item_types", "items", "owners", "deltas", "data"
)  # fmt: skip


def _row(kept: KeptAct) -> tuple[Any, ...]:
    act, block = kept.act, kept.numbered
    return (
        block.number,
        kept.place,
        kept.ordinal,
        act.kind,
        act.time or block.block.time,
        act.actor_id,
        act.item_type,
        act.item_id,
        act.owner_id,
        act.delta,
        None if act.data is None else msgspec.json.encode(act.data).decode(),
    )
