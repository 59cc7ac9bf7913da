"""How a user came to the network (domain: chain and entities, 5.1.6)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import Payload, boolean, integer, record_id
from backbeat.index.rows.users import UserEventRow
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every

KEY = "events"


def user_event_wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what :func:`note_events` will read."""
    if tx.metadata and tx.metadata.get(KEY):
        yield every(UserEventRow, "user", tx.user_id)


def note_events(tx: EntityTransaction, payload: Payload, state: State) -> Iterator[UserEventRow]:
    """Add what the payload tells to what is known: once mobile always mobile, and the first referrer stays."""
    events = payload.get(KEY)
    if not isinstance(events, dict):
        return
    is_mobile, referrer = boolean(events, "is_mobile_user") is True, _referrer(tx, events)
    if not is_mobile and referrer is None:
        return
    before = next((row for row in state.many(UserEventRow, "user", tx.user_id) if row.is_current), None)
    if before is not None:
        is_mobile = is_mobile or before.is_mobile_user
        referrer = referrer if before.referrer is None else before.referrer
        if (is_mobile, referrer) == (before.is_mobile_user, before.referrer):
            return
        yield before.but(is_current=False)
    yield UserEventRow(
        id=state.fresh_id(),
        user_id=tx.user_id,
        referrer=referrer,
        is_mobile_user=is_mobile,
        blockhash=tx.block_hash,
        blocknumber=tx.block_number,
    )


def _referrer(tx: EntityTransaction, events: Payload) -> int | None:
    referrer = integer(events.get("referrer"))
    if referrer is None or referrer <= 0 or referrer == tx.user_id:
        return None
    return record_id(referrer, KEY)
