"""Going round every derived table, range by range, in search of what is wrong.

At idle and within a budget: what a run takes is spread over the hour, and a table is gone round once a day at most.
Differences are counted as drift. They are put right by computing the range again, but never where rows pay: those are
reported and stay.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock
from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.derived.audits import AUDITS
from backbeat.incremental import drift, visits
from backbeat.incremental.ranges import Audited, Ranged
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced
from backbeat.incremental.visits import Purpose, Visit
from backbeat.incremental.window import AnyFeed

DUE = load(__package__, "due.sql")
WAIT = load(__package__, "wait.sql")

NAME = "audits.verify"
EVERY_SECONDS = 60.0
HOUR_SECONDS = 3_600
SECONDS_PER_HOUR = 36.0  # a hundredth of one processor
ROUND_AGE_MIN = timedelta(days=1)  # as often as counts are counted again


class Verification:
    """Visits the next ranges."""

    name = NAME
    feeds: tuple[AnyFeed, ...] = ()

    def __init__(
        self,
        seconds_per_hour: float = SECONDS_PER_HOUR,
        audits: Sequence[Ranged] = AUDITS,
        clock: Clock | None = None,
    ) -> None:
        self._share = seconds_per_hour / HOUR_SECONDS
        self._audits = audits
        self._clock = clock or SystemClock()

    async def run(self, session: Session) -> RunReport:
        """Visit ranges until a minute's share of the budget is used up; ``updated``: rows that were wrong."""
        if not self._share or not await value(session.connection, DUE):
            return RunReport(name=self.name)
        rounds = await self._rounds(session.connection)
        if (first := self._next(rounds)) is None:
            return RunReport(name=self.name)
        began, keys, wrong = self._clock.monotonic(), 0, 0
        audit: Ranged | None = first
        spent = 0.0
        while audit is not None and spent < self._share * EVERY_SECONDS:
            visit, found = await self._visit(session, audit, rounds.get(audit.name))
            if visit is None:
                return RunReport(name=self.name, more=True, conflict=True)
            rounds = {**rounds, audit.name: visit}
            keys, wrong = keys + found.keys, wrong + found.differing
            spent = self._clock.monotonic() - began
            audit = self._next(rounds)
        async with fenced(session, flushed=False):
            await session.connection.execute(WAIT, {"seconds": spent / self._share - spent})
        return RunReport(name=self.name, keys=keys, updated=wrong)

    async def _rounds(self, connection: AsyncConnection[Any]) -> Mapping[str, Visit]:
        return await visits.read(connection, [audit.name for audit in self._audits], Purpose.ROLLING)

    def _next(self, rounds: Mapping[str, Visit]) -> Ranged | None:
        """Return the audit whose round is under way, else the one that was longest ago, if that is a day.

        A round that ended in time to come, by a clock that was ahead, counts as one of long ago.
        """
        never = [audit for audit in self._audits if audit.name not in rounds]
        under_way = [audit for audit in self._audits if audit.name in rounds and rounds[audit.name].ended_at is None]
        if under_way or never:
            return (under_way or never)[0]
        now = self._clock.now()
        ended = {audit.name: rounds[audit.name].ended_at or now for audit in self._audits}
        old = [audit for audit in self._audits if not now - ROUND_AGE_MIN < ended[audit.name] <= now]
        return min(old, key=lambda audit: ended[audit.name], default=None)

    async def _visit(self, session: Session, audit: Ranged, before: Visit | None) -> tuple[Visit | None, Audited]:
        """Visit the next range, and put right what is wrong of it; None: another worker was ahead."""
        now = self._clock.now()
        visit = before or Visit(audit=audit.name, started_at=now, moved_at=now)
        if visit.ended_at is not None:
            visit = visit.begun_again(now)
        made = await audit.check(session.connection, visit.after_key)
        moved = visit.and_also(made, now)
        async with fenced(session, flushed=False):
            if not await visits.keep(session.connection, Purpose.ROLLING, before, moved):
                return None, made.found
            await drift.report(session.connection, audit.name, made.wrong)
            if made.wrong and audit.repair is not None:
                await audit.repair(session.connection, made.wrong)
        return moved, made.found
