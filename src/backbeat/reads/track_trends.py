"""What trends and why, for people: lists with rank movement, and a score taken apart into its terms."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import column, every
from backbeat.db.sql import load
from backbeat.derived.trending import compatible, tracks
from backbeat.errors import TrendingError
from backbeat.nearest import meant

TOP = load(__package__, "track_trends_top.sql")
TERMS = load(__package__, "track_trends_terms.sql")
KEPT = TERMS.replace("{counts}", "backbeat.trending_track_counts")
REFRESHED = TERMS.replace("{counts}", f"({compatible.COUNTS})")

GENRES = load(__package__, "track_trends_genres.sql")

LIMIT_MAX = 1_000
GENRES_MAX = 200  # the network has some fifty


class Ranked(msgspec.Struct, frozen=True):
    """An entry of a list of tracks."""

    rank: int
    """Its place, from 1."""
    track_id: int
    """The track."""
    title: str | None
    """Its title."""
    artist: str
    """The owner's handle."""
    score: float
    """What it is ranked by."""
    previous_rank: int | None
    """The rank before this one; None if it was not listed."""
    since: datetime | None
    """When it came to this rank; None where the leaderboard does not reach."""


class TrackTerms(msgspec.Struct, frozen=True):
    """A score and what it is made of: decay times base times factor, or 0 if the owner has too few followers."""

    version: str
    """The formula."""
    time_range: str
    """The window."""
    plays: int
    """Plays within the window."""
    reposts: int
    """Reposts within the window."""
    saves: int
    """Saves within the window."""
    all_reposts: int
    """All reposts ever."""
    all_saves: int
    """All saves ever."""
    base: float
    """The weighted sum of the counts."""
    days: int
    """The age of the track."""
    decay: float
    """What the version makes of the age."""
    owner_followers: int | None
    """The followers of the owner; None if they were never counted."""
    followers_min: int
    """How many followers an owner needs for a score above 0."""
    karma: int
    """The followers of the users who saved or reposted it."""
    factor: float
    """What the version makes of the karma."""
    score: float | None
    """The score that is kept; None if none is."""
    changed_at: datetime | None
    """When it changed last."""


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


async def require_genre(connection: AsyncConnection[Any], genre: str) -> None:
    """Raise TrendingError for a genre that no track has that was ever scored."""
    known = await column(connection, GENRES, {"limit": GENRES_MAX})
    if genre not in known:
        raise TrendingError(
            "genre_unknown",
            f"No track with a score has the genre {genre[:100]!r}.",
            cure=f"{meant(genre, known)}There are {', '.join(known) or 'no scores yet'}.",
        )


async def terms(connection: AsyncConnection[Any], track_id: int, *, refreshed: bool = False) -> list[TrackTerms]:
    """Return a track's scores with their terms; nothing if it is hidden, deleted, a stem or unknown.

    ``refreshed``: in the compatible mode, whose counts are those of its views.
    """
    query, name = (REFRESHED, compatible.NAME) if refreshed else (KEPT, tracks.NAME)
    return await every(connection, TrackTerms, query, {"track_id": track_id, "name": name})
