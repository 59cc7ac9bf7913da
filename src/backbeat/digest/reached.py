"""Waiting until the block loop has come to a height."""

from typing import Any, Final

from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.db.query import first
from backbeat.digest.state import HEIGHT, Place

LOOK_SECONDS: Final = 0.1  # a block takes about a second, so one is met before the next


async def wait_until(connection: AsyncConnection[Any], at: int | None, clock: Clock, *, seconds: float) -> None:
    """Return once the database stands at ``at`` or beyond, or when the seconds are over."""
    ends = clock.monotonic() + seconds
    while at is not None and (left := ends - clock.monotonic()) > 0:
        place = await first(connection, Place, HEIGHT) or Place()
        if place.height >= at:
            return
        await clock.sleep(min(LOOK_SECONDS, left))
