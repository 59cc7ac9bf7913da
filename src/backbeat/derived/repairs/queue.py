"""Which tracks wait for an answer of content nodes, and when each is asked about next.

The rows follow from ``tracks``: a track that comes to lack something is in the queue with the next run, and one that
lacks it no more is out of it. What is beyond that, how often a track was asked about in vain and when it is its turn
again, stands on them. Rows read per track that changed: the track and its row.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection

from backbeat.db.query import every, one
from backbeat.db.sql import load
from backbeat.derived.repairs.nodes import NAME_CHARACTERS_MAX
from backbeat.incremental.change_feed import EditFeed
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.keys import EDITED_IDS, by_block
from backbeat.incremental.merge import Target

DUE = load(__package__, "due.sql")
SETTLE = load(__package__, "settle.sql")

ROWS_MAX = 5_000
HOUR_SECONDS = 3_600.0
PAUSE_HOURS_MAX = 24  # domain: derived state, 4.13


class Waiting(NamedTuple):
    """A track whose turn it is, and how often it was asked about in vain.

    Names too long to be asked for are cut, and still too long.
    """

    track_id: int
    subject: UUID
    attempts: int
    upload_id: str | None
    cid: str | None


class Held(NamedTuple):
    """A track after what nodes told was written to it, if that was anything."""

    track_id: int
    is_lacking: bool
    is_written: bool


class Settled(NamedTuple):
    """How many tracks wait no more, and how many wait longer."""

    settled: int
    postponed: int


def queue(name: str, repair: LiteralString, lacking: LiteralString) -> Derivation:
    """Return the derivation of the rows of one repair, which ``lacking`` answers for tracks."""
    return Derivation(
        name,
        dirty=(
            Dirty(BlockFeed(f"repairs:{repair}", "tracks", Stamp.BLOCK, ROWS_MAX), by_block("tracks", "track_id")),
            Dirty(EditFeed(f"repairs:{repair}:edits", "edits", ROWS_MAX, ("track",)), EDITED_IDS),
        ),
        query=lacking,
        target=Target(
            table=("backbeat", "track_repairs"),
            key=("repair", "track_id", "subject"),
            values=("created_at",),
            scope="track_id",
            within=("repair", (repair,)),
        ),
    )


def pause_seconds(attempts: int) -> float:
    """Return how long a track waits after another attempt in vain: 1, 2, 4, 8, 16 hours, then 24."""
    return HOUR_SECONDS * min(1 << min(attempts, PAUSE_HOURS_MAX), PAUSE_HOURS_MAX)


async def due(
    connection: AsyncConnection[Any], repair: str, now: datetime | None, tracks_max: int
) -> Sequence[Waiting]:
    """Return tracks whose turn it is, in the order in which they are asked about; ``now`` None: the database's time."""
    values = {
        "repair": repair,
        "now": now,
        "tracks_max": tracks_max,
        "characters_max": NAME_CHARACTERS_MAX + 1,
        "pause_seconds_max": HOUR_SECONDS * PAUSE_HOURS_MAX,
    }
    return await every(connection, Waiting, DUE, values)


async def settle(
    connection: AsyncConnection[Any], repair: str, now: datetime | None, asked: Sequence[tuple[Waiting, bool]]
) -> Settled:
    """Let tracks that lack nothing more wait no more, and the others longer; each comes with whether it lacks."""
    values = {
        "repair": repair,
        "now": now,
        "track_ids": [track.track_id for track, _ in asked],
        "subjects": [track.subject for track, _ in asked],
        "attempts": [track.attempts for track, _ in asked],
        "are_lacking": [is_lacking for _, is_lacking in asked],
        "pauses_seconds": [pause_seconds(track.attempts) for track, _ in asked],
    }
    return await one(connection, Settled, SETTLE, values)
