"""What users have seen (domain: chain and entities, 5.12)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import record_id
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.notices import NotificationSeenRow, PlaylistSeenRow
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what View reads."""
    yield signer_wants(tx)


def wants_of_playlist(tx: EntityTransaction) -> Iterator[Key]:
    """Name what ViewPlaylist reads."""
    yield signer_wants(tx)
    yield one(PlaylistRow, tx.entity_id)
    yield every(PlaylistSeenRow, "last", tx.user_id, tx.entity_id)


@handles("Notification", "View", wants=wants)
def view(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Note when a user looked at the notifications; the entity id says nothing."""
    record_id(tx.user_id, "user_id")
    authorize(tx, state)
    yield NotificationSeenRow(user_id=tx.user_id, seen_at=tx.block_time, **stamp(tx))


@handles("Notification", "ViewPlaylist", wants=wants_of_playlist)
def view_playlist(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Note when a user looked at a playlist, deleted as it may be; earlier looks are then no longer the last."""
    check_ids(tx)
    authorize(tx, state)
    if state.get(PlaylistRow, tx.entity_id) is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    last = state.many(PlaylistSeenRow, "last", tx.user_id, tx.entity_id)
    if any(row.seen_at == tx.block_time for row in last):
        return
    for row in last:
        yield row.but(is_current=False)
    yield PlaylistSeenRow(user_id=tx.user_id, playlist_id=tx.entity_id, seen_at=tx.block_time, **stamp(tx))
