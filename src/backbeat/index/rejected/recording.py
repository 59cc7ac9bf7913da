"""Records what became of refused transactions, and counts them so, in the transaction that applied them."""

from collections import Counter
from typing import Any

from psycopg import AsyncConnection

import backbeat
from backbeat.codes import Outcome
from backbeat.db.sql import load
from backbeat.db.together import write
from backbeat.index import sink
from backbeat.index.applied import PLAYED
from backbeat.index.refused import DETAIL_CHARACTERS_MAX, write_refused
from backbeat.index.reject import Code
from backbeat.index.rejected.result import Tried
from backbeat.index.rejected.trying import Came
from backbeat.index.wire.names import pair_name

RECORD = load(__package__, "record.sql")
TAKE_COUNTS = load(__package__, "counts_take.sql")
UNSKIP = load(__package__, "unskip.sql")


async def record(connection: AsyncConnection[Any], chain_id: str, came: Came) -> bool:
    """Write down what became of each; say whether that is news."""
    values = {"chain_id": chain_id, "version": backbeat.__version__, **_columns(came.tried)}
    recorded = await connection.execute(RECORD, values)
    await write_refused(connection, came.rejections)
    ended = [each for each in came.tried if each.play_index < 0 and each.became is not Outcome.REJECTED]
    if ended:
        await _take_counts(connection, ended)
        skipped = [each.refused.tx_hash for each in ended if Code.DATABASE_ERROR in each.refused.reasons]
        if skipped:
            await connection.execute(UNSKIP, {"hashes": skipped})
    if ended or came.plays:
        counts = {PLAYED: 0, **came.ended} if came.plays else came.ended
        await write(connection, sink.counting(counts, came.plays))
    return recorded.rowcount > 0


async def _take_counts(connection: AsyncConnection[Any], ended: list[Tried]) -> None:
    """Count those as refused no more; they stay counted as what replays took away."""
    fewer = Counter(_counted_as(each) for each in ended)
    kinds, pairs, reasons = zip(*fewer, strict=True)
    values = {"kinds": list(kinds), "pairs": list(pairs), "reasons": list(reasons), "counts": list(fewer.values())}
    await connection.execute(TAKE_COUNTS, values)


def _counted_as(tried: Tried) -> tuple[str, str, str]:
    """Return the kind, pair and reason under which a transaction was counted when it was refused."""
    refused = tried.refused
    pair = "" if refused.entity_type is None else pair_name(refused.entity_type, refused.action or "")
    return refused.kind, pair, refused.reasons[0]


def _columns(tried: list[Tried]) -> dict[str, list[Any]]:
    is_refused = [each.became is Outcome.REJECTED for each in tried]
    return {
        "heights": [each.refused.height for each in tried],
        "tx_indexes": [each.refused.tx_index for each in tried],
        "play_indexes": [each.play_index for each in tried],
        "became": [str(each.became) for each in tried],
        "reasons": [str(each.code) if still else None for each, still in zip(tried, is_refused, strict=True)],
        "fields": [each.field if still else None for each, still in zip(tried, is_refused, strict=True)],
        "details": [
            each.detail[:DETAIL_CHARACTERS_MAX].replace("\x00", "") if still else None
            for each, still in zip(tried, is_refused, strict=True)
        ],
        "messages": [each.message for each in tried],
    }
