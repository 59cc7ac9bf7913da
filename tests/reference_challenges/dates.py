"""Since when a row has said what judgements read of it."""

from collections.abc import Callable
from typing import Any

from reference_challenges.tables import Tables


def _of(*names: str) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    return lambda row: tuple(repr(row[name]) for name in names)


def _given(*names: str) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    return lambda row: tuple(row[name] is None for name in names)


PICTURES = ("profile_picture", "profile_picture_sizes"), ("cover_photo", "cover_photo_sizes")
WATCHED: tuple[tuple[str, Callable[[dict[str, Any]], Any], Callable[[dict[str, Any]], Any]], ...] = (
    (
        "users",
        _of("user_id"),
        lambda row: (
            _of("is_verified", "is_deactivated", "is_available")(row),
            _given("handle_lc", "name", "bio")(row),
            [all(_given(*names)(row)) for names in PICTURES],
        ),
    ),
    (
        "tracks",
        _of("track_id"),
        lambda row: (
            _of("owner_id", "is_delete", "is_unlisted", "is_available", "pinned_comment_id")(row),
            _given("stem_of")(row),
            row["is_stream_gated"] is True,
            row["is_scheduled_release"] and row["release_date"],
        ),
    ),
    (
        "playlists",
        _of("playlist_id"),
        lambda row: (
            _of("playlist_owner_id", "is_delete", "is_private", "is_album")(row),
            bool(row["playlist_contents"].get("track_ids")),
        ),
    ),
    ("comments", _of("comment_id"), lambda row: (row["is_delete"] is not False, row["is_visible"] is True)),
    (
        "events",
        _of("event_id"),
        lambda row: (
            row["is_deleted"] is not False,
            isinstance(row["event_data"].get("winners"), list) and repr(row["event_data"]["winners"]),
        ),
    ),
    ("reposts", _of("user_id", "repost_item_id", "repost_type"), _of("is_delete")),
    ("saves", _of("user_id", "save_item_id", "save_type"), _of("is_delete")),
)
"""Of each table its key, and what judgements read: a row that is written again and says the same is no news."""


class Dates:
    """Remembers what each row said at the end of every block."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, Any], tuple[Any, int]] = {}

    def tell(self, tables: Tables) -> None:
        """Give each row ``since``: the first block at whose end it said what it says now."""
        for table, key, said in WATCHED:
            for row in getattr(tables, table):
                known = self._said.get((table, key(row)))
                if known is None or known[0] != said(row):
                    known = self._said[table, key(row)] = (said(row), row["blocknumber"])
                row["since"] = known[1]
