"""When a track or playlist comes out (domain: chain and entities, 5.2.3, 5.2.11 and 5.3.3).

``hidden`` names the column and key that keeps it from the public: ``is_unlisted`` or ``is_private``.
"""

from typing import Any

from backbeat.index.payload.dates import parse_release_date
from backbeat.index.payload.metadata import Payload, text
from backbeat.index.wire.transaction import EntityTransaction


def release_on_create(tx: EntityTransaction, payload: Payload, hidden: str) -> dict[str, Any]:
    """Return the release columns of something new: a scheduled release stays hidden until its date."""
    date = parse_release_date(text(payload, "release_date"))
    changes: dict[str, Any] = {"release_date": date or tx.block_time}
    if date and payload.get("is_scheduled_release") is True:
        changes[hidden] = date >= tx.block_time
    return changes


def release_on_update(tx: EntityTransaction, payload: Payload, hidden: str, *, was_hidden: bool) -> dict[str, Any]:
    """Return the release columns that change: publishing releases at once, and what is out cannot be postponed."""
    if was_hidden and payload.get(hidden) is False:
        return {"is_scheduled_release": False, "release_date": tx.block_time}
    date = parse_release_date(text(payload, "release_date"))
    if date and (was_hidden or date <= tx.block_time):
        return {"release_date": date}
    return {}
