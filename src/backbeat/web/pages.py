"""The first page, the part of it that is fetched again every two seconds, and the series behind its charts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from backbeat.api.answer import json_answer
from backbeat.api.state import state_of
from backbeat.errors import DatabaseError
from backbeat.web import explanations, job, rejected
from backbeat.web.browsers import PACKED
from backbeat.web.chart import charts_of
from backbeat.web.rendering import FOLDER, pages_of
from backbeat.web.view import view_of, view_of_outage

STATIC_SECONDS = 86_400  # addresses carry the edition, so a new one is fetched at once


async def page(request: Request) -> Response:
    """Answer the whole page; with ``jobs=all`` none of the jobs is folded away, for those without JavaScript."""
    return await _answer(request, "page.html")


async def live(request: Request) -> Response:
    """Answer the part of the page that is fetched again."""
    return await _answer(request, "live.html")


async def _answer(request: Request, template: str) -> Response:
    pages, reader = pages_of(request), state_of(request).status
    charts = charts_of(reader.samples(), pages.now().timestamp())
    is_open = request.query_params.get("jobs") == "all"
    try:
        status = await reader.status()
    except DatabaseError as error:
        view = view_of_outage(error, pages.now())
        return pages.shown(template, status_code=503, view=view, status=None, charts=charts, is_open=is_open)
    return pages.shown(template, view=view_of(status), status=status, charts=charts, is_open=is_open)


async def history(request: Request) -> Response:
    """Answer the series behind the charts."""
    return json_answer(state_of(request).status.charts())


def routes() -> list[BaseRoute]:
    """Return the routes of all pages; during an outage they recover by themselves."""
    return [
        Route("/", page, middleware=PACKED),
        Route("/live", live, middleware=PACKED),
        Route("/history.json", history),
        *job.routes(),
        *rejected.routes(),
        *explanations.routes(),
        Mount("/static", _Static(directory=FOLDER / "static"), middleware=PACKED),
    ]


class _Static(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
        return response
