"""Saving and reposting tracks and playlists (domain: chain and entities, 5.4.2 and 5.4.3)."""

from collections.abc import Iterator
from typing import Protocol

from backbeat.index.content.remixes import first_parent
from backbeat.index.entities.social.item import TRACK, item_wants, kind_of, likely_kinds, owner_id
from backbeat.index.payload.metadata import boolean
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.social import RepostRow, SaveRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.migration import carried_flag
from backbeat.index.wire.routing import ANY_TYPE, handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


class Favorite(Protocol):
    """Builds the row that says that the user favors the entity, or with ``is_delete`` that it no longer does."""

    def __call__(self, tx: EntityTransaction, kind: str, *, is_delete: bool) -> SaveRow | RepostRow:
        """Return the row; its stamp is that of the transaction."""
        ...


def save_row(tx: EntityTransaction, kind: str, *, is_delete: bool) -> SaveRow:
    """Return the row of a save."""
    return SaveRow(
        user_id=tx.user_id,
        save_item_id=tx.entity_id,
        save_type=kind,
        is_delete=is_delete,
        is_save_of_repost=_flag(tx, "is_save_of_repost"),
        created_at=tx.block_time,
        **stamp(tx),
    )


def repost_row(tx: EntityTransaction, kind: str, *, is_delete: bool) -> RepostRow:
    """Return the row of a repost."""
    return RepostRow(
        user_id=tx.user_id,
        repost_item_id=tx.entity_id,
        repost_type=kind,
        is_delete=is_delete,
        is_repost_of_repost=_flag(tx, "is_repost_of_repost"),
        created_at=tx.block_time,
        **stamp(tx),
    )


def wants_of_saves(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Save and Unsave read."""
    yield from _wants(tx, SaveRow)


def wants_of_reposts(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Repost and Unrepost read."""
    yield from _wants(tx, RepostRow)


def wants_then(tx: EntityTransaction, state: State) -> Iterator[Key]:
    """Name the track that is remixed by the one in question: its owner may be the user, who cosigns the remix."""
    if TRACK in likely_kinds(tx) and (track := state.get(TrackRow, tx.entity_id)):
        parent = first_parent(track)
        if parent is not None:
            yield one(TrackRow, parent)


@handles(ANY_TYPE, "Save", wants=wants_of_saves, then=wants_then)
def save(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Save a track or playlist."""
    yield _favor(tx, state, save_row)


@handles(ANY_TYPE, "Unsave", wants=wants_of_saves)
def unsave(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Take back a save."""
    yield _unfavor(tx, state, save_row)


@handles(ANY_TYPE, "Repost", wants=wants_of_reposts, then=wants_then)
def repost(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Repost a track or playlist."""
    yield _favor(tx, state, repost_row)


@handles(ANY_TYPE, "Unrepost", wants=wants_of_reposts)
def unrepost(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Take back a repost."""
    yield _unfavor(tx, state, repost_row)


def _favor(tx: EntityTransaction, state: State, favorite: Favorite) -> Change:
    check_ids(tx)
    authorize(tx, state)
    kind = kind_of(tx, state)
    owner = owner_id(kind, tx.entity_id, state)
    if owner is None:
        raise Reject(Code.NOT_FOUND, "entity_id")
    row = favorite(tx, kind, is_delete=tx.is_migrated and carried_flag(tx.metadata or {}, "is_delete"))
    if _is_active(row, state):
        raise Reject(Code.DUPLICATE, "entity_id")
    if owner == tx.user_id and not tx.is_migrated:
        raise Reject(Code.OWN_CONTENT, "entity_id")
    return row


def _unfavor(tx: EntityTransaction, state: State, favorite: Favorite) -> Change:
    check_ids(tx)
    authorize(tx, state)
    row = favorite(tx, kind_of(tx, state), is_delete=True)
    if not _is_active(row, state):
        raise Reject(Code.NO_ACTIVE_RECORD, "entity_id")
    return row


def _wants(tx: EntityTransaction, row: type[SaveRow | RepostRow]) -> Iterator[Key]:
    yield signer_wants(tx)
    yield from item_wants(tx)
    for kind in likely_kinds(tx):
        yield one(row, tx.user_id, tx.entity_id, kind)


def _is_active(row: SaveRow | RepostRow, state: State) -> bool:
    stored = state.get(type(row), *row.key())
    return stored is not None and not stored.is_delete


def _flag(tx: EntityTransaction, key: str) -> bool:
    return boolean(tx.metadata or {}, key) is True
