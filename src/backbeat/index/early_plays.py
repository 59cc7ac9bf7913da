"""Plays that stand before the creation of their track in the same batch, whose rows are written the other way round.

A threshold that such a play reaches is a milestone, but there was no owner yet to hear of it. One by one that shows by
itself; a batch tells the trigger that counts plays how many of a track's plays came too early.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.chain.model import ManageEntity, Transaction
from backbeat.chain.packed import PackedPlays
from backbeat.db.sql import load
from backbeat.index.batch import Batch
from backbeat.index.rows.tracks import TrackRow

TELL = load(__package__, "early_plays.sql")


def early_plays(batch: Batch) -> Counter[int]:
    """Return how many plays each new track has that stand before it."""
    if not batch.applied.plays:
        return Counter()
    rows = batch.state.changes().get(TrackRow, ())
    new = {row.track_id for row in rows if isinstance(row, TrackRow) and batch.state.stored(row) is None}
    unborn = new and {heard for each in batch.applied.plays for heard in each.track_ids if heard in new}
    early: Counter[int] = Counter()
    if not unborn:
        return early
    refused = {(each.block.height, each.tx_index) for each in batch.applied.rejections if each.play_index < 0}
    for numbered, index, transaction in batch.transactions():
        if transaction.entity is None:
            heard = _heard(transaction)
            if not unborn.isdisjoint(heard):
                early.update(each for each in heard if each in unborn)
        elif (numbered.block.height, index) not in refused:
            unborn.discard(_created(transaction.entity))
    return early


async def tell_early_plays(connection: AsyncConnection[Any], early: Counter[int]) -> None:
    """Let the trigger know of them, for what this transaction writes next."""
    await connection.execute(TELL, {"plays": msgspec.json.encode(early).decode() if early else ""})


def _heard(transaction: Transaction) -> Sequence[int | None]:
    """Return the tracks of its plays."""
    plays = transaction.plays
    return plays.track_ids if isinstance(plays, PackedPlays) else [play.track_id for play in plays]


def _created(entity: ManageEntity) -> int | None:
    """Return the track that a transaction makes."""
    return entity.entity_id if (entity.entity_type, entity.action) == ("Track", "Create") else None
