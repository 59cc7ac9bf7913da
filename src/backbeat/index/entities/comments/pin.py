"""The one comment that a track's owner puts on top (domain: chain and entities, 5.5.5)."""

from collections.abc import Iterator

from backbeat.index.entities.comments.body import body_wants, number
from backbeat.index.entities.comments.comment import wants as comment_wants
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.comments import TRACK, CommentRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Pin and Unpin read."""
    yield from comment_wants(tx)
    yield from body_wants(tx)


@handles("Comment", "Pin", wants=wants)
def pin(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Put a comment on top of one's track, in place of any other."""
    track = _track(tx, state)
    if track.pinned_comment_id == tx.entity_id:
        raise Reject(Code.DUPLICATE, "entity_id")
    yield track.but(pinned_comment_id=tx.entity_id, updated_at=tx.block_time, **stamp(tx))


@handles("Comment", "Unpin", wants=wants)
def unpin(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Take the comment from the top."""
    track = _track(tx, state)
    if track.pinned_comment_id != tx.entity_id:
        raise Reject(Code.NO_ACTIVE_RECORD, "entity_id")
    yield track.but(pinned_comment_id=None, updated_at=tx.block_time, **stamp(tx))


def _track(tx: EntityTransaction, state: State) -> TrackRow:
    """Return the track that the payload names, which is the user's and the comment's."""
    check_ids(tx)
    track_id = number(payload_of(tx), "entity_id")
    if track_id is None:
        raise Reject(Code.METADATA_INVALID, "entity_id")
    authorize(tx, state)
    comment = state.get(CommentRow, tx.entity_id)
    track = state.get(TrackRow, track_id)
    if comment is None or track is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if track.owner_id != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    if (comment.entity_type, comment.entity_id) != (TRACK, track_id):
        raise Reject(Code.PARENT_MISMATCH, "entity_id")
    return track
