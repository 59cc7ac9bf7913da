"""Everything that there is to see of Backbeat, as one tree."""

from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.parameters import Nothing
from backbeat.api.state import state_of


async def status(request: Request, _: Nothing) -> Response:
    """Answer the status, at most a second old."""
    return json_answer(await state_of(request).status.status())


ENDPOINTS = (Endpoint("/status", status, Nothing),)
