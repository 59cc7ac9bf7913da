"""Where the cursor stood at the end of each block of a batch: which block holds a play, and when a block was."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.index.applied import NumberedBlock, Plays
from backbeat.index.cursor import Cursor

APPEND = load(__package__, "frontiers_append.sql")


class Reached(NamedTuple):
    """A row of ``backbeat.past_frontiers``."""

    number: int
    play_id: int
    height: int
    time: datetime


def reached(
    before: Cursor, after: Cursor, blocks: Sequence[NumberedBlock], plays: Iterable[Plays]
) -> Iterator[Reached]:
    """Yield where the cursor stood for each block that moved the block number or the play id.

    ``plays`` are those that became rows, in the order of the blocks: the last ids of all, without a gap.
    """
    counts: dict[int, int] = {}
    for height, count in chain.from_iterable(batch.by_height for batch in plays):
        counts[height] = counts.get(height, 0) + count
    number, stood = before.block_number, before.play_id
    play_id = after.play_id - sum(counts.values())
    for each in blocks:
        block = each.block
        play_id += counts.get(block.height, 0)
        moved = max(number, each.number or 0)
        if moved != number or play_id != stood:
            number, stood = moved, play_id
            yield Reached(number, play_id, block.height, block.time)


async def keep_reached(connection: AsyncConnection[Any], rows: Sequence[Reached], after: Cursor) -> bool:
    """Write the rows, but for one that says where the cursor is moved to now: return whether that is to be kept."""
    stands = after.block_number, after.play_id, after.height, after.block_time
    is_reached = bool(rows) and rows[-1] == stands
    if passed := rows[: len(rows) - is_reached]:
        await connection.execute(APPEND, _as_arrays(passed))
    return is_reached


def _as_arrays(rows: Iterable[Reached]) -> dict[str, str]:
    """Return the columns of rows as arrays, written here: the driver takes ten times as long."""
    numbers, play_ids, heights, times = zip(*rows, strict=True)
    return {
        "numbers": _array(map(str, numbers)),
        "play_ids": _array(map(str, play_ids)),
        "heights": _array(map(str, heights)),
        "times": _array(map(datetime.isoformat, times)),
    }


def _array(values: Iterable[str]) -> str:
    return f"{{{','.join(values)}}}"
