"""Jobs over HTTP: anyone may look, those who have the token may act."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backbeat.api.answer import json_answer
from backbeat.api.operator import Operator
from backbeat.jobs import operate
from backbeat.observe.reader import StatusReader
from backbeat.settings import JobsSettings

Action = Callable[[AsyncConnection[Any], str, JobsSettings | None], Awaitable[None]]
ACTIONS: dict[str, Action] = {"pause": operate.pause, "resume": operate.resume, "run": operate.run_now}
HISTORY_RUNS_MAX = 200  # as many as are kept

log = structlog.get_logger(__name__)


def routes(reader: StatusReader, operator: Operator | None) -> list[BaseRoute]:
    """Return the routes that read, and those that act for an ``operator``; without one they do not exist."""

    async def jobs(_: Request) -> Response:
        return json_answer((await reader.status()).jobs)

    async def history(request: Request) -> Response:
        async with reader.listing() as conn:
            return json_answer(await operate.history(conn, request.path_params["name"], HISTORY_RUNS_MAX, reader.jobs))

    looking: list[BaseRoute] = [Route("/jobs", jobs), Route("/jobs/{name}/history", history)]
    acting = [_acting(reader, operator, name, action) for name, action in ACTIONS.items() if operator]
    return [*looking, *acting]


def _acting(reader: StatusReader, operator: Operator, name: str, action: Action) -> Route:
    async def act(request: Request) -> Response:
        await operator.require(request)
        job = request.path_params["name"]
        async with reader.writing() as conn:
            await action(conn, job, reader.jobs)
        log.info("operator_action", action=name, job=job, client=request.client.host if request.client else "")
        return json_answer({"job": job, "action": name}, status=202)

    return Route(f"/jobs/{{name}}/{name}", act, methods=["POST"])
