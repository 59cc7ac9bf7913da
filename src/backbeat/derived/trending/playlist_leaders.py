"""The lists of playlists and of albums that people read, kept by the run that scores them (domain: derived state 2.6).

Six lists. Each is ranked from what is in it and what changed, and only where a change can show in it. It is read by
index order from the first place on where all keys are meant, and behind an entry that left it. What a playlist holds
counts too for its being listed, so the run also takes up playlists of which a track was edited.
"""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.report import Compared

RANKS_MAX = 30  # what a page shows without asking for more (domain: derived state 2.6)

LEADERS = Merge(
    load(__package__, "playlist_leaders.sql"),
    Target(
        table=("backbeat", "trending_leaders"),
        key=("kind", "list", "version", "time_range", "genre", "rank"),
        values=("id",),
        stamps=("previous_rank", "since"),
        within=("kind", ("PLAYLISTS",)),
    ),
)


async def refresh(connection: AsyncConnection[Any], values: Mapping[str, Any]) -> None:
    """Bring the lists to what the scores say: those that ``keys`` can show in (None: all), at the ``clock``'s time."""
    await LEADERS.write(connection, values["keys"], {"clock": values["clock"], "ranks_max": RANKS_MAX})


async def audit(connection: AsyncConnection[Any], values: Mapping[str, Any]) -> Compared:
    """Compare every list with what the scores say, and with what the playlists hold."""
    return await LEADERS.audit(connection, [], {"clock": values["clock"], "ranks_max": RANKS_MAX})
