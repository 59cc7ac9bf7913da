"""Which tracks a playlist holds and held, seen from both sides (domain: chain and entities, 5.3.4)."""

from collections.abc import Collection, Iterator

from backbeat.index.entities.stamp import unix_seconds, with_zone
from backbeat.index.entities.transaction import EntityTransaction
from backbeat.index.entities.wanted import one
from backbeat.index.row import Change
from backbeat.index.rows.playlists import PlaylistTrackRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import State


def change_membership(tx: EntityTransaction, tracks: Collection[int], state: State) -> Iterator[Change]:
    """Make ``tracks`` the members of the playlist, and let each track that came or went know."""
    known = {row.track_id: row for row in state.many(PlaylistTrackRow, "playlist", tx.entity_id)}
    added = [track_id for track_id in tracks if track_id not in known or known[track_id].is_removed]
    removed = [row for row in known.values() if not row.is_removed and row.track_id not in tracks]
    state.need(one(TrackRow, track_id) for track_id in (*added, *(row.track_id for row in removed)))
    now = with_zone(tx.block_time)
    for track_id in added:
        row = known.get(track_id)
        if row is None:
            yield PlaylistTrackRow(playlist_id=tx.entity_id, track_id=track_id, created_at=now, updated_at=now)
        else:
            yield row.but(is_removed=False, updated_at=now)
        if track := state.get(TrackRow, track_id):
            yield _entered(track, tx)
    for row in removed:
        yield row.but(is_removed=True, updated_at=now)
        if track := state.get(TrackRow, row.track_id):
            yield _left(track, tx)


def _entered(track: TrackRow, tx: EntityTransaction) -> TrackRow:
    left = {key: when for key, when in _left_playlists(track).items() if key != str(tx.entity_id)}
    inside = track.playlists_containing_track
    return track.but(
        playlists_containing_track=inside if tx.entity_id in inside else (*inside, tx.entity_id),
        playlists_previously_containing_track=left,
        updated_at=tx.block_time,
    )


def _left(track: TrackRow, tx: EntityTransaction) -> TrackRow:
    """Note the block's time of leaving: who bought the album before then keeps access to the track."""
    return track.but(
        playlists_containing_track=tuple(id_ for id_ in track.playlists_containing_track if id_ != tx.entity_id),
        playlists_previously_containing_track={
            str(tx.entity_id): {"time": unix_seconds(tx.block_time)},
            **_left_playlists(track),
        },
        updated_at=tx.block_time,
    )


def _left_playlists(track: TrackRow) -> dict[str, object]:
    left = track.playlists_previously_containing_track
    return left if isinstance(left, dict) else {}
