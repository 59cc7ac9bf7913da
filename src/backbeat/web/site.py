"""The page and the API as one application, with the task that keeps the charts' history."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware

from backbeat.api import routes as api
from backbeat.api.failures import HANDLERS
from backbeat.api.headers import SecurityHeaders
from backbeat.clock import Clock
from backbeat.db.pool import Pool
from backbeat.observe.reader import StatusReader
from backbeat.settings import JobsSettings
from backbeat.web import pages


def site(
    pool: Pool, clock: Clock, *, token: str = "", jobs: JobsSettings | None = None, acting: Pool | None = None
) -> Starlette:
    """Return the application that shows what ``pool`` (the reads lane) can see.

    With an empty ``token`` no operator action exists; ``acting`` (the control lane) is what such actions need. ``jobs``
    are the runner's settings, for intervals and pauses. Nothing here raises because the database is away.
    """
    reader = StatusReader(pool, clock, jobs, acting)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        sampling = asyncio.create_task(reader.sample_forever())
        try:
            yield
        finally:
            sampling.cancel()
            with suppress(asyncio.CancelledError):
                await sampling

    return Starlette(
        routes=[*pages.routes(reader, clock.now, operable=bool(token)), *api.routes(reader, token)],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers=dict(HANDLERS),
        lifespan=lifespan,
    )
