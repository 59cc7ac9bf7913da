"""A reward, a score and a count explained, each as a page with a form that asks for another."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from backbeat.api import parameters
from backbeat.api.parameters import Wrong
from backbeat.api.state import state_of
from backbeat.errors import BackbeatError
from backbeat.reads import challenges, counts, playlist_trends, track_trends
from backbeat.reads.counts import Kind
from backbeat.web.browsers import PACKED
from backbeat.web.rendering import pages_of
from backbeat.web.view import View, titled

ID_MAX = 2**31 - 1
NAME_CHARACTERS_MAX = 100

Number = Annotated[int, Meta(ge=1, le=ID_MAX), Wrong("is no number", f"Use a whole number from 1 to {ID_MAX}.")]
Name = Annotated[str, Meta(max_length=NAME_CHARACTERS_MAX), Wrong("is too long", "Choose one of the list.")]
What = Annotated[Kind, Wrong("is none that is counted", "Use user, track or playlist.")]


class Reward(msgspec.Struct, frozen=True, kw_only=True):
    """A user and a challenge; without them only the form is shown."""

    user: Number | None = None
    challenge: Name = ""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A track, a playlist or an album."""

    kind: Annotated[str, Meta(pattern=r"^(track|playlist)\Z"), Wrong("is no kind", "Use track or playlist.")] = "track"
    id: Number | None = None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A user, a track or a playlist."""

    kind: What = Kind.USER
    id: Number | None = None


async def reward(request: Request) -> Response:
    """Answer why a user has or has not earned a challenge."""

    async def read(connection: AsyncConnection[Any], asked: Reward) -> dict[str, Any]:
        offers = await challenges.list_offers(connection)
        is_asked = asked.user is not None and asked.challenge
        found = await challenges.explain(connection, asked.user or 0, asked.challenge) if is_asked else None
        return {"offers": offers, "found": found}

    return await _answer(request, "reward.html", "A reward explained", Reward, read)


async def score(request: Request) -> Response:
    """Answer what a score is made of."""
    refreshed = (jobs := state_of(request).jobs) is not None and jobs.trending_mode == "refresh"

    async def read(connection: AsyncConnection[Any], asked: Score) -> dict[str, Any]:
        terms: Sequence[Any] | None = None
        if asked.id is not None and asked.kind == "track":
            terms = await track_trends.terms(connection, asked.id, refreshed=refreshed)
        elif asked.id is not None:
            terms = await playlist_trends.terms(connection, asked.id)
        return {"terms": terms}

    return await _answer(request, "score.html", "A score explained", Score, read)


async def count(request: Request) -> Response:
    """Answer what is kept of something's counts, and what counting again gives."""

    async def read(connection: AsyncConnection[Any], asked: Count) -> dict[str, Any]:
        found = None if asked.id is None else await counts.explain(connection, asked.kind, asked.id)
        return {"found": found, "kinds": list(Kind)}

    return await _answer(request, "count.html", "A count explained", Count, read)


async def _answer(
    request: Request,
    template: str,
    headline: str,
    kind: type[Any],
    read: Callable[[AsyncConnection[Any], Any], Awaitable[dict[str, Any]]],
) -> Response:
    pages = pages_of(request)
    try:
        asked = parameters.read(request, kind)
        async with state_of(request).reads.connection() as connection:
            found = await read(connection, asked)
    except BackbeatError as error:
        return pages.failed(error, root="../")
    view = View(title=titled(headline), tone="busy", headline=headline, at=pages.now(), problems=())
    return pages.shown(template, root="../", view=view, status=None, asked=asked, **found)


def routes() -> list[BaseRoute]:
    """Return the pages' routes."""
    return [
        Route("/explain/reward", reward, middleware=PACKED),
        Route("/explain/score", score, middleware=PACKED),
        Route("/explain/count", count, middleware=PACKED),
    ]
