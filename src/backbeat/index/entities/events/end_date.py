"""When an event ends (domain: chain and entities, 5.6.1 and 5.6.2)."""

from datetime import datetime

from backbeat.index.content.contests import REMIX_CONTEST
from backbeat.index.payload.dates import parse_iso_date
from backbeat.index.payload.metadata import Payload, present, text
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.events import EventRow
from backbeat.index.wire.transaction import EntityTransaction

KEY = "end_date"


def new_end_date(tx: EntityTransaction, payload: Payload, *, may_be_open: bool) -> datetime | None:
    """Return the end of a new event as naive UTC; null, where it is allowed, means that the event does not end."""
    if may_be_open and present(payload, KEY) and payload[KEY] is None:
        return None
    return _not_past(tx, _parse(text(payload, KEY)))


def next_end_date(tx: EntityTransaction, payload: Payload, stored: EventRow) -> datetime | None:
    """Return the end of an event after an edit; a contest's can only be put off."""
    sent = text(payload, KEY)
    if not sent:
        return stored.end_date
    end_date = _parse(sent)
    if stored.event_type != REMIX_CONTEST or stored.end_date is None:
        return _not_past(tx, end_date)
    if end_date < stored.end_date:
        raise Reject(Code.END_DATE_EARLIER, KEY)
    return end_date


def _parse(sent: str) -> datetime:
    end_date = parse_iso_date(sent)
    if end_date is None:
        raise Reject(Code.END_DATE_INVALID, KEY)
    return end_date


def _not_past(tx: EntityTransaction, end_date: datetime) -> datetime:
    if end_date < tx.block_time and not tx.is_migrated:
        raise Reject(Code.END_DATE_PAST, KEY)
    return end_date
