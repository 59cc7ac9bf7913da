"""A derived table that adds every row of an append-only table exactly once.

The other form of derived state: where a recompute per key would read a key's whole history, a counter adds. The
position moves in the transaction that adds, so no row counts twice or never.
"""

from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.incremental.feed import BlockFeed
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Fence, fenced, one_snapshot
from backbeat.incremental.window import advance, lock


class Added(NamedTuple):
    """How many rows an addition read, and what that changed."""

    rows_read: int
    inserted: int
    updated: int


class Fold:
    """Adds the rows of one feed to a target.

    ``add`` binds ``after`` and ``upto``, adds the rows between and answers one row (rows_read, inserted, updated).
    ``query`` binds ``upto`` and answers what the target must hold after all rows up to there.
    """

    def __init__(self, name: str, *, feed: BlockFeed, add: LiteralString, query: LiteralString, target: Target) -> None:
        self.name = name
        self.target = target
        self._feed = feed
        self._add = add
        self._merge = Merge(query, target)

    async def incremental(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Add the next batch of rows; ``connection`` must be in autocommit mode."""
        window = await self._feed.peek(connection)
        if window.is_quiet:
            return RunReport(name=self.name)
        async with fenced(connection, fence):
            if not await lock(connection, [window]):
                return RunReport.lost_to_another(self.name)
            async with connection.cursor(row_factory=class_row(Added)) as cursor:
                await cursor.execute(self._add, window.bounds(), prepare=False)
                added = await cursor.fetchone()
            assert added is not None  # noqa: S101 - the statement answers exactly one row
            await advance(connection, [window])
        return RunReport(name=self.name, moved=window.moved(), more=window.has_more, **added._asdict())

    async def rebuild(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Recompute everything up to the frontier, or up to the checkpoint if that is ahead, and go on from there."""
        window = (await self._feed.peek(connection)).whole()
        async with fenced(connection, fence, whole=True):
            if not await lock(connection, [window]):
                return RunReport.lost_to_another(self.name)
            written = await self._merge.write(connection, None, window.bounds())
            await advance(connection, [window])
        return RunReport(
            name=self.name,
            rows_read=written.computed,
            inserted=written.inserted,
            updated=written.updated,
            deleted=written.deleted,
            moved=window.moved(),
        )

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the target with a full recompute up to the checkpoint, in one snapshot."""
        async with one_snapshot(connection):
            window = await self._feed.peek(connection)
            found = await self._merge.audit(connection, [], {"after": 0, "upto": window.after})
        return AuditReport.of(self.name, found)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change now, writing nothing; rows that wait for a run count as missing."""
        async with one_snapshot(connection):
            window = (await self._feed.peek(connection)).whole()
            found = await self._merge.audit(connection, [], window.bounds())
        return AuditReport.of(self.name, found)
