"""What people say about tracks and to fan clubs (domain: chain and entities, 5.5 and 7.1)."""

from datetime import datetime
from typing import Any, ClassVar

from backbeat.index.row import Index, Past, Row

TRACK, FAN_CLUB = "Track", "FanClub"  # what comments are about


def _judged_by(row: "CommentRow") -> tuple[Any, ...]:
    return (
        row.user_id,
        row.entity_type,
        row.entity_id,
        row.is_delete is not False,
        row.is_visible is True,
        row.created_at,
    )


class CommentRow(Row, frozen=True, kw_only=True):
    """A comment; ``entity_id`` is a track, or the user of a fan club when ``entity_type`` is ``FanClub``."""

    table: ClassVar[str] = "comments"
    identity: ClassVar[tuple[str, ...]] = ("comment_id",)
    past: ClassVar[Past | None] = Past(
        ("user_id", "entity_type", "entity_id", "is_delete", "is_visible", "created_at"), _judged_by
    )

    comment_id: int
    text: str
    user_id: int
    entity_id: int
    entity_type: str
    track_timestamp_s: int | None = None
    is_delete: bool | None = False
    is_visible: bool | None = True
    is_edited: bool | None = False
    is_members_only: bool | None = False
    video_url: str | None = None
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str
    blocknumber: int | None


class CommentMentionRow(Row, frozen=True, kw_only=True):
    """A user whom a comment mentions, or once did."""

    table: ClassVar[str] = "comment_mentions"
    identity: ClassVar[tuple[str, ...]] = ("comment_id", "user_id")
    indexes: ClassVar[dict[str, Index]] = {"comment": Index(("comment_id",), unless="is_delete")}

    comment_id: int
    user_id: int
    is_delete: bool | None = False
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str
    blocknumber: int | None


class CommentThreadRow(Row, frozen=True, kw_only=True):
    """A comment that answers another."""

    table: ClassVar[str] = "comment_threads"
    identity: ClassVar[tuple[str, ...]] = ("parent_comment_id", "comment_id")
    keep_first: ClassVar[bool] = True

    parent_comment_id: int
    comment_id: int


class CommentReactionRow(Row, frozen=True, kw_only=True):
    """A user likes a comment, or once did."""

    table: ClassVar[str] = "comment_reactions"
    identity: ClassVar[tuple[str, ...]] = ("comment_id", "user_id")

    comment_id: int
    user_id: int
    is_delete: bool | None = False
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str
    blocknumber: int | None


class CommentReportRow(Row, frozen=True, kw_only=True):
    """A user finds a comment unacceptable."""

    table: ClassVar[str] = "comment_reports"
    identity: ClassVar[tuple[str, ...]] = ("comment_id", "user_id")

    comment_id: int
    user_id: int
    is_delete: bool | None = False
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str
    blocknumber: int | None
