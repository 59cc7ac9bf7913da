"""Trending as the network's own indexer keeps it: everything again, once an hour (domain: derived state 2.4, 2.5).

The setting ``jobs.trending_mode = "refresh"`` runs this in the place of the incremental jobs. Two materialized views
are refreshed, concurrently where that is possible; then every score is computed, and those that differ are written,
tracks and playlists in a transaction each. All of it is as of one instant. It costs the size of the tables, however
little has changed, and gives the same rows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.clock import without_zone
from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.derived.trending import leaderboard, playlist_leaders, playlists, track_scores
from backbeat.incremental.due import Now
from backbeat.incremental.matview import refresh
from backbeat.incremental.merge import Merge
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

NAME = "trending.refresh"
VIEWS = ("aggregate_interval_plays", "trending_params")

BEGIN = load(__package__, "compatible_begin.sql")
COUNTS = load(__package__, "compatible_counts.sql")

TRACKS = Merge(track_scores.TEMPLATE.replace("{counts}", f"({COUNTS})"), track_scores.TARGET)
PLAYLISTS = Merge(load(__package__, "playlists.sql"), playlists.TRENDING_PLAYLISTS.target)


class Begun(NamedTuple):
    """As of when a run is."""

    reached_at: datetime


class Refresh(msgspec.Struct, frozen=True):
    """The job's work; ``clock`` tells as of when, the database's unless given.

    ``underground``: rows of the type UNDERGROUND_TRACKS are kept, too. The two views of an adopted database are taken
    as they are, and then have an instant of their own.
    """

    underground: bool = False
    clock: Now | None = None

    async def run(self, session: Session) -> RunReport:
        """Refresh the views and bring all scores to what they say."""
        connection = session.connection
        now = await self._begin(session)
        for view in VIEWS:
            await refresh(session, view)
        instant = without_zone(now)
        async with fenced(session, whole=True):
            tracks = await _write(connection, TRACKS, {"now": instant, "underground": self.underground})
            await leaderboard.refresh(connection, leaderboard.LISTS, instant)
        async with fenced(session, whole=True):
            values = {"now": now, "clock": now, "keys": None}
            lists = await _write(connection, PLAYLISTS, values)
            await playlist_leaders.refresh(connection, values)
        return tracks.then(lists)

    async def _begin(self, session: Session) -> datetime:
        connection = session.connection
        values = {"name": NAME, "now": await self.clock(connection) if self.clock else None}
        async with fenced(session):
            begun = await one(connection, Begun, BEGIN, values)
        return begun.reached_at


async def _write(connection: AsyncConnection[Any], merge: Merge, values: Mapping[str, Any]) -> RunReport:
    written = await merge.write(connection, None, values)
    return RunReport(
        name=NAME,
        rows_read=written.computed,
        inserted=written.inserted,
        updated=written.updated,
        deleted=written.deleted,
    )
