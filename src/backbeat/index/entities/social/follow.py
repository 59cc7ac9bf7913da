"""Following a user, which subscribes to that user too (domain: chain and entities, 5.4.1)."""

from collections.abc import Iterator

from backbeat.index.entities.social.subscribe import USER, subscription
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.social import FollowRow, SubscriptionRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import ANY_TYPE, handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Follow and Unfollow read."""
    yield signer_wants(tx)
    yield one(UserRow, tx.entity_id)
    yield one(FollowRow, tx.user_id, tx.entity_id)
    yield one(SubscriptionRow, tx.user_id, tx.entity_id, USER)  # what was, so that its end or beginning is told


@handles(ANY_TYPE, "Follow", wants=wants)
def follow(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Follow and subscribe; a genesis migration carries the two apart, and those that were taken back."""
    _check(tx)
    if tx.user_id == tx.entity_id:
        raise Reject(Code.SELF_TARGET, "entity_id")
    authorize(tx, state)
    if state.get(UserRow, tx.entity_id) is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if _is_following(tx, state):
        raise Reject(Code.DUPLICATE, "entity_id")
    if tx.is_migrated:
        yield _follow(tx, is_delete=carried_flag(tx.metadata or {}, "is_delete"))
    else:
        yield from _rows(tx, is_delete=False)


@handles(ANY_TYPE, "Unfollow", wants=wants)
def unfollow(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Take back a follow and whatever subscription there is."""
    _check(tx)
    authorize(tx, state)
    if not _is_following(tx, state):
        raise Reject(Code.NO_ACTIVE_RECORD, "entity_id")
    yield from _rows(tx, is_delete=True)


def _check(tx: EntityTransaction) -> None:
    check_ids(tx)
    if tx.entity_type != USER:
        raise Reject(Code.WRONG_TYPE, "entity_type")


def _is_following(tx: EntityTransaction, state: State) -> bool:
    stored = state.get(FollowRow, tx.user_id, tx.entity_id)
    return stored is not None and not stored.is_delete


def _rows(tx: EntityTransaction, *, is_delete: bool) -> Iterator[Change]:
    yield _follow(tx, is_delete=is_delete)
    yield subscription(tx, is_delete=is_delete)


def _follow(tx: EntityTransaction, *, is_delete: bool) -> FollowRow:
    return FollowRow(
        follower_user_id=tx.user_id,
        followee_user_id=tx.entity_id,
        is_delete=is_delete,
        created_at=tx.block_time,
        **stamp(tx),
    )
