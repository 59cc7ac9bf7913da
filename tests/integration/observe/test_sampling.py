"""How often the charts' history is added to, with and without anybody who looks at it."""

import asyncio

import pytest

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.observe.reader import SAMPLE_SECONDS, UNWATCHED_SECONDS, WATCHED_SECONDS, StatusReader


class Stepping(SystemClock):
    """Steps on instead of sleeping, and ends after some pauses."""

    def __init__(self, pauses_max: int) -> None:
        self.at = 100.0
        self.pauses: list[float] = []
        self._pauses_max = pauses_max

    def monotonic(self) -> float:
        """Return where it stepped to."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Step on."""
        self.pauses.append(seconds)
        self.at += seconds
        if len(self.pauses) == self._pauses_max:
            raise asyncio.CancelledError


async def test_samples_are_taken_every_second_only_while_the_charts_are_looked_at(lanes: Lanes) -> None:
    clock = Stepping(12)
    reader = StatusReader(lanes.status, clock)
    reader.charts()
    with pytest.raises(asyncio.CancelledError):
        await reader.sample_forever()
    assert clock.pauses == [SAMPLE_SECONDS] * int(WATCHED_SECONDS) + [UNWATCHED_SECONDS] * 2
    assert len(reader.charts()["at"]) == 12
