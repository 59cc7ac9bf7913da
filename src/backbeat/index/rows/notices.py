"""What users are told, have seen, and want to hear of (domain: chain and entities, 5.2.12, 5.12 and 7.1)."""

from datetime import datetime
from typing import ClassVar

from backbeat.index.row import Index, Json, Row

SEEN_AT_MOST = 100
"""How many looks at a playlist stop being the last with the next one. Our own table holds one that is; a table that
the network's Go indexer wrote holds all of them."""


class NotificationRow(Row, frozen=True, kw_only=True):
    """Something that users are told; nobody in ``user_ids`` means everybody."""

    table: ClassVar[str] = "notification"
    identity: ClassVar[tuple[str, ...]] = ("group_id", "specifier")
    keep_first: ClassVar[bool] = True

    group_id: str
    specifier: str
    type: str
    timestamp: datetime
    data: Json = None
    user_ids: tuple[int, ...] | None = None
    blocknumber: int | None = None


class NotificationSeenRow(Row, frozen=True, kw_only=True):
    """A user looked at what there was to hear."""

    table: ClassVar[str] = "notification_seen"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "seen_at")
    keep_first: ClassVar[bool] = True

    user_id: int
    seen_at: datetime
    txhash: str | None = None
    blockhash: str | None = None
    blocknumber: int | None = None


class PlaylistSeenRow(Row, frozen=True, kw_only=True):
    """A user looked at a playlist; only the last look is current."""

    table: ClassVar[str] = "playlist_seen"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "playlist_id", "seen_at")
    indexes: ClassVar[dict[str, Index]] = {
        "last": Index(("user_id", "playlist_id"), only="is_current", newest="seen_at", at_most=SEEN_AT_MOST)
    }

    user_id: int
    playlist_id: int
    seen_at: datetime
    is_current: bool = True
    txhash: str | None = None
    blockhash: str | None = None
    blocknumber: int | None = None


class CommentNotificationSettingRow(Row, frozen=True, kw_only=True):
    """Whether a user hears of comments on a track (``entity_type`` ``Track``) or of answers to a comment."""

    table: ClassVar[str] = "comment_notification_settings"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "entity_id", "entity_type")

    user_id: int
    entity_id: int
    entity_type: str
    is_muted: bool | None = False
    created_at: datetime
    updated_at: datetime
