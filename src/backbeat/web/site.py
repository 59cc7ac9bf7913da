"""The page and the API as one application, with the task that keeps the charts' history."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware

from backbeat.api import routes as api
from backbeat.api.admission import Admission
from backbeat.api.failures import HANDLERS
from backbeat.api.headers import SecurityHeaders
from backbeat.api.hosts import Hosts
from backbeat.api.operator import Operator
from backbeat.api.routes import Alive
from backbeat.clock import Clock
from backbeat.db.pool import Pool
from backbeat.observe.metrics import Labels
from backbeat.observe.reader import StatusReader
from backbeat.settings import JobsSettings
from backbeat.web import pages


def site(
    pool: Pool,
    clock: Clock,
    *,
    token: str = "",
    jobs: JobsSettings | None = None,
    host: str = "",
    hosts: Collection[str] = (),
    labels: Labels = Labels(),  # noqa: B008 - immutable
    alive: Alive = dict,
    acting: Pool | None = None,
) -> Starlette:
    """Return the application that shows what ``pool`` (the reads lane) can see; an outage raises nothing here.

    * ``token``: operators act with it; empty: there are no actions. Raises ConfigError for one that could be guessed.
    * ``jobs``: the runner's settings, for intervals and pauses.
    * ``host``: the address to listen on.
    * ``hosts``: further names that requests may use.
    * ``labels``: label values that counters have from the start.
    * ``alive``: says of each part of this process whether it runs.
    * ``acting``: the control lane, which operator actions need.
    """
    operator = Operator(token, clock) if token else None
    reader = StatusReader(pool, clock, jobs, acting)

    app = Starlette(
        routes=[
            *pages.routes(reader, clock.now, operable=bool(operator)),
            *api.routes(reader, operator, labels, alive),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(Admission, hosts=Hosts(host, hosts))],
        exception_handlers=dict(HANDLERS),
        lifespan=lambda _: _sampling(reader),
    )
    app.router.redirect_slashes = False  # it would lead to whatever host the request names
    return app


@asynccontextmanager
async def _sampling(reader: StatusReader) -> AsyncIterator[None]:
    """Keep the charts' history while the application runs."""
    sampling = asyncio.create_task(reader.sample_forever())
    try:
        yield
    finally:
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling
