"""Pages from templates, with what every page needs; and what is shown where there is nothing to show."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

import backbeat
from backbeat.api.failures import status_of
from backbeat.codes import JobState
from backbeat.errors import BackbeatError, DatabaseError
from backbeat.masking import mask
from backbeat.observe import figures, words
from backbeat.observe.headline import beginning
from backbeat.observe.standstill import doing
from backbeat.web.view import breakable, code, next_run, pill, problem_view, shown_state, view_of_outage

FOLDER: Final = Path(__file__).parent
REASONS_MAX: Final = 12  # rows of the page; the whole list is at /status
PAIRS_MAX: Final = 12
VARY: Final = {"Vary": "Accept"}  # of an address that answers programs otherwise


class Pages:
    """Renders templates; ``operable``: there are actions, and buttons for those who enter the token."""

    def __init__(self, *, operable: bool, now: Callable[[], datetime]) -> None:
        self._environment = _environment(operable=operable)
        for name in self._environment.list_templates():
            self._environment.get_template(name)  # compiled now, not while a browser waits for the first page
        self.now = now

    def shown(self, template: str, *, root: str = "", status_code: int = 200, **shown: Any) -> Response:
        """Return a page; ``root`` leads from its address to that of the first page."""
        text = self._environment.get_template(template).render(root=root, **shown)
        return HTMLResponse(text, status_code=status_code, headers=VARY)

    def failed(self, error: BackbeatError, *, root: str = "") -> Response:
        """Return the page that says why there is nothing to show."""
        view = (
            view_of_outage(error, self.now()) if isinstance(error, DatabaseError) else problem_view(error, self.now())
        )
        return self.shown("problem.html", root=root, status_code=status_of(error), view=view, status=None)


def pages_of(request: Request) -> Pages:
    """Return what renders the pages of a request's site."""
    pages: Pages = request.app.state.pages
    return pages


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
        figures.first_line_of,
        mask,
        code,
        breakable,
        pill,
        shown_state,
        words.phase,
        words.move,
        words.check,
        words.outcome,
        words.audited,
        beginning,
        doing,
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
