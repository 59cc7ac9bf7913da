"""The transactions that were refused: a list, and one of them with its bytes."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.failures import RequestError
from backbeat.api.parameters import Limit, Wrong
from backbeat.api.state import state_of
from backbeat.reads.page import ROWS_DEFAULT, Page
from backbeat.reads.rejected import Position, Rejected, read_one_rejected, read_rejected

REASON_CHARACTERS_MAX = 100

Reason = Annotated[str, Meta(max_length=REASON_CHARACTERS_MAX), Wrong("is too long", "Use a reason from /status.")]
Place = Annotated[Position, Wrong("is not a position", "Use the position of a transaction in /rejected, or next.")]


class Many(msgspec.Struct, frozen=True, kw_only=True):
    """Those for one ``reason``, or all; ``after``: that follow this one."""

    limit: Limit = ROWS_DEFAULT
    reason: Reason | None = None
    after: Place | None = None


class One(msgspec.Struct, frozen=True):
    """The one at a ``position``."""

    position: Place


async def many(request: Request, asked: Many) -> Response:
    """Answer a page of them, newest first."""
    async with state_of(request).reads.connection() as connection:
        found = await read_rejected(connection, after=asked.after, reason=asked.reason, limit=asked.limit)
    return json_answer(Page.of(found, asked.limit, _position).named("transactions"))


def _position(row: Rejected) -> Position:
    return row.lasting_position


async def one(request: Request, asked: One) -> Response:
    """Answer one of them, with all of its bytes."""
    async with state_of(request).reads.connection() as connection:
        found = await read_one_rejected(connection, asked.position)
    if found is None:
        raise RequestError(404, "not_found", f"Nothing was refused at {asked.position}.", cure="See /rejected.")
    return json_answer(found)


ENDPOINTS = (
    Endpoint("/rejected", many, Many),
    Endpoint("/rejected/{position}", one, One),
)
