"""Events of tracks and users, such as remix contests (domain: chain and entities, 5.6 and 7.1)."""

from datetime import datetime
from typing import ClassVar

from backbeat.index.row import Index, Json, Row


class EventRow(Row, frozen=True, kw_only=True):
    """An event; ``entity_id`` is a track when ``entity_type`` is ``track``."""

    table: ClassVar[str] = "events"
    identity: ClassVar[tuple[str, ...]] = ("event_id",)
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
