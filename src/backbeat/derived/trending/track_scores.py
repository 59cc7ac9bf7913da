"""Tracks' scores, computed for some tracks and written where they differ."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.db.query import one
from backbeat.db.sql import compose, load
from backbeat.derived.trending import track_counts
from backbeat.derived.trending.leaderboard import RANKS_MAX, List
from backbeat.errors import WrittenMeanwhileError
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.transaction import by_key

TEMPLATE = load(__package__, "track_scores.sql")
QUERY = TEMPLATE.replace("{counts}", "backbeat.trending_track_counts")
APPLY = compose(__package__, "track_scores_apply.sql", query=SQL("({})").format(SQL(QUERY)))

CHUNK_TRACKS = 10_000  # computed by one statement: its 60,000 rows fit into work_mem

TARGET = Target(
    table="track_trending_scores",
    key=("track_id", "type", "version", "time_range"),
    values=("genre", "score"),
    stamps=("created_at",),
    scope="track_id",
    within=("type", ("TRACKS", "UNDERGROUND_TRACKS")),
)
SCORES = Merge(QUERY, TARGET)
FRESH = Merge(TEMPLATE.replace("{counts}", f"({track_counts.FRESH})"), TARGET)
"""From the base tables alone, past everything that was kept."""


class ScoresWritten(NamedTuple):
    """Of how many tracks how many rows were computed, what that changed, and the lists that this may show in."""

    tracks: int = 0
    """Tracks scored."""
    computed: int = 0
    """Rows computed."""
    inserted: int = 0
    """Rows."""
    updated: int = 0
    """Rows."""
    deleted: int = 0
    """Rows."""
    touched: frozenset[List] = frozenset()
    """The lists that this may show in."""

    def and_then(self, later: "ScoresWritten") -> "ScoresWritten":
        """Return both as one."""
        return ScoresWritten(
            tracks=self.tracks + later.tracks,
            computed=self.computed + later.computed,
            inserted=self.inserted + later.inserted,
            updated=self.updated + later.updated,
            deleted=self.deleted + later.deleted,
            touched=self.touched | later.touched,
        )


class _Applied(NamedTuple):
    computed: int
    """Rows computed."""
    differing: int
    """Rows that differ from what is kept."""
    inserted: int
    """Rows."""
    updated: int
    """Rows."""
    deleted: int
    """Rows."""
    touched: list[list[str]]
    """The lists that this may show in."""


async def write(
    connection: AsyncConnection[Any],
    tracks: Collection[int],
    *,
    now: datetime,
    reviewed: Sequence[int] = (),
    underground: bool = False,
) -> ScoresWritten:
    """Bring the scores of ``tracks`` to what they are at ``now`` (UTC).

    ``reviewed`` are tracks that may enter or leave the underground with the scores that they have. With ``underground``
    the rows of the type UNDERGROUND_TRACKS are kept too. Raises WrittenMeanwhileError if another session does, too.
    """
    values = {"now": now, "reviewed": list(reviewed), "underground": underground, "ranks_max": RANKS_MAX}
    ordered = sorted(tracks)
    total = ScoresWritten()
    for first in range(0, len(ordered), CHUNK_TRACKS):
        chunk = ordered[first : first + CHUNK_TRACKS]
        total = total.and_then(await _write_chunk(connection, chunk, values))
    return total


async def _write_chunk(connection: AsyncConnection[Any], chunk: list[int], values: Mapping[str, Any]) -> ScoresWritten:
    async with by_key(connection):
        found = await one(connection, _Applied, APPLY, {**values, "keys": chunk}, prepare=False)
    if found.inserted + found.updated + found.deleted != found.differing:
        raise WrittenMeanwhileError(
            "scores_written_meanwhile",
            "Another session wrote scores of tracks while a run compared them",
            cure="Nothing was changed, and the next run tries again. If it comes back, see that all processes have the "
            "same jobs.trending_mode.",
        )
    return ScoresWritten(
        tracks=len(chunk),
        computed=found.computed,
        inserted=found.inserted,
        updated=found.updated,
        deleted=found.deleted,
        touched=frozenset(List(*names) for names in found.touched),
    )
