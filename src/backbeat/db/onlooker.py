"""Looks on, through a session of its own, at what another session of ours does meanwhile."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.errors import BackbeatError
from backbeat.service import beside

log = structlog.get_logger(__name__)

Opens = Callable[[], Awaitable[AsyncConnection[Any]]]
Look = Callable[[AsyncConnection[Any]], Awaitable[None]]


@asynccontextmanager
async def looked_on(opens: Opens, look: Look, clock: Clock, *, every_seconds: float) -> AsyncIterator[None]:
    """Call ``look`` so often while the body runs, on a session that ``opens`` makes once the body takes longer."""

    async def looking() -> None:
        await clock.sleep(every_seconds)
        try:
            async with await opens() as connection:
                while True:
                    await look(connection)
                    await clock.sleep(every_seconds)
        except (psycopg.Error, BackbeatError, OSError) as error:  # who only looks must not end those who work
            log.debug("look_failed", error=str(error))

    async with beside(looking()):
        yield
