"""The page of one job: how it stands, what its runs did, what it waits for, where its positions are."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from backbeat.api.state import state_of
from backbeat.errors import BackbeatError, JobError
from backbeat.incremental.change_log import ConsumerLag
from backbeat.jobs import operate
from backbeat.jobs.operate import JobView
from backbeat.jobs.record import JobRun
from backbeat.observe import figures, health
from backbeat.observe.tree import Check, Status
from backbeat.web.browsers import PACKED, BrowserRoute
from backbeat.web.rendering import pages_of
from backbeat.web.run_chart import RunChart, run_charts
from backbeat.web.view import View, titled

RUNS_MAX: Final = 200  # as many as are kept
SHOWN_MAX: Final = 40  # rows of the table; the charts show all


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of a job shows."""

    job: JobView
    """The job."""
    check: Check
    """How the check of readiness judges it."""
    waits: Sequence[str]
    """What it waits for, as sentences."""
    runs: Sequence[JobRun]
    """Its newest runs."""
    charts: Sequence[RunChart]
    """What they took and changed."""
    positions: Sequence[tuple[str, int]]
    """Where each of its positions stands."""
    consumers: Sequence[ConsumerLag]
    """What it has to read of the change log."""


async def page(request: Request) -> Response:
    """Answer the page of a job."""
    pages, state = pages_of(request), state_of(request)
    name = request.path_params["name"]
    try:
        status = await state.status.status()
        found = next((job for job in status.jobs if job.name == name), None)
        if found is None:
            raise JobError("job_unknown", f"There is no job {name!r}.", cure="The first page lists them.")
        async with state.reads.connection() as connection:
            runs = await operate.history(connection, name, RUNS_MAX, state.jobs)
    except BackbeatError as error:
        return pages.failed(error, root="../")
    view = View(title=titled(found.name), tone=status.tone, headline=found.name, at=status.at, problems=())
    return pages.shown("job.html", root="../", view=view, status=status, shown=page_of(found, runs, status))


def page_of(job: JobView, runs: Sequence[JobRun], status: Status) -> JobPage:
    """Return what the page shows of a job."""
    return JobPage(
        job=job,
        check=health.check_job(job),
        waits=list(_waits(job, status)),
        runs=runs[:SHOWN_MAX],
        charts=run_charts(runs),
        positions=sorted(_positions(runs).items()),
        consumers=[each for each in status.change_log.consumers if _belongs(each.name, job.name)],
    )


def _waits(job: JobView, status: Status) -> Iterator[str]:
    """Yield what keeps the job from running now."""
    if job.waits_for:
        yield job.waits_for
    if job.deferred_since:
        yield f"It gives way for {figures.about(job.deferred_seconds)}: {job.deferred_reason}."
    if job.running:
        return
    for other in status.jobs:
        if other.running and other.group == job.group and other.name != job.name:
            yield f"{other.name} runs, and jobs of the group {job.group} take turns."


def _positions(runs: Sequence[JobRun]) -> dict[str, int]:
    """Return where each position stood last, from the newest run that moved it."""
    found: dict[str, int] = {}
    for run in runs:
        for name, (_, after) in run.moved.items():
            found.setdefault(name, after)
    return found


def _belongs(consumer: str, job: str) -> bool:
    return consumer == job or consumer.startswith((f"{job}:", f"{job.replace('.', ':')}:"))


def routes() -> list[BaseRoute]:
    """Return the page's route."""
    return [BrowserRoute("/jobs/{name}", page, middleware=PACKED)]
