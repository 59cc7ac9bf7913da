"""What one user does towards another, a track or a playlist (domain: chain and entities, 5.4, 7.1 and 7.2).

One row per identity carries the latest transaction, and ``is_delete`` once it is undone. A share cannot be undone.
"""

from datetime import datetime
from typing import Any, ClassVar

from backbeat.index.row import Past, Row


def _while_it_stood(row: Any) -> tuple[Any, ...] | None:
    return None if row.is_delete else (row.created_at,)


STOOD = Past(("created_at",), _while_it_stood)


class FollowRow(Row, frozen=True, kw_only=True):
    """A user follows a user."""

    table: ClassVar[str] = "follows"
    identity: ClassVar[tuple[str, ...]] = ("follower_user_id", "followee_user_id")
    versioned: ClassVar[bool] = True
    past: ClassVar[Past | None] = STOOD

    follower_user_id: int
    followee_user_id: int
    is_current: bool = True
    is_delete: bool = False
    created_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class SubscriptionRow(Row, frozen=True, kw_only=True):
    """A user wants to hear of a user or an event; ``user_id`` repeats ``entity_id``, whatever its type."""

    table: ClassVar[str] = "subscriptions"
    identity: ClassVar[tuple[str, ...]] = ("subscriber_id", "user_id", "entity_type")
    versioned: ClassVar[bool] = True

    subscriber_id: int
    user_id: int
    entity_type: str = "User"
    entity_id: int | None = None
    is_current: bool = True
    is_delete: bool = False
    created_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class SaveRow(Row, frozen=True, kw_only=True):
    """A user keeps a track or playlist."""

    table: ClassVar[str] = "saves"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "save_item_id", "save_type")
    versioned: ClassVar[bool] = True
    past: ClassVar[Past | None] = STOOD

    user_id: int
    save_item_id: int
    save_type: str
    is_current: bool = True
    is_delete: bool = False
    is_save_of_repost: bool = False
    created_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class RepostRow(Row, frozen=True, kw_only=True):
    """A user recommends a track or playlist."""

    table: ClassVar[str] = "reposts"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "repost_item_id", "repost_type")
    versioned: ClassVar[bool] = True
    past: ClassVar[Past | None] = STOOD

    user_id: int
    repost_item_id: int
    repost_type: str
    is_current: bool = True
    is_delete: bool = False
    is_repost_of_repost: bool = False
    created_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class ShareRow(Row, frozen=True, kw_only=True):
    """A user passed a track or playlist on; an act without an end, so every time is a row."""

    table: ClassVar[str] = "shares"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "share_item_id", "share_type", "txhash")
    keep_first: ClassVar[bool] = True

    user_id: int
    share_item_id: int
    share_type: str
    created_at: datetime
    txhash: str
    blockhash: str | None = None
    blocknumber: int | None = None


class MutedUserRow(Row, frozen=True, kw_only=True):
    """A user does not want to hear of a user, or once did not."""

    table: ClassVar[str] = "muted_users"
    identity: ClassVar[tuple[str, ...]] = ("muted_user_id", "user_id")

    muted_user_id: int
    user_id: int
    is_delete: bool | None = False
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str
    blocknumber: int | None
