"""Liking and reporting comments (domain: chain and entities, 5.5.4 and 5.5.6)."""

from collections.abc import Iterator

from backbeat.index.entities.comments.comment import active_comment
from backbeat.index.entities.comments.comment import wants as comment_wants
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.comments import CommentReactionRow, CommentReportRow, CommentRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what React and Unreact read."""
    yield from comment_wants(tx)
    yield one(CommentReactionRow, tx.entity_id, tx.user_id)


def wants_of_report(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Report reads."""
    yield from comment_wants(tx)
    yield one(CommentReportRow, tx.entity_id, tx.user_id)


@handles("Comment", "React", wants=wants)
def react(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Like a comment, again if need be."""
    check_ids(tx)
    authorize(tx, state)
    active_comment(tx, state)
    stored = state.get(CommentReactionRow, tx.entity_id, tx.user_id)
    if stored is not None and not stored.is_delete:
        raise Reject(Code.DUPLICATE, "entity_id")
    yield CommentReactionRow(
        comment_id=tx.entity_id,
        user_id=tx.user_id,
        created_at=stored.created_at if stored else tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )


@handles("Comment", "Unreact", wants=wants)
def unreact(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Take a like back."""
    check_ids(tx)
    authorize(tx, state)
    stored = state.get(CommentReactionRow, tx.entity_id, tx.user_id)
    if stored is None or stored.is_delete:
        raise Reject(Code.NO_ACTIVE_RECORD, "entity_id")
    yield stored.but(is_delete=True, updated_at=tx.block_time, **stamp(tx))


@handles("Comment", "Report", wants=wants_of_report)
def report(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Report a comment, once and for all."""
    check_ids(tx)
    authorize(tx, state)
    if state.get(CommentRow, tx.entity_id) is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if state.get(CommentReportRow, tx.entity_id, tx.user_id) is not None:
        raise Reject(Code.DUPLICATE, "entity_id")
    yield CommentReportRow(
        comment_id=tx.entity_id,
        user_id=tx.user_id,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )
