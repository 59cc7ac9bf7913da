"""The API: what can be read, by anyone who reaches it, and what an operator can do with the token."""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backbeat.api import jobs
from backbeat.api.answer import json_answer
from backbeat.api.failures import RequestError
from backbeat.errors import DatabaseError
from backbeat.observe import metrics
from backbeat.observe.reader import StatusReader
from backbeat.observe.rejected import LIMIT_DEFAULT, LIMIT_MAX, Position, read_rejected

REASON_CHARACTERS_MAX = 100


Alive = Callable[[], Mapping[str, bool]]
"""Says of each part of this process whether it runs."""


def routes(reader: StatusReader, token: str, alive: Alive) -> list[BaseRoute]:
    """Return every route of the API; with an empty ``token`` the operator's are missing."""

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
            text = metrics.render(await reader.status())
        except DatabaseError:
            text = metrics.render(None)  # a scrape that fails would lose backbeat_database_up, which says why
        return Response(text, media_type=metrics.CONTENT_TYPE)

    async def rejected(request: Request) -> Response:
        after, reason = _position(request), request.query_params.get("reason")
        limit = _limit(request)
        if reason is not None and len(reason) > REASON_CHARACTERS_MAX:
            raise _bad("reason", "is too long", "Use a reason from /status.")
        async with reader.connection() as conn:
            found = await read_rejected(conn, after=after, reason=reason, limit=limit)
        more = str(found[-1].position) if len(found) == limit else None
        return json_answer({"transactions": found, "next": more})

    return [
        Route("/status", status),
        Route("/livez", livez),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", exposition),
        Route("/rejected", rejected),
        *jobs.routes(reader, token),
    ]


def _position(request: Request) -> Position | None:
    text = request.query_params.get("after")
    if text is None:
        return None
    try:
        return Position.parse(text)
    except ValueError:
        raise _bad("after", "is not a position", "Use the value of next from the page before.") from None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(LIMIT_DEFAULT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIMIT_MAX):
        raise _bad("limit", "is out of range", f"Use a whole number from 1 to {LIMIT_MAX}.")
    return int(text)


def _bad(name: str, what: str, cure: str) -> RequestError:
    return RequestError(400, "parameter_invalid", f"The parameter {name} {what}.", cure=cure)
