"""Makes tracks and albums public once their release date is past (domain: derived state, 4.5).

A release is due when its date is before the time of the newest indexed block, and past by the clock as well: an owner
may have put it off, or deleted the track, in a block that is yet to come. What waits is the partial indexes, and a row
that came out leaves them, so there is no position to keep. Rows read per release: its index entry, the row, what is
told of it, the counts of its owner.

A release is an edit, by another writer than the block loop, between two blocks: the feeds of edits, the change log and
the triggers that count hear of it, and ``backbeat.note_releases`` keeps the acts that subscribers hear of.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock, without_zone
from backbeat.db.between_blocks import go_between_blocks
from backbeat.db.query import first, value
from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

DUE = load(__package__, "due.sql")
RELEASE = load(__package__, "release.sql")
NOTE = load(__package__, "note.sql")

ROWS_MAX: Final = 100  # some 0.1 s, for which the block loop waits; the network's own limit


class Released(NamedTuple):
    """What came out."""

    found: int
    """How much was due, up to a batch."""
    track_ids: list[int]
    """Tracks that were hidden."""
    playlist_ids: list[int]
    """Albums that were private."""
    released_at: datetime
    """When they came out."""


class ScheduledReleases:
    """The job. ``clock`` bounds what the chain says of the time."""

    name = "scheduled_releases"

    def __init__(self, clock: Clock | None = None, rows_max: int = ROWS_MAX) -> None:
        self._clock = clock or SystemClock()
        self._rows_max = rows_max

    async def incremental(self, session: Session) -> RunReport:
        """Release what is due, the longest overdue first."""
        values = {"now": without_zone(self._clock.now()), "rows_max": self._rows_max}
        if not await value(session.connection, DUE, values):
            return RunReport(name=self.name)
        async with fenced(session):
            released = await _release(session.connection, values)
        if released is None:
            return RunReport(name=self.name)
        return RunReport(
            name=self.name,
            keys=released.found,
            rows_read=released.found,
            updated=len(released.track_ids) + len(released.playlist_ids),
            more=released.found == self._rows_max,
        )


async def _release(connection: AsyncConnection[Any], values: dict[str, Any]) -> Released | None:
    """Release between two blocks; the job that tells of acts is waited for first, while blocks go on."""
    await go_between_blocks(connection)
    released = await first(connection, Released, RELEASE, values)
    if released is not None and (released.track_ids or released.playlist_ids):
        await connection.execute(NOTE, released._asdict())
    return released


SCHEDULED_RELEASES = ScheduledReleases()
