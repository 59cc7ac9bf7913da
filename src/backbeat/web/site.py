"""The page and the API as one application, with the task that keeps the charts' history."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware

from backbeat.api import routes as api
from backbeat.api.admission import Admission
from backbeat.api.failures import HANDLERS
from backbeat.api.headers import SecurityHeaders
from backbeat.api.hosts import Hosts
from backbeat.api.operator import Operator
from backbeat.api.public_reads import PublicReads
from backbeat.api.state import Alive, State
from backbeat.clock import Clock
from backbeat.db.pool import Lanes
from backbeat.db.written_tables import WrittenTable
from backbeat.observe.metrics import Labels
from backbeat.observe.reader import StatusReader
from backbeat.settings import JobsSettings, WebSettings
from backbeat.web import pages


def site(
    lanes: Lanes,
    clock: Clock,
    web: WebSettings = WebSettings(host=""),  # noqa: B008 - immutable
    *,
    jobs: JobsSettings | None = None,
    labels: Labels = Labels(),  # noqa: B008 - immutable
    alive: Alive = dict,
    tables: Sequence[WrittenTable] = (),
) -> Starlette:
    """Return the application that shows what the database holds; an outage raises nothing here.

    * ``lanes``: of them it uses status, reads and control.
    * ``web``: the address, further names that requests may use, and the operators' token; without one there are no
      actions. Raises ConfigError for one that could be guessed.
    * ``jobs``: the runner's settings, for intervals and pauses.
    * ``labels``: label values that counters have from the start.
    * ``alive``: says of each part of this process whether it runs.
    * ``tables``: what the block loop writes, which the status holds to what is there.
    """
    operator = Operator(web.token, clock) if web.token else None
    reader = StatusReader(lanes.status, clock, jobs, tables)
    app = Starlette(
        routes=[*pages.routes(), *api.routes(operable=operator is not None)],
        middleware=[Middleware(SecurityHeaders), Middleware(Admission, hosts=Hosts(web.host, web.hosts))],
        exception_handlers=dict(HANDLERS),
        lifespan=lambda _: _sampling(reader),
    )
    app.state.parts = State(
        status=reader,
        reads=PublicReads(lanes.reads),
        control=lanes.control,
        operator=operator,
        jobs=jobs,
        labels=labels,
        alive=alive,
        digesting=asyncio.Lock(),
    )
    app.state.pages = pages.Pages(operable=operator is not None, now=clock.now)
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
