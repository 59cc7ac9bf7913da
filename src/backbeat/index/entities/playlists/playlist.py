"""Playlists and albums (domain: chain and entities, 5.3)."""

from collections.abc import Iterator
from typing import Any

from backbeat.index.content.gating import check_stream_gate
from backbeat.index.content.owned import owned
from backbeat.index.content.permalinks import (
    first_route,
    next_route,
    next_route_wants,
    older_playlist_route,
    older_playlist_route_wants,
    route_wants,
    slug_wants,
)
from backbeat.index.content.prices import album_price
from backbeat.index.entities.playlists.columns import check_playlist_text, columns_on_create, columns_on_update
from backbeat.index.entities.playlists.contents import KEY, Entry, sent_entries, stored_contents, track_ids
from backbeat.index.entities.playlists.membership import (
    change_membership,
    leaving_wants,
    membership_wants,
    track_lists,
)
from backbeat.index.payload.ids import PLAYLIST_ID_MIN
from backbeat.index.payload.metadata import Payload, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.playlists import AlbumPriceRow, PlaylistRouteRow, PlaylistRow, PlaylistTrackRow
from backbeat.index.rows.track_lists import TrackListsRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp, unix_seconds
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what every playlist handler reads."""
    yield signer_wants(tx)
    yield one(PlaylistRow, tx.entity_id)


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield from wants_of_update(tx)
    if name := text(tx.metadata or {}, "playlist_name"):
        yield from route_wants(PlaylistRouteRow, tx, name)
        yield from older_playlist_route_wants(tx, name)


def wants_of_update(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update reads."""
    yield from wants(tx)
    payload = tx.metadata or {}
    if payload.get("is_stream_gated") is True:
        yield every(AlbumPriceRow, "item", tx.entity_id)
    if KEY in payload:
        yield every(PlaylistTrackRow, "playlist", tx.entity_id)
        yield from membership_wants(tx, {entry.track_id: None for entry in _sent(payload)})


def wants_then_of_create(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name what Create reads besides: the slugs behind those that are taken."""
    if name := text(tx.metadata or {}, "playlist_name"):
        yield from slug_wants(PlaylistRouteRow, tx, name, state)


def wants_then_of_update(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name what Update reads besides: the tracks that leave, and links where it gives another name.

    A playlist that is not there may be one of the same batch.
    """
    payload = tx.metadata or {}
    if payload.get(KEY) is not None:
        yield from leaving_wants(tx, {entry.track_id for entry in _sent(payload)}, state)
    stored = state.get(PlaylistRow, tx.entity_id)
    name = text(payload, "playlist_name")
    if name and (stored is None or name != stored.playlist_name):
        yield from next_route_wants(PlaylistRouteRow, tx, name, state)


@handles("Playlist", "Create", wants=wants_of_create, then=wants_then_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Make a playlist."""
    check_ids(tx, above=PLAYLIST_ID_MIN)
    payload = _checked(tx)
    entries = sent_entries(payload) or []
    authorize(tx, state)
    if state.get(PlaylistRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    columns = columns_on_create(tx, payload)
    contents = contents_of(tx, entries, None, state, is_album=columns.get("is_album", False))
    tracks = track_ids(contents)
    yield PlaylistRow(
        playlist_id=tx.entity_id,
        playlist_owner_id=tx.user_id,
        playlist_contents=contents,
        last_added_to=tx.block_time if tracks else None,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **columns,
        **stamp(tx),
    )
    if name := columns.get("playlist_name"):
        current = first_route(PlaylistRouteRow, tx, name, state)
        yield current
        yield from older_playlist_route(tx, current, state)
    yield from change_membership(tx, tracks, state)
    yield from album_price(tx, payload, state)


@handles("Playlist", "Update", wants=wants_of_update, then=wants_then_of_update)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Change what the payload names; the rest of the playlist stays."""
    check_ids(tx)
    payload = _checked(tx)
    entries = sent_entries(payload)
    authorize(tx, state)
    stored = owned(PlaylistRow, tx, state)
    columns: dict[str, Any] = columns_on_update(tx, payload, stored)
    if entries is not None:
        columns |= _new_contents(tx, entries, stored, state)
        yield from change_membership(tx, track_ids(columns["playlist_contents"]), state)
    if (name := columns.get("playlist_name")) and name != stored.playlist_name:
        yield from next_route(PlaylistRouteRow, tx, name, state)
    yield from album_price(tx, payload, state)
    yield stored.but(**columns, updated_at=tx.block_time, **stamp(tx))


@handles("Playlist", "Delete", wants=wants)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Delete a playlist for good; links and memberships stay as they are."""
    check_ids(tx)
    authorize(tx, state)
    yield owned(PlaylistRow, tx, state).but(is_delete=True, updated_at=tx.block_time, **stamp(tx))


def _checked(tx: EntityTransaction) -> Payload:
    payload = payload_of(tx)
    check_playlist_text(payload)
    check_stream_gate(payload)
    return payload


def _new_contents(tx: EntityTransaction, entries: list[Entry], stored: PlaylistRow, state: State) -> dict[str, Any]:
    before = stored.playlist_contents
    contents = contents_of(tx, entries, before, state, is_album=stored.is_album)
    columns: dict[str, Any] = {"playlist_contents": contents}
    if track_ids(contents) - track_ids(before):
        columns["last_added_to"] = tx.block_time
    return columns


def contents_of(tx: EntityTransaction, entries: list[Entry], before: Any, state: State, *, is_album: bool) -> Payload:
    """Return the contents as they are stored; an album keeps only tracks of its owner."""
    if is_album:
        state.need(one(TrackListsRow, entry.track_id) for entry in entries)
        entries = [entry for entry in entries if _is_own(tx, entry.track_id, state)]
    return stored_contents(entries, before, unix_seconds(tx.block_time))


def _is_own(tx: EntityTransaction, track_id: int, state: State) -> bool:
    track = track_lists(track_id, state)
    return track is not None and track.owner_id == tx.user_id


def _sent(payload: Payload) -> list[Entry]:
    """Return the entries that a payload names, none where it will be rejected for them."""
    try:
        return sent_entries(payload) or []
    except Reject:
        return []
