"""Users that a genesis migration carries over (domain: chain and entities, 8.4)."""

from collections.abc import Iterator

from backbeat.index.entities.users.columns import COLUMNS
from backbeat.index.entities.users.user import payout_history, wants_of_create
from backbeat.index.entities.users.user_events import note_events
from backbeat.index.payload.bounds import bounded_text
from backbeat.index.payload.columns import each, flag, read_columns
from backbeat.index.payload.metadata import record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.users import UserRow
from backbeat.index.state import State
from backbeat.index.wire.routing import migrates
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction

CARRIED = {**COLUMNS, **each("is_verified is_available", flag)}


@migrates("User", "Create", wants=wants_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Make a user as it was: ids, lengths, handles and wallets are not held to the rules for new ones."""
    payload = tx.metadata or {}
    record_id(tx.user_id, "user_id")
    if state.get(UserRow, tx.user_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "user_id")
    columns = read_columns(payload, CARRIED)
    if handle := bounded_text(text(payload, "handle"), "handle"):
        columns |= {"handle": handle, "handle_lc": handle.lower()}
    yield UserRow(
        user_id=tx.user_id,
        wallet=tx.signer,
        is_storage_v2=True,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **columns,
        **stamp(tx),
    )
    yield from note_events(tx, payload, state)
    yield from payout_history(tx, columns, state)
