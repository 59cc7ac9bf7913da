"""Where the cursor stood at the end of each block of a batch: which block holds a play, and when a block was."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from backbeat.index.applied import NumberedBlock, PlayBatch
from backbeat.index.cursor import Cursor


def reached(
    before: Cursor, after: Cursor, blocks: Sequence[NumberedBlock], plays: Iterable[PlayBatch]
) -> Iterator[dict[str, Any]]:
    """Yield a row of ``backbeat.past_frontiers`` for each block that moved the block number or the play id.

    ``plays`` are those that became rows, in the order of the blocks: the last ids of all, without a gap.
    """
    counts: dict[int, int] = {}
    for batch in plays:
        counts[batch.height] = counts.get(batch.height, 0) + len(batch.plays)
    number, stood = before.block_number, before.play_id
    play_id = after.play_id - sum(counts.values())
    for each in blocks:
        height = each.block.height
        play_id += counts.get(height, 0)
        moved = max(number, each.number or 0), play_id
        if moved != (number, stood):
            number, stood = moved
            yield {"block_number": number, "play_id": play_id, "height": height, "block_time": each.block.time}


def stands(cursor: Cursor) -> dict[str, Any]:
    """Return the row for where a cursor stands that no block moved."""
    at = {"block_number": cursor.block_number, "play_id": cursor.play_id}
    return at | {"height": cursor.height, "block_time": cursor.block_time}


def as_json(rows: Iterable[dict[str, Any]]) -> str:
    """Return the rows as the statement that moves the cursor takes them."""
    return msgspec.json.encode(list(rows)).decode()
