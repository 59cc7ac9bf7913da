"""The base tables as lists of dictionaries."""

from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row

Rows = list[dict[str, Any]]

NAMES = (
    "users", "tracks", "playlists", "follows", "reposts", "saves", "remixes", "comments", "events", "user_events",
    "plays", "sol_purchases", "usdc_purchases", "user_tips", "challenges", "track_trending_scores",
    "playlist_trending_scores", "playlist_tracks", "aggregate_user",
)  # fmt: skip


class Tables(msgspec.Struct):
    """Every table that challenges read; of versioned ones the current rows."""

    users: Rows
    tracks: Rows
    playlists: Rows
    follows: Rows
    reposts: Rows
    saves: Rows
    remixes: Rows
    comments: Rows
    events: Rows
    user_events: Rows
    plays: Rows
    sol_purchases: Rows
    usdc_purchases: Rows
    user_tips: Rows
    challenges: Rows
    track_trending_scores: Rows
    playlist_trending_scores: Rows
    playlist_tracks: Rows
    aggregate_user: Rows
    now: Any
    block: int

    def user(self, user_id: int) -> dict[str, Any] | None:
        return next((row for row in self.users if row["user_id"] == user_id), None)

    def track(self, track_id: int) -> dict[str, Any] | None:
        return next((row for row in self.tracks if row["track_id"] == track_id), None)

    def may_earn(self, user_id: int) -> bool:
        user = self.user(user_id)
        return user is None or not user["is_deactivated"]

    def is_verified(self, user_id: int) -> bool:
        user = self.user(user_id)
        return user is not None and bool(user["is_verified"])

    def playlist(self, playlist_id: int) -> dict[str, Any] | None:
        return next((row for row in self.playlists if row["playlist_id"] == playlist_id), None)

    def reward(self, challenge_id: str) -> dict[str, Any] | None:
        row = next((row for row in self.challenges if row["id"] == challenge_id and row["active"]), None)
        return None if row is None else {**row, "amount": int(row["amount"]) if row["amount"].isdigit() else 0}


async def load_tables(connection: AsyncConnection[Any]) -> Tables:
    """Read everything there is."""
    found: dict[str, Rows] = {}
    async with connection.cursor(row_factory=dict_row) as cursor:
        for name in NAMES:
            rows = await (await cursor.execute(f"TABLE {name}".encode())).fetchall()
            found[name] = [row for row in rows if row.get("is_current", True)]
        cursor_row = await (await cursor.execute("SELECT block_time, block_number FROM backbeat.cursor")).fetchone()
    now, block = (cursor_row["block_time"], cursor_row["block_number"]) if cursor_row else (None, 0)
    return Tables(**found, now=now, block=block)
