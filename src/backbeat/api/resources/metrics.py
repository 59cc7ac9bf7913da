"""The status as Prometheus takes it."""

from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.endpoint import Endpoint
from backbeat.api.parameters import Nothing
from backbeat.api.state import state_of
from backbeat.errors import DatabaseError
from backbeat.observe import metrics


async def exposition(request: Request, _: Nothing) -> Response:
    """Answer all metrics, during an outage as well: a failed scrape would lose backbeat_database_up, which says why."""
    state = state_of(request)
    try:
        text = metrics.render(await state.status.status(), state.labels)
    except DatabaseError:
        text = metrics.render(None, state.labels)
    return Response(text, media_type=metrics.CONTENT_TYPE)


ENDPOINTS = (Endpoint("/metrics", exposition, Nothing, packs=True),)
