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
from backbeat.api.parameters import Nothing
from backbeat.api.state import state_of
from backbeat.jobs import operate
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


async def history(request: Request, asked: Named) -> Response:
    """Answer a job's newest runs."""
    state = state_of(request)
    async with state.reads.connection() as connection:
        return json_answer(await operate.history(connection, asked.name, HISTORY_RUNS_MAX, state.jobs))


async def pause(request: Request, asked: Named) -> Response:
    """Keep a job from starting."""
    return await _act(request, asked.name, "pause", operate.pause)


async def resume(request: Request, asked: Named) -> Response:
    """Let a paused job start again."""
    return await _act(request, asked.name, "resume", operate.resume)


async def run(request: Request, asked: Named) -> Response:
    """Ask for one run of a job."""
    return await _act(request, asked.name, "run", operate.run_now)


async def _act(request: Request, job: str, name: str, action: Action) -> Response:
    state = state_of(request)
    async with lent(state.control) as connection:
        await action(connection, job, state.jobs)
    log.info("operator_action", action=name, job=job, client=request.client.host if request.client else "")
    return json_answer({"job": job, "action": name}, status=202)


ENDPOINTS = (
    Endpoint("/jobs", many, Nothing),
    Endpoint("/jobs/{name}/history", history, Named),
    Endpoint("/jobs/{name}/pause", pause, Named, acts=True),
    Endpoint("/jobs/{name}/resume", resume, Named, acts=True),
    Endpoint("/jobs/{name}/run", run, Named, acts=True),
)
