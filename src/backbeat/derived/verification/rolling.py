"""Going round every derived table, range by range, in search of what is wrong.

At idle and within a budget: what a run takes is spread over the hour, and a table is gone round once a day at most.
Differences are counted as drift. They are put right by computing the range again, but never where rows pay: those are
reported and stay.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock
from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.db.together import Write
from backbeat.derived.audits import AUDITS
from backbeat.incremental import drift, visits
from backbeat.incremental.ranges import Range, Ranged
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced, one_snapshot
from backbeat.incremental.visits import Purpose, Visit
from backbeat.incremental.window import AnyFeed

DUE = load(__package__, "due.sql")
WAIT = load(__package__, "wait.sql")

NAME = "audits.verify"
EVERY_SECONDS = 60.0
HOUR_SECONDS = 3_600
SECONDS_PER_HOUR = 10.0  # as the setting has it
ROUND_AGE_MIN = timedelta(days=1)  # as often as counts are counted again


class Visited(NamedTuple):
    """What was visited in one snapshot."""

    rounds: Mapping[str, Visit] = {}
    """How far each round that went on has come, by audit."""

    keys: int = 0
    """Keys visited."""

    differing: int = 0
    """Rows that are not as they should be."""

    wrong: tuple[Ranged, Sequence[Any]] | None = None
    """Of the last range, its audit and its keys of rows that differ; None: there are none, as in those before it."""

    def and_then(self, audit: Ranged, visit: Visit, made: Range) -> "Visited":
        """Return these with one range more."""
        return Visited(
            {**self.rounds, audit.name: visit},
            self.keys + made.found.keys,
            self.differing + made.found.differing,
            (audit, made.wrong) if made.wrong else None,
        )


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
        """Hold the next rows of derived tables to what they follow from, for a minute's share of the budget.

        ``updated``: rows that were wrong.
        """
        if not self._share or not await value(session.connection, DUE):
            return RunReport(name=self.name)
        rounds = await self._rounds(session.connection)
        began, keys, wrong = self._clock.monotonic(), 0, 0
        ends_at = began + self._share * EVERY_SECONDS
        audit = first = self._next(rounds)
        while audit is not None:
            visited = await self._visit(session.connection, audit, rounds, ends_at)
            if not await self._keep(session, rounds, visited):
                return RunReport(name=self.name, more=True, conflict=True)
            rounds = {**rounds, **visited.rounds}
            keys, wrong = keys + visited.keys, wrong + visited.differing
            audit = self._next(rounds) if self._clock.monotonic() < ends_at else None
        if first is not None:
            spent = self._clock.monotonic() - began
            async with fenced(session, flushed=False) as last:
                last.append(Write(WAIT, {"seconds": spent / self._share - spent}))
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

    async def _visit(
        self, connection: AsyncConnection[Any], first: Ranged, rounds: Mapping[str, Visit], ends_at: float
    ) -> Visited:
        """Visit ranges, in one snapshot, until time is up, one has wrong rows, or one behind the first fails."""
        audit: Ranged | None = first
        found = Visited()
        try:
            async with one_snapshot(connection):
                while audit is not None:
                    visit = self._begun({**rounds, **found.rounds}.get(audit.name), audit)
                    made = await audit.check_next(connection, visit.after_key)
                    found = found.and_then(audit, visit.and_also(made, self._clock.now()), made)
                    is_over = found.wrong is not None or self._clock.monotonic() >= ends_at
                    audit = None if is_over else self._next({**rounds, **found.rounds})
        except psycopg.Error:
            if not found.rounds or connection.closed:
                raise  # else what was visited is kept, and the range that failed comes first in the next snapshot
        return found

    def _begun(self, visit: Visit | None, audit: Ranged) -> Visit:
        """Return the round that is under way, or one that begins."""
        now = self._clock.now()
        if visit is None:
            return Visit(audit=audit.name, started_at=now, moved_at=now)
        return visit if visit.ended_at is None else visit.begun_again(now)

    async def _keep(self, session: Session, before: Mapping[str, Visit], visited: Visited) -> bool:
        """Put on record how far the rounds have come, and put right what is wrong; False: another worker was ahead."""
        is_ours = True
        async with fenced(session, flushed=False):
            for name, visit in visited.rounds.items():
                is_ours &= await visits.keep(session.connection, Purpose.ROLLING, before.get(name), visit)
            if not is_ours:
                raise psycopg.Rollback
            if visited.wrong is not None:
                audit, keys = visited.wrong
                await drift.report(session.connection, audit.name, keys)
                if audit.repair is not None:
                    await audit.repair(session.connection, keys)
        return is_ours
