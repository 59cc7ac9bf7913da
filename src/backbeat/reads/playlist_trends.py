"""Which playlists or albums trend and why, for people: lists with rank movement, and a score taken apart."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.derived.trending import compatible
from backbeat.derived.trending.playlists import NAME

TOP = load(__package__, "playlist_trends_top.sql")
TERMS = load(__package__, "playlist_trends_terms.sql")
CLOCKS = [f"{NAME}:windows", f"{NAME}:ages", compatible.NAME]  # the latest tells as of when the scores are


class RankedPlaylist(msgspec.Struct, frozen=True):
    """An entry of a list of playlists or albums."""

    rank: int
    """Its place, from 1."""
    playlist_id: int
    """The playlist or album."""
    name: str | None
    """Its name."""
    owner: str
    """The owner's handle."""
    score: float
    """What it is ranked by."""
    previous_rank: int | None
    """The rank before this one; None if it was not listed."""
    since: datetime | None
    """When it came to this rank; None where the leaderboard does not reach."""


class PlaylistTerms(msgspec.Struct, frozen=True):
    """A score and what it is made of: decay times base times factor, or 0 if the owner has too few followers."""

    time_range: str
    """The window."""
    reposts: int
    """Reposts within the window."""
    saves: int
    """Saves within the window."""
    all_reposts: int
    """All reposts ever."""
    all_saves: int
    """All saves ever."""
    base: float
    """The weighted sum of the counts, and one for the listens."""
    days: int
    """The age of the playlist."""
    decay: float
    """What the formula makes of the age."""
    owner_followers: int | None
    """The followers of the owner; None if they were never counted."""
    followers_min: int
    """How many followers an owner needs for a score above 0."""
    karma: int | None
    """The followers of the users who engaged within the window; None if none of them has a complete profile."""
    factor: float
    """The karma, or 1 where it is None."""
    score: float | None
    """The score that is kept; None if none is."""
    changed_at: datetime | None
    """When it changed last."""


async def top(
    connection: AsyncConnection[Any], *, time_range: str, albums: bool = False, limit: int = 30
) -> list[RankedPlaylist]:
    """Return the best playlists, or albums, of a range (week, month or year), read again with what they hold now."""
    values = {"time_range": time_range, "albums": albums, "limit": limit}
    return await every(connection, RankedPlaylist, TOP, values)


async def terms(connection: AsyncConnection[Any], playlist_id: int) -> list[PlaylistTerms]:
    """Return the scores of a playlist or album with their terms; nothing if it cannot have any, or before a run."""
    return await every(connection, PlaylistTerms, TERMS, {"playlist_id": playlist_id, "clocks": CLOCKS})
