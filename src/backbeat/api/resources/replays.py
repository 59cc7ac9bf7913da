"""The transactions whose signed message the chain had seen before."""

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.parameters import Limit, Wrong
from backbeat.api.state import state_of
from backbeat.reads.page import ROWS_DEFAULT, Page
from backbeat.reads.replays import NUMBER_MAX, ReplayedTransaction, read_replays

Number = Annotated[
    int,
    Meta(ge=0, le=NUMBER_MAX),
    Wrong("is not a number", "Use the value of next from the page before."),
]


class Many(msgspec.Struct, frozen=True, kw_only=True):
    """Those with a number under ``before``."""

    before: Number = NUMBER_MAX
    limit: Limit = ROWS_DEFAULT


async def many(request: Request, asked: Many) -> Response:
    """Answer a page of them, newest first."""
    async with state_of(request).reads.connection() as connection:
        found = await read_replays(connection, before=asked.before, limit=asked.limit)
    return json_answer(Page.of(found, asked.limit, _number).named("transactions"))


def _number(row: ReplayedTransaction) -> int:
    return row.number


ENDPOINTS = (Endpoint("/replays", many, Many),)
