"""Which playlists or albums trend, for people, with rank movement."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load

TOP = load(__package__, "playlist_reading.sql")


class RankedPlaylist(msgspec.Struct, frozen=True):
    """An entry of a list. ``since``: when it came to this rank, None where the leaderboard does not reach.

    ``previous_rank``: before that, None if it was not listed.
    """

    rank: int
    playlist_id: int
    name: str | None
    owner: str
    score: float
    previous_rank: int | None
    since: datetime | None


async def top(
    connection: AsyncConnection[Any], *, time_range: str, albums: bool = False, limit: int = 30
) -> list[RankedPlaylist]:
    """Return the best playlists, or albums, of a range (week, month or year), read anew with what they hold now."""
    values = {"time_range": time_range, "albums": albums, "limit": limit}
    async with connection.cursor(row_factory=class_row(RankedPlaylist)) as cursor:
        return await (await cursor.execute(TOP, values)).fetchall()
