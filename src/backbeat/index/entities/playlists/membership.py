"""Which tracks a playlist holds and held, seen from both sides (domain: chain and entities, 5.3.4)."""

from collections.abc import Callable, Collection, Container, Iterator
from itertools import islice
from typing import TypeAlias

from backbeat.index.row import Change
from backbeat.index.rows.playlists import PlaylistTrackRow
from backbeat.index.rows.track_lists import TrackListsRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.stamp import unix_seconds, with_zone
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

LISTS_MAX = 1_000
"""How many playlists a track names on either side. Of further ones, its owner's take the place of the oldest and nobody
else's are told: what strangers add must neither grow for ever nor push out what the owner's buyers rely on."""

TOLD_MAX = 1_000
"""How many tracks one transaction tells that they came, and how many that they left: the first ones. The longest
recorded list has 35 tracks. The list itself is kept whole."""

Telling: TypeAlias = Callable[[TrackListsRow, EntityTransaction], Iterator[TrackListsRow]]


def membership_wants(tx: EntityTransaction, track_ids: Collection[int]) -> Iterator[Key]:
    """Name what :func:`change_membership` reads of the tracks that a payload names."""
    for track_id in track_ids:
        yield one(PlaylistTrackRow, tx.entity_id, track_id)
    yield from (one(TrackListsRow, track_id) for track_id in islice(track_ids, TOLD_MAX))


def leaving_wants(tx: EntityTransaction, track_ids: Container[int], state: State) -> Iterator[Key]:
    """Name what :func:`change_membership` reads of the tracks that a payload names no more."""
    present = (row.track_id for row in state.many(PlaylistTrackRow, "playlist", tx.entity_id))
    gone = (track_id for track_id in present if track_id not in track_ids)
    yield from (one(TrackListsRow, track_id) for track_id in islice(gone, TOLD_MAX))


def track_lists(track_id: int, state: State) -> TrackListsRow | None:
    """Return the owner of a track and the playlists that it knows of, None if there is no such track."""
    found = state.get(TrackListsRow, track_id)
    made = state.made(TrackRow, track_id) if found is None else None
    return (
        found if made is None else TrackListsRow(track_id=track_id, owner_id=made.owner_id, updated_at=made.updated_at)
    )


def change_membership(tx: EntityTransaction, tracks: Collection[int], state: State) -> Iterator[Change]:
    """Make ``tracks`` the members of the playlist, and let each track that came or went know."""
    present = {row.track_id: row for row in state.many(PlaylistTrackRow, "playlist", tx.entity_id)}
    added = [track_id for track_id in tracks if track_id not in present]
    removed = [track_id for track_id in present if track_id not in tracks]
    state.need(one(PlaylistTrackRow, tx.entity_id, track_id) for track_id in added)
    now = with_zone(tx.block_time)
    for track_id in added:
        row = state.get(PlaylistTrackRow, tx.entity_id, track_id)
        if row is None:
            yield PlaylistTrackRow(playlist_id=tx.entity_id, track_id=track_id, created_at=now, updated_at=now)
        else:
            yield row.but(is_removed=False, updated_at=now)
    for track_id in removed:
        yield present[track_id].but(is_removed=True, updated_at=now)
    yield from _tell(tx, added[:TOLD_MAX], _entered, state)
    yield from _tell(tx, removed[:TOLD_MAX], _left, state)


def _tell(tx: EntityTransaction, tracks: list[int], tell: Telling, state: State) -> Iterator[Change]:
    state.need(one(TrackListsRow, track_id) for track_id in tracks)
    for track_id in tracks:
        if track := track_lists(track_id, state):
            yield from tell(track, tx)


def _entered(track: TrackListsRow, tx: EntityTransaction) -> Iterator[TrackListsRow]:
    before = _left_playlists(track)
    left = {key: when for key, when in before.items() if key != str(tx.entity_id)}
    inside = track.playlists_containing_track
    if tx.entity_id not in inside:
        if len(inside) >= LISTS_MAX and track.owner_id != tx.user_id:
            return
        inside = (*inside, tx.entity_id)[-LISTS_MAX:]
    yield track.but(
        playlists_containing_track=inside, playlists_previously_containing_track=left, updated_at=tx.block_time
    )


def _left(track: TrackListsRow, tx: EntityTransaction) -> Iterator[TrackListsRow]:
    """Note the block's time of leaving: who bought the album before then keeps access to the track."""
    left = _left_playlists(track)
    if str(tx.entity_id) not in left and (len(left) < LISTS_MAX or track.owner_id == tx.user_id):
        noted = {**left, str(tx.entity_id): {"time": unix_seconds(tx.block_time)}}
        left = dict(list(noted.items())[-LISTS_MAX:])
    yield track.but(
        playlists_containing_track=tuple(id_ for id_ in track.playlists_containing_track if id_ != tx.entity_id),
        playlists_previously_containing_track=left,
        updated_at=tx.block_time,
    )


def _left_playlists(track: TrackListsRow) -> dict[str, object]:
    left = track.playlists_previously_containing_track
    return left if isinstance(left, dict) else {}
