"""Where the cursor stood at the end of each block of a batch: which block holds a play, and when a block was."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from backbeat.index.applied import NumberedBlock, PlayBatch
from backbeat.index.cursor import Cursor


class Reached(NamedTuple):
    """A row of ``backbeat.past_frontiers``."""

    number: int
    play_id: int
    height: int
    time: datetime


def reached(
    before: Cursor, after: Cursor, blocks: Sequence[NumberedBlock], plays: Iterable[PlayBatch]
) -> Iterator[Reached]:
    """Yield where the cursor stood for each block that moved the block number or the play id.

    ``plays`` are those that became rows, in the order of the blocks: the last ids of all, without a gap.
    """
    counts: dict[int, int] = {}
    for batch in plays:
        counts[batch.height] = counts.get(batch.height, 0) + len(batch.plays)
    number, stood = before.block_number, before.play_id
    play_id = after.play_id - sum(counts.values())
    for each in blocks:
        block = each.block
        play_id += counts.get(block.height, 0)
        moved = max(number, each.number or 0)
        if moved != number or play_id != stood:
            number, stood = moved, play_id
            yield Reached(number, play_id, block.height, block.time)


def stands(cursor: Cursor) -> Iterator[Reached]:
    """Yield the row for where a cursor stands that no block moved; none where it is not known when its block was."""
    if cursor.block_time is not None:
        yield Reached(cursor.block_number, cursor.play_id, cursor.height, cursor.block_time)


def as_arrays(rows: Iterable[Reached]) -> Mapping[str, str]:
    """Return the rows as the statement that moves the cursor takes them: column by column.

    As arrays that are written here: of a hundred rows the driver needs ten times as long, and the server for JSON.
    """
    numbers, play_ids, heights, times = list(zip(*rows, strict=True)) or ((), (), (), ())
    return {
        "numbers": _array(map(str, numbers)),
        "play_ids": _array(map(str, play_ids)),
        "heights": _array(map(str, heights)),
        "times": _array(map(datetime.isoformat, times)),
    }


def _array(values: Iterable[str]) -> str:
    return f"{{{','.join(values)}}}"
