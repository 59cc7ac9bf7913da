"""Muting a user, of whom one does not want to hear (domain: chain and entities, 5.1.5).

Clients write the pair as ``User``; the network's Go indexer knows it as ``MutedUser``.
"""

from collections.abc import Iterator

from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.social import MutedUserRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Mute and Unmute read."""
    yield signer_wants(tx)
    yield one(UserRow, tx.entity_id)
    yield one(MutedUserRow, tx.entity_id, tx.user_id)


@handles("User", "Mute", wants=wants)
@handles("MutedUser", "Mute", wants=wants)
def mute(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Mute a user, again if need be."""
    check_ids(tx)
    if tx.user_id == tx.entity_id:
        raise Reject(Code.SELF_TARGET, "entity_id")
    authorize(tx, state)
    if state.get(UserRow, tx.entity_id) is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    stored = state.get(MutedUserRow, tx.entity_id, tx.user_id)
    if stored is not None and not stored.is_delete:
        raise Reject(Code.DUPLICATE, "entity_id")
    yield MutedUserRow(
        muted_user_id=tx.entity_id,
        user_id=tx.user_id,
        created_at=stored.created_at if stored else tx.block_time,
        updated_at=tx.block_time,
        **stamp(tx),
    )


@handles("User", "Unmute", wants=wants)
@handles("MutedUser", "Unmute", wants=wants)
def unmute(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Hear of a user again."""
    check_ids(tx)
    authorize(tx, state)
    stored = state.get(MutedUserRow, tx.entity_id, tx.user_id)
    if stored is None or stored.is_delete:
        raise Reject(Code.NO_ACTIVE_RECORD, "entity_id")
    yield stored.but(is_delete=True, updated_at=tx.block_time, **stamp(tx))
