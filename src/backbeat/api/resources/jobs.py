"""The jobs: anyone may look, those who have the token may act."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.failures import RequestError
from backbeat.api.parameters import Nothing
from backbeat.api.state import state_of
from backbeat.incremental.report import AuditReport
from backbeat.jobs import operate
from backbeat.observe.figures import count, plural
from backbeat.observe.lending import lent
from backbeat.settings import JobsSettings

HISTORY_RUNS_MAX = 200  # as many as are kept

Action = Callable[[AsyncConnection[Any], str, JobsSettings | None], Awaitable[None]]

log = structlog.get_logger(__name__)


class Named(msgspec.Struct, frozen=True):
    """The job called ``name``."""

    name: str


async def many(request: Request, _: Nothing) -> Response:
    """Answer every job."""
    return json_answer((await state_of(request).status.status()).jobs)


async def one(request: Request, asked: Named) -> Response:
    """Answer one job."""
    state = state_of(request)
    async with state.reads.connection() as connection:
        return json_answer(await operate.show(connection, asked.name, state.jobs))


async def history(request: Request, asked: Named) -> Response:
    """Answer a job's newest runs."""
    state = state_of(request)
    async with state.reads.connection() as connection:
        return json_answer(await operate.history(connection, asked.name, HISTORY_RUNS_MAX, state.jobs))


async def pause(request: Request, asked: Named) -> Response:
    """Keep a job from starting."""
    return await _act(request, asked.name, "pause", operate.pause, "is paused; a run under way goes on")


async def resume(request: Request, asked: Named) -> Response:
    """Let a paused job start again."""
    return await _act(request, asked.name, "resume", operate.resume, "may start again")


async def run(request: Request, asked: Named) -> Response:
    """Ask for one run of a job."""
    return await _act(request, asked.name, "run", operate.run_now, "is asked to run; a worker takes it up")


async def audit(request: Request, asked: Named) -> Response:
    """Compare a job's table with a full recompute, one at a time and within the time of a reader's statement."""
    state = state_of(request)
    if state.digesting.locked():
        raise RequestError(
            503, "audit_busy", "Another audit or digest is being made.", cure="Ask again once it is done."
        )
    async with state.digesting, state.reads.connection() as connection:
        report = await operate.audit(connection, asked.name, state.jobs)
    _log(request, "audit", asked.name)
    return json_answer({"job": asked.name, "action": "audit", "said": _found(report), "report": report})


async def check(_request: Request, _: Nothing) -> Response:
    """Answer those who know the token, and nobody else."""
    return json_answer({"ok": True})


async def _act(request: Request, job: str, name: str, action: Action, becomes: str) -> Response:
    """Pass an action on; ``becomes``: what is true from then on, which is not yet that it is done."""
    state = state_of(request)
    async with lent(state.control) as connection:
        await action(connection, job, state.jobs)
    _log(request, name, job)
    return json_answer({"job": job, "action": name, "said": f"{job} {becomes}."}, status=202)


def _log(request: Request, action: str, job: str) -> None:
    log.info("operator_action", action=action, job=job, client=request.client.host if request.client else "")


def _found(report: AuditReport) -> str:
    if not report.is_clean:
        missing, extra = count(report.missing), count(report.extra)
        return f"{report.name} differs: of {plural(report.compared, 'row')} {missing} are missing and {extra} extra."
    if not report.compared:
        return f"{report.name}: nothing was compared; the next run rebuilds it, or it is empty."
    waiting = f"; {plural(report.pending, 'key')} wait for a run" if report.pending else ""
    return f"{report.name}: {plural(report.compared, 'row')} compared, nothing differs{waiting}."


ENDPOINTS = (
    Endpoint("/jobs", many, Nothing),
    Endpoint("/jobs/{name}", one, Named),
    Endpoint("/jobs/{name}/history", history, Named),
    Endpoint("/jobs/{name}/audit", audit, Named, acts=True),
    Endpoint("/jobs/{name}/pause", pause, Named, acts=True),
    Endpoint("/jobs/{name}/resume", resume, Named, acts=True),
    Endpoint("/jobs/{name}/run", run, Named, acts=True),
    Endpoint("/operator", check, Nothing, costs=True),
)
