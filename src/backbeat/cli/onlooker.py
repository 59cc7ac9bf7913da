"""Looks on, through a session of its own, how far work is that another session does in one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.errors import BackbeatError
from backbeat.service import beside

LOOK_SECONDS = 1.0

log = structlog.get_logger(__name__)

Look = Callable[[AsyncConnection[Any]], Awaitable[None]]


@asynccontextmanager
async def looked_on(url: str, look: Look) -> AsyncIterator[None]:
    """Call ``look`` every second while the body runs; what takes less than one opens no session."""

    async def looking() -> None:
        clock = SystemClock()
        await clock.sleep(LOOK_SECONDS)
        try:
            async with await address.connect(address.parse(url), "backbeat/looks") as connection:
                while True:
                    await look(connection)
                    await clock.sleep(LOOK_SECONDS)
        except (psycopg.Error, BackbeatError, OSError) as error:  # who only looks must not end those who work
            log.debug("progress_not_seen", error=str(error))

    async with beside(looking()):
        yield
