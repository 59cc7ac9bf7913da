"""How far the block loop is behind, in blocks and in seconds, looked at twenty times a second."""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from itertools import groupby
from typing import NamedTuple

import msgspec

from backbeat.clock import Clock
from backbeat.index.loop import BlockLoop

LOOKS_PER_SECOND = 20


class Lag(NamedTuple):
    """One look: blocks behind the head, and the age in seconds of the oldest block that is not committed.

    ``at_seconds``: how long after the watch began.
    """

    at_seconds: float
    blocks: int
    seconds: float


class Figures(msgspec.Struct, frozen=True):
    """The middle, the ninety-ninth of a hundred and the most of some values; 0 of none."""

    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figures":
        """Return them."""
        ordered = sorted(values) or [0.0]
        return cls(*(ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.99, 1.0)))


async def watch(loop: BlockLoop, clock: Clock, block_seconds: float, seconds: float) -> list[Lag]:
    """Look at once, and then for so long; looks that the program is too busy for are not made up for."""
    pause_seconds, began = 1 / LOOKS_PER_SECOND, clock.monotonic()
    looks = [await _look(loop, clock, block_seconds, 0.0)]
    while (at_seconds := clock.monotonic() - began) < seconds:
        await asyncio.sleep(pause_seconds - at_seconds % pause_seconds)
        looks.append(await _look(loop, clock, block_seconds, clock.monotonic() - began))
    return looks


async def _look(loop: BlockLoop, clock: Clock, block_seconds: float, at_seconds: float) -> Lag:
    head, cursor = await loop._source.head(), loop.progress.cursor
    assert head is not None
    assert head.time is not None
    assert cursor is not None
    blocks = max(head.height - cursor.height, 0)
    if not blocks:
        return Lag(at_seconds, 0, 0.0)
    age_seconds = (clock.now().astimezone(UTC).replace(tzinfo=None) - head.time).total_seconds()
    return Lag(at_seconds, blocks, age_seconds + (blocks - 1) * block_seconds)


def worst_of_each_second(looks: Sequence[Lag]) -> list[float]:
    """Return for each second that was looked at the most seconds behind."""
    return [max(lag.seconds for lag in second) for _, second in groupby(looks, lambda lag: int(lag.at_seconds))]
