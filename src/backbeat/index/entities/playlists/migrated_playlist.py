"""Playlists that a genesis migration carries over, and what they held once (domain: chain and entities, 8.4)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from backbeat.index.content.carried import carried_route, carried_route_wants
from backbeat.index.content.permalinks import older_playlist_route
from backbeat.index.content.prices import album_price
from backbeat.index.entities.playlists.columns import columns_on_create
from backbeat.index.entities.playlists.contents import sent_entries, track_ids
from backbeat.index.entities.playlists.membership import change_membership
from backbeat.index.entities.playlists.playlist import contents_of, wants_of_create
from backbeat.index.payload.ids import decode_id
from backbeat.index.payload.metadata import INT4_MAX, Payload, integer
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.playlists import PlaylistRouteRow, PlaylistRow, PlaylistTrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.migration import carried_flag, created_at
from backbeat.index.wire.routing import migrates
from backbeat.index.wire.signer import authorize
from backbeat.index.wire.stamp import stamp, with_zone
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

REMOVED = "removed_tracks"
REMOVED_MAX: Final = 5_000  # as many as a playlist may hold


class Removed(NamedTuple):
    """A track that a playlist held once."""

    track_id: int
    created_at: datetime
    updated_at: datetime


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what is read."""
    yield from wants_of_create(tx)
    yield from carried_route_wants(PlaylistRouteRow, tx)
    for removed in _removed(tx):
        yield one(PlaylistTrackRow, tx.entity_id, removed.track_id)


@migrates("Playlist", "Create", wants=wants)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Make a playlist as it was, deleted ones too; an album keeps tracks of other users."""
    check_ids(tx)
    payload = payload_of(tx)
    entries = sent_entries(payload) or []
    authorize(tx, state)
    if state.get(PlaylistRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    columns = columns_on_create(tx, payload)
    contents = contents_of(tx, entries, None, state, is_album=False)
    tracks = track_ids(contents)
    yield PlaylistRow(
        playlist_id=tx.entity_id,
        playlist_owner_id=tx.user_id,
        playlist_contents=contents,
        is_delete=carried_flag(payload, "is_delete"),
        last_added_to=tx.block_time if tracks else None,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **columns,
        **stamp(tx),
    )
    if current := carried_route(PlaylistRouteRow, tx, columns.get("playlist_name") or "", state):
        yield current
        yield from older_playlist_route(tx, current, state)
    yield from change_membership(tx, tracks, state)
    for removed in _removed(tx):
        if removed.track_id not in tracks and state.get(PlaylistTrackRow, tx.entity_id, removed.track_id) is None:
            yield PlaylistTrackRow(
                playlist_id=tx.entity_id,
                track_id=removed.track_id,
                is_removed=True,
                created_at=with_zone(removed.created_at),
                updated_at=with_zone(removed.updated_at),
            )
    yield from album_price(tx, payload, state)


def _removed(tx: EntityTransaction) -> list[Removed]:
    """Return what the payload says that the playlist held, each track once; what names no track is passed over."""
    sent = (tx.metadata or {}).get(REMOVED)
    found: dict[int, Removed] = {}
    for entry in sent[:REMOVED_MAX] if isinstance(sent, list) else ():
        track_id = _track_id(entry) if isinstance(entry, dict) else None
        if track_id is not None:
            joined = created_at(entry, tx.block_time)
            left = created_at({"created_at": entry.get("updated_at")}, tx.block_time)
            found.setdefault(track_id, Removed(track_id, joined, left))
    return list(found.values())


def _track_id(entry: Payload) -> int | None:
    sent = entry.get("track_id", entry.get("track"))
    track_id = decode_id(sent) if isinstance(sent, str) else integer(sent)
    return track_id if track_id is not None and 0 <= track_id <= INT4_MAX else None
