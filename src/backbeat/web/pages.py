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
from backbeat.codes import JobState
from backbeat.errors import DatabaseError
from backbeat.observe import figures, words
from backbeat.observe.reader import StatusReader
from backbeat.web.view import code, next_run, pill, shown_state, view_of, view_of_outage

FOLDER = Path(__file__).parent
REASONS_MAX = 12  # rows of the page; the whole list is at /status
PAIRS_MAX = 12
STATIC_SECONDS = 86_400  # addresses carry the edition, so a new one is fetched at once


def routes(reader: StatusReader, now: Callable[[], datetime], *, operable: bool) -> list[BaseRoute]:
    """Return the page's routes; during an outage they answer 503 with its reason and recover by themselves.

    ``operable``: there are actions, and the page has their buttons for operators who enter the token.
    """
    environment = _environment(operable=operable)

    async def answer(template: str) -> Response:
        try:
            status = await reader.status()
        except DatabaseError as error:
            text = environment.get_template(template).render(view=view_of_outage(error, now()), status=None)
            return HTMLResponse(text, status_code=503)
        return HTMLResponse(environment.get_template(template).render(view=view_of(status), status=status))

    async def page(_: Request) -> Response:
        return await answer("page.html")

    async def live(_: Request) -> Response:
        return await answer("live.html")

    async def history(_: Request) -> Response:
        return json_answer(reader.history.columns())

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
