"""Jobs over HTTP: anyone may look, whoever has the token may act."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backbeat.api.answer import json_answer
from backbeat.api.operator import require_token
from backbeat.jobs import operate
from backbeat.observe.reader import StatusReader
from backbeat.settings import JobsSettings

Action = Callable[[AsyncConnection[Any], str, JobsSettings | None], Awaitable[None]]
ACTIONS: dict[str, Action] = {"pause": operate.pause, "resume": operate.resume, "run": operate.run_now}
HISTORY_RUNS_MAX = 200  # as many as are kept

log = structlog.get_logger(__name__)


def routes(reader: StatusReader, token: str) -> list[BaseRoute]:
    """Return the routes that read, and with a ``token`` those that act; without one they do not exist."""

    async def jobs(_: Request) -> Response:
        return json_answer((await reader.status()).jobs)

    async def history(request: Request) -> Response:
        async with reader.connection() as conn:
            return json_answer(await operate.history(conn, request.path_params["name"], HISTORY_RUNS_MAX, reader.jobs))

    looking: list[BaseRoute] = [Route("/jobs", jobs), Route("/jobs/{name}/history", history)]
    acting = [_acting(reader, token, name, action) for name, action in ACTIONS.items() if token]
    return [*looking, *acting]


def _acting(reader: StatusReader, token: str, name: str, action: Action) -> Route:
    async def act(request: Request) -> Response:
        require_token(request, token)
        job = request.path_params["name"]
        async with reader.writing() as conn:
            await action(conn, job, reader.jobs)
        log.info("operator_action", action=name, job=job, client=request.client.host if request.client else "")
        return json_answer({"job": job, "action": name}, status=202)

    return Route(f"/jobs/{{name}}/{name}", act, methods=["POST"])
