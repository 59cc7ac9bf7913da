"""Permalinks: one owner's slugs are unique, never reused, and old ones keep resolving (domain 5.2.8 and 5.3.6)."""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from backbeat.index.payload.bounds import TEXT_CHARACTERS_MAX
from backbeat.index.payload.slugs import cut, title_slug
from backbeat.index.rows.playlists import PlaylistRouteRow
from backbeat.index.rows.tracks import TrackRouteRow
from backbeat.index.state import Key, State
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

DIGITS = "0123456789"
LOOKED_UP_AT_ONCE = 16  # an owner has few equal titles
LOOKED_UP_AT_ONCE_MAX = 1_024  # each look-up of one run doubles the one before

Route = TypeVar("Route", TrackRouteRow, PlaylistRouteRow)


class Slug(NamedTuple):
    """A slug that is free, with the title's part of it and the number that made it so."""

    slug: str
    title_slug: str
    collision_id: int


def route_wants(row: type[Route], tx: EntityTransaction, title: str) -> Iterator[Key]:
    """Name what :func:`first_route` will probably read."""
    if len(title) > TEXT_CHARACTERS_MAX:  # the handler will say so
        return
    base = title_slug(title, tx.entity_id)
    yield every(row, "title_slug", tx.user_id, base)
    yield one(row, tx.user_id, base)
    yield one(row, tx.user_id, f"{base}-1")  # for the second of that title in a batch


def slug_wants(row: type[Route], tx: EntityTransaction, title: str, state: State) -> Iterator[Key]:
    """Name the slugs that a title will probably get, if its owner has the title: one more, should it come twice."""
    if len(title) > TEXT_CHARACTERS_MAX:
        return
    base = title_slug(title, tx.entity_id)
    taken = _taken(row, tx.user_id, base, state)
    if taken is not None:
        yield one(row, tx.user_id, f"{base}-{taken + 1}")
        yield one(row, tx.user_id, f"{base}-{taken + 2}")


def next_route_wants(row: type[Route], tx: EntityTransaction, title: str, state: State) -> Iterator[Key]:
    """Name what :func:`next_route` will read, if the title is another than the item has."""
    yield every(row, "item", tx.entity_id)
    yield from route_wants(row, tx, title)
    yield from slug_wants(row, tx, title, state)


def first_route(row: type[Route], tx: EntityTransaction, title: str, state: State) -> Route:
    """Return the permalink of something new."""
    return route_of(row, tx, _free_slug(row, tx.user_id, title_slug(title, tx.entity_id), state))


def next_route(row: type[Route], tx: EntityTransaction, title: str, state: State) -> Iterator[Route]:
    """Replace the current permalink, unless the new title reads the same in a link.

    Clients resend titles with every update, so what this reads is looked up only when a title did change.
    """
    state.need((every(row, "item", tx.entity_id), *route_wants(row, tx, title)))
    base = title_slug(title, tx.entity_id)
    current = [route for route in state.many(row, "item", tx.entity_id) if route.is_current]
    if any(route.title_slug == base for route in current):
        return
    for route in current:
        yield route.but(is_current=False)
    yield route_of(row, tx, _free_slug(row, tx.user_id, base, state))


def older_playlist_route(tx: EntityTransaction, current: PlaylistRouteRow, state: State) -> Iterator[PlaylistRouteRow]:
    """Keep the older form of link, which ends in the playlist's id, resolving too."""
    older = cut(f"{current.title_slug}-{tx.entity_id}")
    if older != current.slug and state.get(PlaylistRouteRow, tx.user_id, older) is None:
        yield current.but(slug=older, title_slug=older, is_current=False)


def older_playlist_route_wants(tx: EntityTransaction, name: str) -> Iterator[Key]:
    """Name what :func:`older_playlist_route` will read."""
    if len(name) <= TEXT_CHARACTERS_MAX:
        yield one(PlaylistRouteRow, tx.user_id, cut(f"{title_slug(name, tx.entity_id)}-{tx.entity_id}"))


def _free_slug(row: type[Route], owner_id: int, base: str, state: State) -> Slug:
    number = _taken(row, owner_id, base, state)
    if number is None:
        return Slug(base, base, 0)
    while True:
        number += 1
        slug = f"{base}-{number}"
        if state.missing((one(row, owner_id, slug),)):
            ahead = _look_ahead(row, owner_id, base, number, state)
            state.need(one(row, owner_id, f"{base}-{number + more}") for more in range(ahead))
        if state.get(row, owner_id, slug) is None:
            return Slug(slug, base, number)


def _taken(row: type[Route], owner_id: int, base: str, state: State) -> int | None:
    """Return the highest number that an owner's slugs of a title have, None where the title's own is free."""
    alike = state.many(row, "title_slug", owner_id, base)
    if alike:
        return max(route.collision_id for route in alike)  # there is one, the newest
    return 0 if base[-1] in DIGITS and state.get(row, owner_id, base) else None


def _look_ahead(row: type[Route], owner_id: int, base: str, number: int, state: State) -> int:
    """Return how many numbers to look up at once: twice as many as the run behind ``number`` already took."""
    ahead = LOOKED_UP_AT_ONCE
    while ahead < LOOKED_UP_AT_ONCE_MAX and not state.missing((one(row, owner_id, f"{base}-{number - ahead}"),)):
        ahead *= 2
    return ahead


def route_of(row: type[Route], tx: EntityTransaction, slug: Slug) -> Route:
    """Return the permalink of what the transaction is about."""
    item: dict[str, Any] = {"track_id" if row is TrackRouteRow else "playlist_id": tx.entity_id}
    return row(owner_id=tx.user_id, **slug._asdict(), **item, **stamp(tx))
