"""Comments and what is done to them (domain: chain and entities, 5.5)."""

from collections.abc import Iterator

from backbeat.index.entities.comments.body import Body, body_wants, number, parent_of, read_body, replaced_video
from backbeat.index.entities.comments.mentions import change_mentions, mention_wants, new_mentions, sent_mentions
from backbeat.index.payload.metadata import Payload, int8
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.comments import TRACK, CommentRow, CommentThreadRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what every action on a comment reads."""
    yield signer_wants(tx)
    yield one(CommentRow, tx.entity_id)


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield from wants(tx)
    yield from body_wants(tx)
    parent = parent_of(tx.metadata or {})
    if parent is not None:
        yield one(CommentRow, parent)
        yield one(CommentThreadRow, parent, tx.entity_id)


def wants_of_update(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update reads."""
    yield from wants(tx)
    yield from body_wants(tx)
    yield from mention_wants(tx)


def wants_then_of_delete(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name the track whose owner may delete what others said of it."""
    comment = state.get(CommentRow, tx.entity_id)
    if comment is not None and comment.user_id != tx.user_id and comment.entity_type == TRACK:
        yield one(TrackRow, comment.entity_id)


@handles("Comment", "Create", wants=wants_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Write a comment on a track or to a fan club, or answer one; a genesis migration carries deleted ones too."""
    check_ids(tx)
    payload = payload_of(tx)
    authorize(tx, state)
    if state.get(CommentRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    body = read_body(payload, state)
    parent = _parent(tx, payload, body, state)
    mentions = sent_mentions(payload)
    seconds = number(payload, "track_timestamp_s")
    is_delete = tx.is_migrated and carried_flag(payload, "is_delete")
    yield CommentRow(
        comment_id=tx.entity_id,
        text=body.text,
        user_id=tx.user_id,
        entity_id=body.entity_id,
        entity_type=body.entity_type,
        track_timestamp_s=None if seconds is None else int8(seconds, "track_timestamp_s"),
        is_members_only=body.is_members_only,
        video_url=body.video_url,
        is_delete=is_delete,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )
    yield from new_mentions(tx, mentions)
    if parent is not None:
        yield CommentThreadRow(parent_comment_id=parent, comment_id=tx.entity_id)


@handles("Comment", "Update", wants=wants_of_update)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Change the text of one's own comment; what it answers stays."""
    check_ids(tx)
    payload = payload_of(tx)
    authorize(tx, state)
    stored = active_comment(tx, state)
    if stored.user_id != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    body = read_body(payload, state)
    mentions = sent_mentions(payload)
    yield stored.but(
        text=body.text, is_edited=True, updated_at=tx.block_time, **replaced_video(payload, body), **stamp(tx)
    )
    yield from change_mentions(tx, mentions, state)


@handles("Comment", "Delete", wants=wants, then=wants_then_of_delete)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Delete a comment, as its author or as the owner of its track; its answers stay."""
    check_ids(tx)
    authorize(tx, state)
    stored = active_comment(tx, state)
    if stored.user_id != tx.user_id and not _owns_subject(tx, stored, state):
        raise Reject(Code.NOT_OWNER, "user_id")
    yield stored.but(is_delete=True, updated_at=tx.block_time, **stamp(tx))


def active_comment(tx: EntityTransaction, state: State) -> CommentRow:
    """Return the comment of the transaction if there is one that is not deleted."""
    stored = state.get(CommentRow, tx.entity_id)
    if stored is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if stored.is_delete:
        raise Reject(Code.DELETED, "entity_id")
    return stored


def _parent(tx: EntityTransaction, payload: Payload, body: Body, state: State) -> int | None:
    """Return what the comment answers, None if nothing; an answer stays with its parent's track or fan club."""
    parent_id = parent_of(payload)
    if parent_id is None:
        return None
    parent = state.get(CommentRow, parent_id)
    if parent is None:
        raise Reject(Code.NOT_FOUND, "parent_comment_id")
    if (parent.entity_type, parent.entity_id) != (body.entity_type, body.entity_id):
        raise Reject(Code.PARENT_MISMATCH, "parent_comment_id")
    if state.get(CommentThreadRow, parent_id, tx.entity_id) is not None:
        raise Reject(Code.DUPLICATE, "parent_comment_id")
    return parent_id


def _owns_subject(tx: EntityTransaction, comment: CommentRow, state: State) -> bool:
    if comment.entity_type != TRACK:
        return False
    track = state.get(TrackRow, comment.entity_id)
    return track is not None and track.owner_id == tx.user_id
