"""How far the block loop is behind, in blocks and in seconds, looked at twenty times a second."""

import asyncio
from collections.abc import Sequence
from datetime import UTC
from typing import NamedTuple

import msgspec

from backbeat.clock import Clock
from backbeat.index.loop import BlockLoop

LOOKS_PER_SECOND = 20


class Lag(NamedTuple):
    """One look: blocks behind the head, and the age in seconds of the oldest block that is not committed."""

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


async def look(loop: BlockLoop, clock: Clock, block_seconds: float) -> Lag:
    """Return how far the loop is behind a simulated chain with a block every so many seconds."""
    head, cursor = await loop._source.head(), loop.progress.cursor
    assert head is not None
    assert head.time is not None
    assert cursor is not None
    blocks = max(head.height - cursor.height, 0)
    if not blocks:
        return Lag(0, 0.0)
    age = (clock.now().astimezone(UTC).replace(tzinfo=None) - head.time).total_seconds()
    return Lag(blocks, age + (blocks - 1) * block_seconds)


async def watch(loop: BlockLoop, clock: Clock, block_seconds: float, seconds: float) -> list[Lag]:
    """Look for so long; a look that comes late, because the program was busy, is not made up for."""
    looks = []
    for _ in range(round(seconds * LOOKS_PER_SECOND)):
        await asyncio.sleep(1 / LOOKS_PER_SECOND)
        looks.append(await look(loop, clock, block_seconds))
    return looks


def worst_of_each_second(looks: Sequence[Lag]) -> list[float]:
    """Return for each second the most seconds behind."""
    return [
        max(lag.seconds for lag in looks[first : first + LOOKS_PER_SECOND])
        for first in range(0, len(looks), LOOKS_PER_SECOND)
    ]
