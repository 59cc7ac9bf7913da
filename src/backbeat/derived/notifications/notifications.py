"""Tells users what others did that concerns them, and makes milestones (domain: chain and entities, 7.3).

Works off ``backbeat.acts`` in the order of the chain: each family of notifications takes its kinds of acts in one
statement, then the acts are removed. When a run comes, tables may have moved on: what a count or a relation was at an
act is what it is now, less what acts behind it changed. So it makes no difference how blocks were batched, or when runs
were. Only a score is taken as it is now. There is nothing to rebuild or audit: what was told is not a function of
what is.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.db.outage import first_line, is_cut
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.db.together import kept
from backbeat.derived.notifications.acts_feed import ActsFeed, ActsWindow
from backbeat.derived.notifications.at_once import AtOnce
from backbeat.derived.notifications.families import FAMILIES, Family
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Work, decide, taking
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import AnyFeed, WithFirstRow

KINDS = load(__package__, "kinds.sql")
REMOVE = load(__package__, "remove.sql")

POLICY = Policy(Missing.FIRST_ROW)
ACTS_MAX = 5_000  # at once

log = structlog.get_logger(__name__)


class EventNotifications:
    """The job; its position is the last block of which every act was told."""

    name = "notifications"

    def __init__(self, families: Iterable[Family] = FAMILIES, acts_max: int = ACTS_MAX) -> None:
        self._families = tuple(families)
        self._at_once = AtOnce(acts_max)

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return (WithFirstRow(self._feed),)

    async def incremental(self, session: Session) -> RunReport:
        """Tell of the next acts: of fewer at once where that was cut off, and at last of one with more time."""
        while True:
            feed = self._feed
            positions = await Positions.peek(session.connection, [feed])
            if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
                return RunReport(name=self.name)
            window = positions.of(feed)
            try:
                report = await self._take(session, positions, window)
            except (psycopg.Error, asyncio.CancelledError) as error:
                if not self._goes_on(error, window.acts) or session.connection.closed:
                    raise
            else:
                self._at_once.done()
                return report

    @property
    def _feed(self) -> ActsFeed:
        return ActsFeed(self.name, self._at_once.acts_max)

    async def _take(self, session: Session, positions: Positions, window: ActsWindow) -> RunReport:
        async with taking(session, self.name, positions, whole=self._at_once.has_time) as run:
            if run.is_ours:
                run.did(await self._tell(session.connection, window))
        return run.report

    def _goes_on(self, error: BaseException, acts: int) -> bool:
        """Tell whether the run may try again with fewer acts; where it was cancelled, the next one does."""
        is_cancelled = isinstance(error, asyncio.CancelledError)
        if not (is_cancelled or is_cut(error)):
            return False
        is_divided = self._at_once.cut(acts)
        log.warning("notifications_cut", acts=acts, acts_max=self._at_once.acts_max, error=first_line(error))
        return is_divided and not is_cancelled

    async def _tell(self, connection: AsyncConnection[Any], window: ActsWindow) -> Work:
        bounds = window.bounds()
        kinds = {kind for (kind,) in await every(connection, tuple, KINDS, bounds)}
        inserted, planned = 0, kept(connection, few=window.is_short)
        for family in self._families:
            if not kinds.isdisjoint(family.kinds):
                inserted += (await connection.execute(family.make, bounds, prepare=planned)).rowcount
        removed = (await connection.execute(REMOVE, bounds)).rowcount
        return Work(keys=removed, rows_read=removed, inserted=inserted)


EVENT_NOTIFICATIONS = EventNotifications()
