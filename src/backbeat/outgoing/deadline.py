"""A bound on how long a whole exchange may take, however little it takes at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backbeat.clock import Clock


@asynccontextmanager
async def deadline(clock: Clock, seconds: float) -> AsyncIterator[None]:
    """Cancel the body once ``seconds`` have passed on ``clock``, and raise TimeoutError for it."""
    async with asyncio.timeout(None) as limit:
        alarm = asyncio.create_task(_ring(clock, seconds, limit))
        try:
            yield
        finally:
            alarm.cancel()
            await asyncio.wait([alarm])


async def _ring(clock: Clock, seconds: float, limit: asyncio.Timeout) -> None:
    await clock.sleep(seconds)
    limit.reschedule(0.0)
