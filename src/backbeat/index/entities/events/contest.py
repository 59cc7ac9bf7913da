"""Users who enter a remix contest are subscribed to it (domain: chain and entities, 5.2.10)."""

from collections.abc import Iterator

from backbeat.index.content.contests import REMIX_CONTEST, TRACK, is_open_contest
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.social import SubscriptionRow
from backbeat.index.state import Key, State
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one

HASH_CHARACTERS_MAX = 200


def subscription_wants(tx: EntityTransaction, parent_id: int, state: State) -> list[Key]:
    """Name what :func:`subscribe_to_contest` reads besides the contests."""
    return [one(SubscriptionRow, tx.user_id, contest.event_id, "Event") for contest in _entered(tx, parent_id, state)]


def subscribe_to_contest(tx: EntityTransaction, parent_id: int, state: State) -> Iterator[SubscriptionRow]:
    """Subscribe the owner of a new remix to the open contests on its parent, unless it ever was or is the host."""
    state.need(subscription_wants(tx, parent_id, state))
    for contest in _entered(tx, parent_id, state):
        if state.get(SubscriptionRow, tx.user_id, contest.event_id, "Event") is None:
            yield SubscriptionRow(
                subscriber_id=tx.user_id,
                user_id=contest.event_id,
                entity_type="Event",
                entity_id=contest.event_id,
                created_at=tx.block_time,
                # a hash of its own: the key of the table has room for one subscription of an id per transaction
                **stamp(tx) | {"txhash": f"auto_e{contest.event_id}_{tx.tx_hash}"[:HASH_CHARACTERS_MAX]},
            )


def _entered(tx: EntityTransaction, parent_id: int, state: State) -> list[EventRow]:
    """Return the contests that a remix of the track enters."""
    return [
        event
        for event in state.many(EventRow, "open", parent_id, REMIX_CONTEST)
        if event.entity_type == TRACK and event.user_id != tx.user_id and is_open_contest(event, tx.block_time)
    ]
