"""Users (domain: chain and entities, 5.1)."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from backbeat.index.entities.users.columns import COLUMNS, COLUMNS_ON_CREATE
from backbeat.index.entities.users.user_events import note_events, user_event_wants
from backbeat.index.payload.base58 import is_address
from backbeat.index.payload.columns import read_columns
from backbeat.index.payload.handles import CHARACTERS_MAX, check_handle
from backbeat.index.payload.ids import USER_ID_MIN
from backbeat.index.payload.metadata import Payload, integer, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.access import DeveloperAppRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.rows.users import PayoutWalletRow, UserPubkeyRow, UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, is_active_app, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

BIO_CHARACTERS_MAX = 256
NAME_CHARACTERS_MAX = 32
PAYOUT_WALLET = "spl_usdc_payout_wallet"
DEACTIVATED = "is_deactivated"


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield from _wants(tx)
    yield every(UserRow, "wallet", tx.signer)
    yield one(DeveloperAppRow, tx.signer)


def wants_of_update(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update reads."""
    yield from _wants(tx)
    picked = integer((tx.metadata or {}).get("artist_pick_track_id"))
    if picked is not None:
        yield one(TrackRow, picked)


@handles("User", "Create", wants=wants_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Make a user of the signer; without a payload it is a guest who has a wallet and nothing else yet."""
    payload = tx.metadata or {}
    record_id(tx.user_id, "user_id")
    if tx.user_id < USER_ID_MIN:
        raise Reject(Code.ID_BELOW_OFFSET, "user_id")
    _check_lengths(payload)
    handle = text(payload, "handle")
    check_handle(handle.lower())
    if state.get(UserRow, tx.user_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "user_id")
    if state.many(UserRow, "wallet", tx.signer):
        raise Reject(Code.WALLET_IN_USE, "signer")
    if is_active_app(state, tx.signer):
        raise Reject(Code.WALLET_IS_APP, "signer")
    columns = read_columns(payload, COLUMNS_ON_CREATE) | _handle_columns(handle, state)
    yield UserRow(
        user_id=tx.user_id,
        wallet=tx.signer,
        is_storage_v2=True,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **columns,
        **stamp(tx),
    )
    if tx.pubkey:
        yield UserPubkeyRow(user_id=tx.user_id, pubkey_base64=b64encode(tx.pubkey).decode())
    yield from note_events(tx, payload, state)
    yield from payout_history(tx, columns, state)


@handles("User", "Update", wants=wants_of_update)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Change what the payload names with something in it; values that stay as they are may break today's rules."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    stored = authorize(tx, state)
    _check_lengths(payload, stored)
    _check_payout_wallet(payload, stored)
    columns = read_columns(payload, COLUMNS) | _new_handle(text(payload, "handle"), stored, state)
    if not stored.is_available:  # taken down: a profile that is sent back whole says so of itself
        columns.pop(DEACTIVATED, None)
    _check_artist_pick(tx, columns, stored, state)
    yield stored.but(**columns, updated_at=tx.block_time, **stamp(tx))
    yield from note_events(tx, payload, state)
    yield from payout_history(tx, columns, state)


def _wants(tx: EntityTransaction) -> Iterator[Key]:
    yield signer_wants(tx)
    payload = tx.metadata or {}
    handle = text(payload, "handle")
    if 0 < len(handle) <= CHARACTERS_MAX:  # the handler refuses any other
        yield every(UserRow, "handle", handle.lower())
    if PAYOUT_WALLET in payload:
        yield every(PayoutWalletRow, "user", tx.user_id)
    yield from user_event_wants(tx)


def _check_lengths(payload: Payload, stored: UserRow | None = None) -> None:
    bio, name = text(payload, "bio"), text(payload, "name")
    if len(bio) > BIO_CHARACTERS_MAX and (stored is None or bio != stored.bio):
        raise Reject(Code.BIO_TOO_LONG, "bio")
    if len(name) > NAME_CHARACTERS_MAX and (stored is None or name != stored.name):
        raise Reject(Code.NAME_TOO_LONG, "name")


def _handle_columns(handle: str, state: State) -> dict[str, Any]:
    if not handle:
        return {}
    if state.many(UserRow, "handle", handle.lower()):
        raise Reject(Code.HANDLE_TAKEN, "handle")
    return {"handle": handle, "handle_lc": handle.lower()}


def _new_handle(handle: str, stored: UserRow, state: State) -> dict[str, Any]:
    if handle and handle.lower() == stored.handle_lc:
        return {"handle": handle}
    check_handle(handle.lower())
    return _handle_columns(handle, state)


def _check_payout_wallet(payload: Payload, stored: UserRow) -> None:
    wallet = text(payload, PAYOUT_WALLET)
    if wallet and wallet != stored.spl_usdc_payout_wallet and not is_address(wallet):
        raise Reject(Code.PAYOUT_WALLET_INVALID, PAYOUT_WALLET)


def _check_artist_pick(tx: EntityTransaction, columns: dict[str, Any], stored: UserRow, state: State) -> None:
    picked = columns.get("artist_pick_track_id")
    if picked is None or picked == stored.artist_pick_track_id:
        return
    track = state.get(TrackRow, picked)
    if track is None or track.is_delete or track.owner_id != tx.user_id:
        raise Reject(Code.ARTIST_PICK_INVALID, "artist_pick_track_id")


def payout_history(tx: EntityTransaction, columns: dict[str, Any], state: State) -> Iterator[PayoutWalletRow]:
    """Note a payout wallet, or its removal, unless the history already ends with that."""
    if PAYOUT_WALLET not in columns:
        return
    wallet = columns[PAYOUT_WALLET]
    history = state.many(PayoutWalletRow, "user", tx.user_id)
    newest = max(history, key=lambda row: row.block_timestamp, default=None)
    before = newest.spl_usdc_payout_wallet if newest else None
    if wallet == before or (newest and newest.block_timestamp == tx.block_time):
        return
    yield PayoutWalletRow(
        user_id=tx.user_id,
        spl_usdc_payout_wallet=wallet,
        block_timestamp=tx.block_time,
        created_at=tx.block_time,
        blocknumber=tx.block_number,
    )
