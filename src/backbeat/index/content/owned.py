"""Who owns a track or playlist, and may change it (domain: chain and entities, 5.2.2 and 5.3.2)."""

from typing import TypeVar

from backbeat.index.reject import Code, Reject
from backbeat.index.rows.playlists import PlaylistRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import State
from backbeat.index.wire.transaction import EntityTransaction

Item = TypeVar("Item", TrackRow, PlaylistRow)


def owned(row: type[Item], tx: EntityTransaction, state: State) -> Item:
    """Return the track or playlist if the user and the signer may change it; raises Reject."""
    stored = state.get(row, tx.entity_id)
    if stored is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    if stored.is_delete:
        raise Reject(Code.DELETED, "entity_id")
    if owner_of(stored) != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    if stored.ddex_app and stored.ddex_app.lower() != tx.signer:
        raise Reject(Code.DDEX_SIGNER, "signer")
    return stored


def owner_of(item: TrackRow | PlaylistRow) -> int:
    """Return the user who owns it, deleted or hidden as it may be."""
    return item.owner_id if isinstance(item, TrackRow) else item.playlist_owner_id
