"""Makes tracks and albums public once their release date is past (domain: derived state, 4.5).

A release is due when its date is before the time of the newest indexed block, and past by the clock as well: an owner
may have put it off, or deleted the track, in a block that is yet to come. What waits is the partial indexes, and a row
that came out leaves them. So there is no position to keep, and the first entries tell a glance whether anything is due.
Rows read per release: its index entry, the row, what is told of it, the counts of its owner.

A release is an edit, by another writer than the block loop, between two blocks: the feeds of edits, the change log and
the triggers that count hear of it, and ``backbeat.note_releases`` keeps the acts that subscribers hear of.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.clock import Clock, SystemClock, without_zone
from backbeat.db.between_blocks import go_between_blocks
from backbeat.db.query import first, value
from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.sight import Kind, Sight, bound, moved
from backbeat.incremental.transaction import Session, fenced

DUE = load(__package__, "due.sql")
MOVED = load(__package__, "due_moved.sql")
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


class Waiting(msgspec.Struct, frozen=True):
    """What is due by a ``clock``: the indexes of what waits tell, and no position is kept."""

    clock: Clock

    async def is_due(self, connection: AsyncConnection[Any]) -> bool:
        """Say whether anything is due."""
        return bool(await value(connection, DUE, {"now": without_zone(self.clock.now())}))

    def sight(self) -> Sight:
        """Return how a glance asks whether anything is due."""
        now = SQL("({now} AT TIME ZONE 'UTC')")
        return Sight(Kind.ENTRIES, ScheduledReleases.name, moved(MOVED, bound(DUE, {"now": now})), clock=self._tell)

    async def _tell(self, _connection: AsyncConnection[Any]) -> datetime:
        return self.clock.now()


class ScheduledReleases:
    """The job. ``clock`` bounds what the chain says of the time."""

    name = "scheduled_releases"

    def __init__(self, clock: Clock | None = None, rows_max: int = ROWS_MAX) -> None:
        self._clock = clock or SystemClock()
        self._waiting = Waiting(self._clock)
        self._rows_max = rows_max

    @property
    def feeds(self) -> tuple[Waiting]:
        """Return what a run looks at."""
        return (self._waiting,)

    async def incremental(self, session: Session) -> RunReport:
        """Release what is due, the longest overdue first."""
        if not await self._waiting.is_due(session.connection):
            return RunReport(name=self.name)
        values = {"now": without_zone(self._clock.now()), "rows_max": self._rows_max}
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
