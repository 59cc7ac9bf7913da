"""The one page, the part of it that is fetched again every two seconds, and the series behind its charts."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

import backbeat
from backbeat.api.answer import json_answer
from backbeat.api.state import state_of
from backbeat.codes import JobState
from backbeat.errors import DatabaseError
from backbeat.observe import figures, words
from backbeat.observe.headline import beginning
from backbeat.observe.tree import Status
from backbeat.web.view import code, next_run, pill, shown_state, view_of, view_of_outage

FOLDER = Path(__file__).parent
REASONS_MAX = 12  # rows of the page; the whole list is at /status
PAIRS_MAX = 12
STATIC_SECONDS = 86_400  # addresses carry the edition, so a new one is fetched at once


class Pages:
    """Renders the page; ``operable``: there are actions, and it has their buttons for those who enter the token."""

    def __init__(self, *, operable: bool, now: Callable[[], datetime]) -> None:
        self._environment = _environment(operable=operable)
        self._now = now

    def shown(self, template: str, status: Status) -> Response:
        """Return what ``template`` makes of a status."""
        text = self._environment.get_template(template).render(view=view_of(status), status=status)
        return HTMLResponse(text)

    def shown_without(self, template: str, error: DatabaseError) -> Response:
        """Return what ``template`` makes of an outage: 503 with its reason."""
        view = view_of_outage(error, self._now())
        return HTMLResponse(self._environment.get_template(template).render(view=view, status=None), status_code=503)


async def page(request: Request) -> Response:
    """Answer the whole page."""
    return await _answer(request, "page.html")


async def live(request: Request) -> Response:
    """Answer the part of the page that is fetched again."""
    return await _answer(request, "live.html")


async def _answer(request: Request, template: str) -> Response:
    pages: Pages = request.app.state.pages
    try:
        status = await state_of(request).status.status()
    except DatabaseError as error:
        return pages.shown_without(template, error)
    return pages.shown(template, status)


async def history(request: Request) -> Response:
    """Answer the series behind the charts."""
    return json_answer(state_of(request).status.charts())


def routes() -> list[BaseRoute]:
    """Return the page's routes; during an outage they recover by themselves."""
    return [
        Route("/", page),
        Route("/live", live),
        Route("/history.json", history),
        Mount("/static", _Static(directory=FOLDER / "static")),
    ]


def _environment(*, operable: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = (
        figures.about,
        figures.count,
        figures.rate,
        figures.span,
        figures.cadence,
        figures.size,
        figures.moment,
        code,
        pill,
        shown_state,
        words.phase,
        words.move,
        words.check,
        beginning,
        next_run,
    )
    environment.filters.update({function.__name__: function for function in shown})
    environment.globals.update(
        JobState=JobState,
        version=backbeat.__version__,
        edition=_edition(),
        operable=operable,
        rows_max=REASONS_MAX,
        pairs_max=PAIRS_MAX,
    )
    return environment


def _edition() -> str:
    """Return a name for what the static files are now, so that a browser fetches them when they change."""
    files = sorted(path for path in (FOLDER / "static").rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


class _Static(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
        return response
