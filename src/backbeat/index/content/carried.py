"""Permalinks as a genesis migration carries them: an old one cannot be made from the title (domain 8.4)."""

from collections.abc import Iterator
from typing import TypeVar

from backbeat.index.content.permalinks import Slug, first_route, route_of
from backbeat.index.payload.metadata import INT4_MAX, Payload, integer, text
from backbeat.index.payload.slugs import cut
from backbeat.index.rows.playlists import PlaylistRouteRow
from backbeat.index.rows.tracks import TrackRouteRow
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

SLUG, TITLE_SLUG, COLLISION_ID = "route_slug", "route_title_slug", "route_collision_id"

Route = TypeVar("Route", TrackRouteRow, PlaylistRouteRow)


def carried_route_wants(row: type[Route], tx: EntityTransaction) -> Iterator[Key]:
    """Name what :func:`carried_route` reads besides what a new title does."""
    if slug := cut(text(tx.metadata or {}, SLUG)):
        yield one(row, tx.user_id, slug)


def carried_route(row: type[Route], tx: EntityTransaction, title: str, state: State) -> Route | None:
    """Return the permalink that the payload carries, else one of the title, if there is one.

    A slug that the owner has already stays where it is, and the title gives another.
    """
    payload: Payload = tx.metadata or {}
    slug = cut(text(payload, SLUG))
    if slug and state.get(row, tx.user_id, slug) is None:
        collision_id = integer(payload.get(COLLISION_ID)) or 0
        is_sound = 0 <= collision_id <= INT4_MAX
        return route_of(row, tx, Slug(slug, cut(text(payload, TITLE_SLUG)) or slug, collision_id if is_sound else 0))
    return first_route(row, tx, title, state) if title else None
