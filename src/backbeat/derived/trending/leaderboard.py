"""The lists that people read, kept by the run that moved the scores: the best, and the underground of small artists.

One list for each version, range and genre, and one over all genres; only the lists that a moved score can show in are
listed anew. Nothing in an entry is a score, so an entry is written only when somebody's rank changes.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import args_row

from backbeat.db.sql import load
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.report import Compared

REFRESH = load(__package__, "leaderboard_refresh.sql")
LISTS = load(__package__, "leaderboard_lists.sql")

RANKS_MAX = 100  # what a page shows without asking for more (domain: derived state 2.6)

LEADERS = Merge(
    load(__package__, "leaderboard.sql"),
    Target(
        table=("backbeat", "trending_leaders"),
        key=("kind", "list", "version", "time_range", "genre", "rank"),
        values=("id",),
        within=("kind", ("TRACKS",)),
    ),
)


class List(NamedTuple):
    """One list. ``name``: top or underground; the ``genre`` '' stands for all."""

    name: str
    version: str
    time_range: str
    genre: str


async def refresh(connection: AsyncConnection[Any], lists: Collection[List], now: datetime) -> None:
    """Bring some lists to what the scores say, in the transaction that changed them."""
    if not lists:
        return
    names, versions, time_ranges, genres = zip(*sorted(lists), strict=True)
    values = {
        "lists": list(names),
        "versions": list(versions),
        "time_ranges": list(time_ranges),
        "genres": list(genres),
        "ranks_max": RANKS_MAX,
        "now": now,
    }
    await connection.execute(REFRESH, values, prepare=False)


async def every(connection: AsyncConnection[Any]) -> list[List]:
    """Return all lists that there are or should be."""
    async with connection.cursor(row_factory=args_row(List)) as cursor:
        return await (await cursor.execute(LISTS)).fetchall()


async def audit(connection: AsyncConnection[Any]) -> Compared:
    """Compare every list with the scores as they stand."""
    return await LEADERS.audit(connection, [], {"ranks_max": RANKS_MAX})
