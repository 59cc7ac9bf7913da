"""Deletes plays that are older than so many days, oldest first, 50,000 in a run (domain: derived state, 4.2).

What was counted stays, and can be computed again: the statement that deletes plays sums them up
(``db/schema/triggers/keep_pruned_plays.sql``, decision 0040). Rows read per play: the play, when it is picked and when
it is deleted, and the sums of its hour and of its listener and track. A tick with nothing to do is one look at the
oldest.

Once an hour it also looks whether plays went that no sum tells of.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.clock import without_zone
from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.incremental.due import Now
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, by_key, fenced

PICK = load(__package__, "prune_pick.sql")
MARK = load(__package__, "prune_mark.sql")
DELETE = load(__package__, "prune_delete.sql")
NOTE_LOST = load(__package__, "prune_note_lost.sql")

NAME = "plays.prune"
ROWS_MAX = 50_000  # the network's own limit: a second or two
DAY_SECONDS = 86_400.0
DAYS_MIN = 62.0  # trending counts 31 days, and a play may arrive 30 days late: backbeat.chain.play_times


class Reader(NamedTuple):
    """A job that reads every play once, in order of id."""

    job: str
    """The job."""
    checkpoint: str
    """Up to where it has read."""
    rewards: tuple[str, ...] = ()
    """Challenges that it is for: while none of them is active it reads no more than what came while one was."""


READERS = (
    Reader("hourly_play_counts", "hourly_play_counts"),
    Reader("user_listening_history", "user_listening_history"),
    Reader("challenges.listen_streak", "challenges:e:last_play_id", ("e",)),
    Reader("challenges.play_count_milestones", "challenges:play_count_milestones:last_play_id", ("p1", "p2", "p3")),
    Reader("trending.tracks", "trending.tracks"),
    Reader("scores.users", "user_score_plays"),
)
"""All there are. A play is deleted when those that run have read it."""


class Picked(NamedTuple):
    """What a run finds to do."""

    ids: list[int]
    is_look_due: bool


class Pruning(msgspec.Struct, frozen=True):
    """How long plays are kept."""

    days: float
    """So many days; 0: for ever."""

    readers: Sequence[Reader] = READERS
    """Who must have read a play before it goes."""

    rows_max: int = ROWS_MAX
    """At most so many go in a run."""

    clock: Now | None = None
    """Tells the time; None: the database's clock."""

    async def run(self, session: Session) -> RunReport:
        """Delete the oldest plays beyond their age that every job has read, at most 50,000; what was counted stays."""
        connection = session.connection
        picked = await one(connection, Picked, PICK, await self._values(connection))
        if picked.is_look_due:
            async with fenced(session):
                await connection.execute(NOTE_LOST)
        if not picked.ids:
            return RunReport(name=NAME)
        async with fenced(session):
            deleted = await _delete(connection, picked.ids)
        more = len(picked.ids) == self.rows_max
        return RunReport(name=NAME, rows_read=len(picked.ids), deleted=deleted, more=more)

    async def batch(self, session: Session) -> RunReport:
        """Run, and leave the rest to the next cadence: at first years of plays may be old, and nobody waits for it."""
        return msgspec.structs.replace(await self.run(session), more=False)

    async def _values(self, connection: AsyncConnection[Any]) -> dict[str, Any]:
        now = await self.clock(connection) if self.clock else None
        return {
            "now": without_zone(now) if now else None,
            "seconds": self.days * DAY_SECONDS,
            "checkpoints": [reader.checkpoint for reader in self.readers],
            "rewards": [" ".join(reader.rewards) for reader in self.readers],
            "rows_max": self.rows_max,
        }


async def _delete(connection: AsyncConnection[Any], ids: Sequence[int]) -> int:
    """Delete plays, in the caller's transaction. All that is pruned passes by here: a copy of it is taken first."""
    await connection.execute(MARK)
    async with by_key(connection):
        return (await connection.execute(DELETE, {"ids": list(ids)}, prepare=False)).rowcount
