"""Scores as the network keeps them (domain: derived state, 3.3): everybody, newest accounts first, again and again.

The compatible way, for comparison and for those who trust nothing else. A batch is a transaction of its own; a pass
that was cut off goes on where it was.
"""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.derived.scores import karma, score
from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.derived.scores.score import COUNTED, TARGET
from backbeat.derived.scores.users import Chain
from backbeat.incremental.change_log import drop_consumer
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Session, fenced, one_snapshot

OPEN = load(__package__, "full_pass_open.sql")
LOCK = load(__package__, "full_pass_lock.sql")
BATCH = load(__package__, "full_pass_batch.sql")
MOVE = load(__package__, "full_pass_move.sql")
CLOSE = load(__package__, "full_pass_close.sql")

USERS_MAX = 5_000  # the network's own batch


class FullPass:
    """Scores the next batch of users; a batch that is not full ends the pass."""

    name = "scores.full_pass"
    feeds = ()  # it goes through all users, whatever changed
    sweep = None
    target = TARGET

    def __init__(self, users_max: int = USERS_MAX) -> None:
        self._users_max = users_max

    async def incremental(self, session: Session) -> RunReport:
        """Score one batch; ``more`` until the pass is through, then the next run begins another."""
        connection = session.connection
        async with fenced(session):
            if (await connection.execute(OPEN)).rowcount:
                await _forget_feeds(connection)
            [place] = await (await connection.execute(LOCK)).fetchall()
            asked = {"created_at": place[0], "user_id": place[1], "users_max": self._users_max}
            batch = await (await connection.execute(BATCH, asked)).fetchall()
            is_last = len(batch) < self._users_max
            if is_last:
                await connection.execute(CLOSE)
            else:
                await connection.execute(MOVE, {"user_id": batch[-1][0], "created_at": batch[-1][1]})
            written = await COUNTED.write(connection, [user_id for user_id, _ in batch], {})
        return RunReport(
            name=self.name,
            keys=len(batch),
            rows_read=len(batch),
            inserted=written.inserted,
            updated=written.updated,
            more=not is_last,
        )

    async def rebuild(self, session: Session) -> RunReport:
        """Score the next batch; there is nothing else to rebuild by."""
        return await self.incremental(session)

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare all scores with what a pass would give now; what changed since the last one counts as wrong."""
        async with one_snapshot(connection):
            return AuditReport.of(self.name, await COUNTED.audit(connection, [], {}))

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a pass would change, which is what an audit tells."""
        return await self.audit(connection)


async def _forget_feeds(connection: AsyncConnection[Any]) -> None:
    """Nobody follows these changes now, and the log must not wait for them; who does again begins with a rebuild."""
    for dirty in (*karma.DIRTY, *score.DIRTY):
        await drop_consumer(connection, dirty.feed.checkpoint)


FULL_PASS = FullPass()
SCORES_BY_PASS = Chain("scores.users", (LISTENERS, EARLY_CHALLENGES, FULL_PASS))
