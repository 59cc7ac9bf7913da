"""Events of tracks and users, such as remix contests (domain: chain and entities, 5.6 and 7.1)."""

from datetime import datetime
from typing import Any, ClassVar

from backbeat.index.row import Index, Json, Past, Row


def _judged_by(row: "EventRow") -> tuple[Any, ...]:
    winners = row.event_data.get("winners") if isinstance(row.event_data, dict) else None
    return (
        row.user_id,
        row.event_type,
        row.is_deleted is not False,
        winners if isinstance(winners, list) else None,
    )


class EventRow(Row, frozen=True, kw_only=True):
    """An event; ``entity_id`` is a track when ``entity_type`` is ``track``."""

    table: ClassVar[str] = "events"
    identity: ClassVar[tuple[str, ...]] = ("event_id",)
    past: ClassVar[Past | None] = Past(("user_id", "event_type", "is_deleted", "winners"), _judged_by)
    # of one type about one thing: three contests at most are open, one about each type of thing
    indexes: ClassVar[dict[str, Index]] = {
        "open": Index(("entity_id", "event_type"), unless="is_deleted", newest="end_date", at_most=10)
    }

    event_id: int
    event_type: str
    user_id: int
    entity_type: str | None = None
    entity_id: int | None = None
    end_date: datetime | None = None
    is_deleted: bool | None = False
    event_data: Json = None
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str
    blocknumber: int | None
