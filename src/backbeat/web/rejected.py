"""Refused transactions as pages: a list, and one of them with all that is known of it."""

import base64
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from backbeat.api import parameters
from backbeat.api.failures import RequestError
from backbeat.api.resources.rejected import Many, One
from backbeat.api.state import state_of
from backbeat.errors import BackbeatError
from backbeat.reads.page import Page
from backbeat.reads.rejected import Rejected, read_one_rejected, read_rejected
from backbeat.web.browsers import PACKED, BrowserRoute
from backbeat.web.rendering import pages_of
from backbeat.web.view import View, titled

BYTES_SHOWN_MAX: Final = 4_096  # of base64, which a page of 100 kB has room for; the rest is in the JSON


async def many(request: Request) -> Response:
    """Answer a page of them, newest first, of one reason or all."""
    pages = pages_of(request)
    try:
        asked = parameters.read(request, Many)
        reason = asked.reason or None  # the empty choice of the form
        async with state_of(request).reads.connection() as connection:
            found = await read_rejected(connection, after=asked.after, reason=reason, limit=asked.limit)
        status = await state_of(request).status.status()
    except BackbeatError as error:
        return pages.failed(error)
    page = Page.of(found, asked.limit, lambda row: row.lasting_position)
    view = View(title=titled("Rejected"), tone="busy", headline=_headline(reason), at=pages.now(), problems=())
    return pages.shown(
        "rejected.html",
        view=view,
        status=status,
        place=place,
        page=page,
        reason=reason,
        limit=asked.limit,
        counts=status.rejected,
    )


async def one(request: Request) -> Response:
    """Answer one of them."""
    pages = pages_of(request)
    try:
        asked = parameters.read(request, One)
        async with state_of(request).reads.connection() as connection:
            found = await read_one_rejected(connection, asked.position)
        if found is None:
            raise RequestError(404, "not_found", f"Nothing was refused at {asked.position}.", cure="See /rejected.")
    except BackbeatError as error:
        return pages.failed(error, root="../")
    text = None if found.raw is None else base64.b64encode(found.raw).decode()
    view = View(
        title=titled(f"Rejected {place(found)}"), tone="busy", headline=_named(found), at=pages.now(), problems=()
    )
    return pages.shown(
        "rejected_one.html", root="../", view=view, status=None, row=found, raw=text, raw_max=BYTES_SHOWN_MAX
    )


def _headline(reason: str | None) -> str:
    return "Rejected transactions" if reason is None else f"Rejected: {reason}"


def _named(row: Rejected) -> str:
    return f"Rejected at {place(row)}"


def place(row: Rejected) -> str:
    """Return where it stands as `backbeat rejected` names it; a refused play with its own number behind."""
    return str(row.position).removesuffix(".-1")


def routes() -> list[BaseRoute]:
    """Return the pages' routes."""
    return [
        BrowserRoute("/rejected", many, middleware=PACKED),
        BrowserRoute("/rejected/{position}", one, middleware=PACKED),
    ]
