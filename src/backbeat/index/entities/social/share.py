"""Sharing tracks and playlists (domain: chain and entities, 5.4.5)."""

from collections.abc import Iterator

from backbeat.index.entities.social.item import item_wants, kind_of, owner_id
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.social import ShareRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import ANY_TYPE, handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Share reads."""
    yield signer_wants(tx)
    yield from item_wants(tx)


@handles(ANY_TYPE, "Share", wants=wants)
def share(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Note that a track or playlist of another user was passed on, as often as it is."""
    check_ids(tx)
    authorize(tx, state)
    kind = kind_of(tx, state)
    owner = owner_id(kind, tx.entity_id, state)
    if owner is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if owner == tx.user_id:
        raise Reject(Code.OWN_CONTENT, "entity_id")
    yield ShareRow(
        user_id=tx.user_id, share_item_id=tx.entity_id, share_type=kind, created_at=tx.block_time, **stamp(tx)
    )
