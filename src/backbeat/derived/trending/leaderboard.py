"""The lists that people look at first, kept by the run that moved the scores: the best, and the underground.

Of every range, over all genres, by the formula that the network shows. Only lists that a moved score can show in are
listed again. Nothing in an entry is a score, so an entry is written only when a rank changes. Other lists, by
genre or by the other formula, are read by magnitude, which is quick enough; what they lack is where an entry came from.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.report import Compared

REFRESH = load(__package__, "leaderboard_refresh.sql")

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
    """One list. ``name``: top or underground."""

    name: str
    time_range: str


LISTS = tuple(List(name, time_range) for name in ("top", "underground") for time_range in ("week", "month", "allTime"))


async def refresh(connection: AsyncConnection[Any], lists: Collection[List], now: datetime) -> None:
    """Bring some lists to what the scores say, in the transaction that changed them."""
    if not lists:
        return
    names, time_ranges = zip(*sorted(lists), strict=True)
    values = {"lists": list(names), "time_ranges": list(time_ranges), "ranks_max": RANKS_MAX, "now": now}
    await connection.execute(REFRESH, values, prepare=False)


async def audit(connection: AsyncConnection[Any]) -> Compared:
    """Compare every list with the scores as they stand."""
    return await LEADERS.audit(connection, [], {"ranks_max": RANKS_MAX})
