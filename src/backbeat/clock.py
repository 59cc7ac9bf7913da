"""Time as a part that is injected, so that tests own it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


def without_zone(instant: datetime) -> datetime:
    """Return an instant as the network's columns hold it: in UTC, without a time zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


class Clock(Protocol):
    """What the program needs of time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        await asyncio.sleep(seconds)
