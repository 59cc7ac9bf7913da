"""Remix contests of tracks: which are open (domain: chain and entities, 5.2.10 and 5.6.1)."""

from datetime import datetime

from backbeat.index.rows.events import EventRow
from backbeat.index.state import Key
from backbeat.index.wire.wanted import every

REMIX_CONTEST = "remix_contest"
TRACK = "track"


def contest_wants(track_id: int) -> Key:
    """Name the contests on a track."""
    return every(EventRow, "open", track_id, REMIX_CONTEST)


def is_open_contest(event: EventRow, now: datetime) -> bool:
    """Tell whether the event is a remix contest that was neither called off nor is over."""
    return (
        event.event_type == REMIX_CONTEST and not event.is_deleted and (event.end_date is None or event.end_date > now)
    )
