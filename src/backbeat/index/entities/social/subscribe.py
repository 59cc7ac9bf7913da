"""Subscribing to what a user or an event has to tell (domain: chain and entities, 5.4.4)."""

from collections.abc import Iterator

from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.social import SubscriptionRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import ANY_TYPE, handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

USER, EVENT = "User", "Event"


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Subscribe and Unsubscribe read."""
    yield signer_wants(tx)
    if tx.entity_type in {USER, EVENT}:
        yield one(EventRow if tx.entity_type == EVENT else UserRow, tx.entity_id)
        yield one(SubscriptionRow, tx.user_id, tx.entity_id, tx.entity_type)


@handles(ANY_TYPE, "Subscribe", wants=wants)
def subscribe(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Subscribe to a user or an event, without following anybody."""
    _check(tx)
    if tx.entity_type == USER and tx.user_id == tx.entity_id:
        raise Reject(Code.SELF_TARGET, "entity_id")
    authorize(tx, state)
    _check_target(tx, state)
    if _is_subscribed(tx, state):
        raise Reject(Code.DUPLICATE, "entity_id")
    yield subscription(tx, is_delete=tx.is_migrated and carried_flag(tx.metadata or {}, "is_delete"))


@handles(ANY_TYPE, "Unsubscribe", wants=wants)
def unsubscribe(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Take back a subscription, however it came about; a follow stays."""
    _check(tx)
    authorize(tx, state)
    if not _is_subscribed(tx, state):
        raise Reject(Code.NO_ACTIVE_RECORD, "entity_id")
    yield subscription(tx, is_delete=True)


def subscription(tx: EntityTransaction, *, is_delete: bool) -> SubscriptionRow:
    """Return the row of the user's subscription to what the transaction is about."""
    return SubscriptionRow(
        subscriber_id=tx.user_id,
        user_id=tx.entity_id,
        entity_type=tx.entity_type,
        entity_id=tx.entity_id,
        is_delete=is_delete,
        created_at=tx.block_time,
        **stamp(tx),
    )


def _check(tx: EntityTransaction) -> None:
    check_ids(tx)
    if tx.entity_type not in {USER, EVENT}:
        raise Reject(Code.WRONG_TYPE, "entity_type")


def _check_target(tx: EntityTransaction, state: State) -> None:
    """Reject what is not there; a deactivated user is, and an event that was called off is not."""
    target = state.get(EventRow if tx.entity_type == EVENT else UserRow, tx.entity_id)
    if target is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if isinstance(target, EventRow) and target.is_deleted and not tx.is_migrated:
        raise Reject(Code.DELETED, "entity_id")


def _is_subscribed(tx: EntityTransaction, state: State) -> bool:
    stored = state.get(SubscriptionRow, tx.user_id, tx.entity_id, tx.entity_type)
    return stored is not None and not stored.is_delete
