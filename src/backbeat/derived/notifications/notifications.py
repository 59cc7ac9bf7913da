"""Tells users what others did that concerns them, and makes milestones (domain: chain and entities, 7.3).

Works off ``backbeat.acts`` in the order of the chain: each family of notifications takes its kinds of acts in one
statement, then the acts are removed. When a run comes, tables may have moved on: what a count or a relation was at an
act is what it is now, less what acts behind it changed. So it makes no difference how blocks were batched, or when runs
were. Only a score is taken as it is now. There is nothing to rebuild or audit: what was told is not a function of
what is.
"""

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.derived.notifications.families import FAMILIES, Family
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Work, decide, taking
from backbeat.incremental.transaction import Session

KINDS = load(__package__, "kinds.sql")
REMOVE = load(__package__, "remove.sql")

POLICY = Policy(Missing.FIRST_ROW)
ACTS_MAX = 5_000  # at once


class EventNotifications:
    """The job; its position is the block whose acts were told last."""

    name = "notifications"

    def __init__(self, families: Iterable[Family] = FAMILIES, acts_max: int = ACTS_MAX) -> None:
        self._families = tuple(families)
        self._feed = BlockFeed(self.name, ("backbeat", "acts"), Stamp.BLOCK, acts_max)

    async def incremental(self, session: Session) -> RunReport:
        """Tell of the next acts, whole blocks of them."""
        positions = await Positions.peek(session.connection, [self._feed])
        if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await self._tell(session.connection, positions.of(self._feed)))
        return run.report

    async def _tell(self, connection: AsyncConnection[Any], window: StampWindow) -> Work:
        bounds = window.bounds()
        kinds = {kind for (kind,) in await every(connection, tuple, KINDS, bounds)}
        inserted = 0
        for family in self._families:
            if not kinds.isdisjoint(family.kinds):
                inserted += (await connection.execute(family.make, bounds, prepare=False)).rowcount
        removed = (await connection.execute(REMOVE, bounds)).rowcount
        return Work(keys=removed, rows_read=removed, inserted=inserted)


EVENT_NOTIFICATIONS = EventNotifications()
