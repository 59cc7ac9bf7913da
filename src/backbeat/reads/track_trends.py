"""What trends and why, for people: lists with rank movement, and a score taken apart into its terms."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.derived.trending import compatible, tracks

TOP = load(__package__, "track_trends_top.sql")
TERMS = load(__package__, "track_trends_terms.sql")
KEPT = TERMS.replace("{counts}", "backbeat.trending_track_counts")
REFRESHED = TERMS.replace("{counts}", f"({compatible.COUNTS})")

LIMIT_MAX = 1_000


class Ranked(msgspec.Struct, frozen=True):
    """An entry of a list. ``since``: when it came to this rank, NULL where the leaderboard does not reach.

    ``previous_rank``: before that, NULL if it was not listed.
    """

    rank: int
    track_id: int
    title: str | None
    artist: str
    score: float
    previous_rank: int | None
    since: datetime | None


class Terms(msgspec.Struct, frozen=True):
    """A score and what it is made of: decay times base times factor, or 0 if the owner has too few followers.

    ``plays``, ``reposts`` and ``saves`` are those of the window; ``base`` is their weighted sum with all reposts and
    saves ever. ``factor`` is what the version makes of the karma. ``owner_followers``: NULL if nobody has counted them.
    """

    version: str
    time_range: str
    plays: int
    reposts: int
    saves: int
    all_reposts: int
    all_saves: int
    base: float
    days: int
    decay: float
    owner_followers: int | None
    karma: int
    factor: float
    score: float | None
    changed_at: datetime | None


async def top(
    connection: AsyncConnection[Any],
    *,
    time_range: str,
    version: str = "pnagD",
    genre: str = "",
    underground: bool = False,
    limit: int = 100,
) -> list[Ranked]:
    """Return the best tracks of a range (week, month or allTime), of all genres unless one is named."""
    values = {
        "time_range": time_range,
        "version": version,
        "genre": genre,
        "underground": underground,
        "limit": limit,
    }
    return await every(connection, Ranked, TOP, values)


async def terms(connection: AsyncConnection[Any], track_id: int, *, refreshed: bool = False) -> list[Terms]:
    """Return a track's scores with their terms; nothing if it is hidden, deleted, a stem or unknown.

    ``refreshed``: in the compatible mode, whose counts are those of its views.
    """
    query, name = (REFRESHED, compatible.NAME) if refreshed else (KEPT, tracks.NAME)
    return await every(connection, Terms, query, {"track_id": track_id, "name": name})
