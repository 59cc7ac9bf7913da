"""A derived table that adds every row of an append-only table exactly once.

The other form of derived state: where a recompute per key would read a key's whole history, a counter adds. The
position moves in the transaction that adds, so no row counts twice or never.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple, Protocol

from psycopg import AsyncConnection
from psycopg.sql import Composable

from backbeat.db.query import one
from backbeat.db.together import kept
from backbeat.incremental.feed import BlockFeed, StampWindow
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.ranges import Held, Ranged, Why
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Work, decide, taking
from backbeat.incremental.transaction import Session, one_snapshot
from backbeat.incremental.window import AnyFeed, WithFirstRow, peek

POLICY = Policy(Missing.FIRST_ROW)


class Added(NamedTuple):
    """How many rows an addition read, and what that changed."""

    rows_read: int
    inserted: int
    updated: int


class Guard(Protocol):
    """Knows whether a table can be computed again, where rows that it added may have been deleted since."""

    async def check(self, connection: AsyncConnection[Any]) -> None:
        """Raise BackbeatError if not, in the transaction of a rebuild, an audit or a comparison."""

    async def recomputed(self, connection: AsyncConnection[Any]) -> None:
        """Take note of a rebuild, in its transaction."""


class Fold:
    """Adds the rows of one feed to a target.

    ``add`` binds ``after`` and ``upto``, adds the rows between and answers one row (rows_read, inserted, updated).
    ``query`` binds ``upto`` and answers what the target must hold after all rows up to there. Where rows of the feed
    are deleted, ``guard`` tells whether that can still be said.
    """

    def __init__(
        self,
        name: str,
        *,
        feed: BlockFeed,
        add: LiteralString,
        query: LiteralString,
        target: Target,
        guard: Guard | None = None,
    ) -> None:
        self.name = name
        self.target = target
        self._feed = feed
        self._add = add
        self._merge = Merge(query, target)
        self._guard = guard

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return (WithFirstRow(self._feed),)

    async def incremental(self, session: Session) -> RunReport:
        """Add the next batch of rows."""
        positions = await Positions.peek(session.connection, [self._feed])
        if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                added = await add_rows(session.connection, self._add, positions.of(self._feed))
                run.did(Work(**added._asdict()))
        return run.report

    async def rebuild(self, session: Session) -> RunReport:
        """Recompute everything up to the frontier, or up to the checkpoint if that is ahead, and go on from there."""
        positions = (await Positions.peek(session.connection, [self._feed])).whole()
        async with taking(session, self.name, positions, whole=True) as run:
            if run.is_ours:
                await self._check(session.connection)
                written = await self._merge.write(session.connection, None, positions.of(self._feed).bounds())
                if self._guard is not None:
                    await self._guard.recomputed(session.connection)
                run.did(Work(0, written.computed, written.inserted, written.updated, written.deleted))
        return run.report

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the target with a full recompute up to the checkpoint, in one snapshot."""
        async with one_snapshot(connection):
            await self._check(connection)
            window = await peek(connection, self._feed)
            found = await self._merge.audit(connection, [], {"after": 0, "upto": window.after})
        return AuditReport.of(self.name, found)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change now, writing nothing; rows that wait for a run count as missing."""
        async with one_snapshot(connection):
            await self._check(connection)
            window = (await peek(connection, self._feed)).whole()
            found = await self._merge.audit(connection, [], window.bounds())
        return AuditReport.of(self.name, found)

    async def hold(self, connection: AsyncConnection[Any], _keys: Sequence[Any]) -> Held:
        """Return what the table must hold: what follows from all rows up to the checkpoint."""
        window = await peek(connection, self._feed)
        if not window.known:
            return Held(why=Why.NOT_BUILT)
        return Held({"after": 0, "upto": window.after})

    def ranged(self, *sources: Composable, **more: Any) -> Ranged:
        """Return the audit of the table by ranges; ``sources`` answer the keys that rows of the feed may name."""
        given = {"name": self.name, "query": self._merge.query, "look": self.hold, **more}
        return Ranged(target=self.target, sources=sources, **given)

    async def _check(self, connection: AsyncConnection[Any]) -> None:
        if self._guard is not None:
            await self._guard.check(connection)


async def add_rows(connection: AsyncConnection[Any], add: LiteralString, window: StampWindow) -> Added:
    """Add the rows of a window, in the caller's transaction."""
    return await one(connection, Added, add, window.bounds(), prepare=kept(connection, few=window.is_short))
