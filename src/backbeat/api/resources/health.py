"""What probes ask: whether the process runs, whether the database answers, whether all is well."""

from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.parameters import Nothing
from backbeat.api.state import state_of


async def livez(request: Request, _: Nothing) -> Response:
    """Say whether every part of the process runs; that this answers at all shows that the event loop turns."""
    parts = state_of(request).alive()
    is_well = all(parts.values())
    return json_answer({"ok": is_well, "parts": parts}, status=200 if is_well else 503)


async def healthz(request: Request, _: Nothing) -> Response:
    """Say whether the database answers."""
    await state_of(request).status.ping()
    return json_answer({"ok": True})


async def readyz(request: Request, _: Nothing) -> Response:
    """Say whether every check passes, and what those say that fail."""
    found = await state_of(request).status.status()
    failing = [check for check in found.checks if not check.ok]
    body = {"ok": found.healthy, "headline": found.headline, "failing": failing, "checks": found.checks}
    return json_answer(body, status=200 if found.healthy else 503)


ENDPOINTS = (
    Endpoint("/livez", livez, Nothing),
    Endpoint("/healthz", healthz, Nothing),
    Endpoint("/readyz", readyz, Nothing),
)
