"""The track or playlist that a transaction is about (domain: chain and entities, 5.4.2)."""

from collections.abc import Iterator

from backbeat.index.content.owned import owner_of
from backbeat.index.payload.metadata import text
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

TRACK, PLAYLIST = "track", "playlist"
KINDS = {TRACK: TRACK, PLAYLIST: PLAYLIST, "album": PLAYLIST}
"""A playlist may become an album and back, so an album is recorded as a playlist."""


def likely_kinds(tx: EntityTransaction) -> tuple[str, ...]:
    """Return the one kind that the sender names, else both."""
    kind = _said_kind(tx)
    return (kind,) if kind else (TRACK, PLAYLIST)


def item_wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what tells the kind and the owner."""
    for kind in likely_kinds(tx):
        yield one(TrackRow if kind == TRACK else PlaylistRow, tx.entity_id)


def kind_of(tx: EntityTransaction, state: State) -> str:
    """Return what the sender says the item is; only where it says nothing, what there is under the id."""
    if kind := _said_kind(tx):
        return kind
    for kind in (TRACK, PLAYLIST):
        if owner_id(kind, tx.entity_id, state) is not None:
            return kind
    raise Reject(Code.UNSUPPORTED_ENTITY, "entity_type")


def owner_id(kind: str, item_id: int, state: State) -> int | None:
    """Return who owns the item, deleted or hidden as it may be; None if there is no such item."""
    item = state.get(TrackRow, item_id) if kind == TRACK else state.get(PlaylistRow, item_id)
    return None if item is None else owner_of(item)


def _said_kind(tx: EntityTransaction) -> str | None:
    return KINDS.get(text(tx.metadata or {}, "type").lower()) or KINDS.get(tx.entity_type.lower())
