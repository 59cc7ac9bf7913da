"""The API: what can be read, by anyone who reaches it, and what an operator can do with the token."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backbeat.api import jobs
from backbeat.api.answer import json_answer
from backbeat.api.failures import RequestError
from backbeat.api.operator import Operator
from backbeat.errors import DatabaseError
from backbeat.observe import metrics
from backbeat.observe.reader import StatusReader
from backbeat.observe.rejected import LIMIT_DEFAULT, LIMIT_MAX, Position, read_one_rejected, read_rejected
from backbeat.observe.replays import NUMBER_MAX, read_replays

REASON_CHARACTERS_MAX = 100
NUMBER_DIGITS_MAX = 19


Alive = Callable[[], Mapping[str, bool]]
"""Says of each part of this process whether it runs."""


def routes(reader: StatusReader, operator: Operator | None, labels: metrics.Labels, alive: Alive) -> list[BaseRoute]:
    """Return every route of the API; without an ``operator`` the actions are missing. ``labels``: those of metrics."""

    async def status(_: Request) -> Response:
        return json_answer(await reader.status())

    async def livez(_: Request) -> Response:
        parts = alive()  # that this answers at all shows that the event loop turns
        is_well = all(parts.values())
        return json_answer({"ok": is_well, "parts": parts}, status=200 if is_well else 503)

    async def healthz(_: Request) -> Response:
        await reader.ping()
        return json_answer({"ok": True})

    async def readyz(_: Request) -> Response:
        found = await reader.status()
        failing = [check for check in found.checks if not check.ok]
        body = {"ok": found.healthy, "headline": found.headline, "failing": failing, "checks": found.checks}
        return json_answer(body, status=200 if found.healthy else 503)

    async def exposition(_: Request) -> Response:
        try:
            text = metrics.render(await reader.status(), labels)
        except DatabaseError:
            text = metrics.render(None, labels)  # a scrape that fails would lose backbeat_database_up, which says why
        return Response(text, media_type=metrics.CONTENT_TYPE)

    return [
        Route("/status", status),
        Route("/livez", livez),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", exposition),
        *_rejections(reader),
        _replays(reader),
        *jobs.routes(reader, operator),
    ]


def _rejections(reader: StatusReader) -> list[BaseRoute]:
    async def many(request: Request) -> Response:
        after, reason, limit = _one(request, "after"), _one(request, "reason"), _limit(request)
        if reason is not None and len(reason) > REASON_CHARACTERS_MAX:
            raise _bad("reason", "is too long", "Use a reason from /status.")
        start = None if after is None else _position("after", after)
        async with reader.listing() as conn:
            found = await read_rejected(conn, after=start, reason=reason, limit=limit)
        more = str(found[-1].position) if len(found) == limit else None
        return json_answer({"transactions": found, "next": more})

    async def one(request: Request) -> Response:
        position = _position("position", request.path_params["position"])
        async with reader.listing() as conn:
            found = await read_one_rejected(conn, position)
        if found is None:
            raise RequestError(404, "not_found", f"Nothing was refused at {position}.", cure="See /rejected.")
        return json_answer(found)

    return [Route("/rejected", many), Route("/rejected/{position}", one)]


def _replays(reader: StatusReader) -> BaseRoute:
    async def replays(request: Request) -> Response:
        before, limit = _number(request), _limit(request)
        async with reader.listing() as conn:
            found = await read_replays(conn, before=before, limit=limit)
        more = str(found[-1].number) if len(found) == limit else None
        return json_answer({"transactions": found, "next": more})

    return Route("/replays", replays)


def _one(request: Request, name: str) -> str | None:
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise _bad(name, "is given twice", "Give it once.")
    return values[0] if values else None


def _position(name: str, text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError:
        raise _bad(name, "is not a position", "Use the position of a transaction in /rejected, or next.") from None


def _number(request: Request) -> int:
    text = _one(request, "before") or str(NUMBER_MAX)
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX and int(text) <= NUMBER_MAX):
        raise _bad("before", "is not a number", "Use the value of next from the page before.")
    return int(text)


def _limit(request: Request) -> int:
    text = _one(request, "limit") or str(LIMIT_DEFAULT)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIMIT_MAX):
        raise _bad("limit", "is out of range", f"Use a whole number from 1 to {LIMIT_MAX}.")
    return int(text)


def _bad(name: str, what: str, cure: str) -> RequestError:
    return RequestError(400, "parameter_invalid", f"The parameter {name} {what}.", cure=cure)
