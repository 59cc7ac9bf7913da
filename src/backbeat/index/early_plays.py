"""Plays that stand before the creation of their track in the same batch, whose rows are written the other way round.

A threshold that such a play reaches is a milestone, but there was no owner yet to hear of it. One by one that shows by
itself; a batch tells the trigger that counts plays how many of a track's plays came too early.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.chain.model import Transaction
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
        early.update(heard for heard in _heard(transaction) if heard in unborn)
        if (numbered.block.height, index) not in refused:
            unborn.discard(_created(transaction))
    return early


async def tell_early_plays(connection: AsyncConnection[Any], early: Counter[int]) -> None:
    """Let the trigger know of them, for what this transaction writes next."""
    await connection.execute(TELL, {"plays": msgspec.json.encode(early).decode() if early else ""})


def _heard(transaction: Transaction) -> Iterable[int | None]:
    """Return the tracks of its plays."""
    plays = transaction.plays
    return plays.track_ids if isinstance(plays, PackedPlays) else (play.track_id for play in plays)


def _created(transaction: Transaction) -> int | None:
    """Return the track that a transaction makes."""
    entity = transaction.entity
    is_track = entity is not None and (entity.entity_type, entity.action) == ("Track", "Create")
    return entity.entity_id if entity is not None and is_track else None
