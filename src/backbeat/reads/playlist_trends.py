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


class PlaylistTerms(msgspec.Struct, frozen=True):
    """A score and what it is made of: decay times base times factor, or 0 if the owner has too few followers.

    ``reposts`` and ``saves`` are those of the window; ``base`` is their weighted sum with all reposts and saves ever,
    and one for the listens. ``karma``: the followers of whoever engaged in the window; ``factor`` is that, or 1 where
    it is None, because nobody with a complete profile did.
    """

    time_range: str
    reposts: int
    saves: int
    all_reposts: int
    all_saves: int
    base: float
    days: int
    decay: float
    owner_followers: int | None
    karma: int | None
    factor: float
    score: float | None
    changed_at: datetime | None


async def top(
    connection: AsyncConnection[Any], *, time_range: str, albums: bool = False, limit: int = 30
) -> list[RankedPlaylist]:
    """Return the best playlists, or albums, of a range (week, month or year), read anew with what they hold now."""
    values = {"time_range": time_range, "albums": albums, "limit": limit}
    return await every(connection, RankedPlaylist, TOP, values)


async def terms(connection: AsyncConnection[Any], playlist_id: int) -> list[PlaylistTerms]:
    """Return the scores of a playlist or album with their terms; nothing if it cannot have any, or before a run."""
    return await every(connection, PlaylistTerms, TERMS, {"playlist_id": playlist_id, "clocks": CLOCKS})
