"""When a track or playlist comes out (domain: chain and entities, 5.2.3, 5.2.11 and 5.3.3).

``hidden`` names the column and key that keeps it from the public: ``is_unlisted`` or ``is_private``. What is scheduled
is out from its date on, whether or not the job that makes it public has been there yet, so that the same chain gives
the same rows whenever that runs.
"""

from datetime import datetime
from typing import Any, Protocol

from backbeat.index.payload.dates import parse_release_date
from backbeat.index.payload.metadata import Payload, text
from backbeat.index.wire.transaction import EntityTransaction


class Scheduled(Protocol):
    """A track or playlist as far as its release goes."""

    @property
    def is_scheduled_release(self) -> bool:
        """Whether it comes out by itself."""

    @property
    def release_date(self) -> datetime | None:
        """When it comes out, or came out."""


def is_due(stored: Scheduled, now: datetime) -> bool:
    """Tell whether the date of a scheduled release is past."""
    return stored.is_scheduled_release and stored.release_date is not None and stored.release_date < now


def release_on_create(tx: EntityTransaction, payload: Payload, hidden: str) -> dict[str, Any]:
    """Return the release columns of something new: a scheduled release stays hidden until its date."""
    date = parse_release_date(text(payload, "release_date"))
    changes: dict[str, Any] = {"release_date": date or tx.block_time}
    if date and payload.get("is_scheduled_release") is True:
        changes[hidden] = date >= tx.block_time
    return changes


def release_on_update(tx: EntityTransaction, payload: Payload, hidden: str, *, was_hidden: bool) -> dict[str, Any]:
    """Return the release columns that change: publishing releases at once, and what is out cannot be postponed.

    What is hidden after it was out is no scheduled release any more, whatever the payload says: it would come out
    again at once.
    """
    if was_hidden and payload.get(hidden) is False:
        return {"is_scheduled_release": False, "release_date": tx.block_time}
    changes: dict[str, Any] = {}
    if not was_hidden and payload.get(hidden) is True:
        changes["is_scheduled_release"] = False
    date = parse_release_date(text(payload, "release_date"))
    if date and (was_hidden or date <= tx.block_time):
        changes["release_date"] = date
    return changes
