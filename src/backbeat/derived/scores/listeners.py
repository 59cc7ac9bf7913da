"""In how many hours and to how many tracks a user ever listened (domain: derived state, 3.2 and 5.1).

Both are sets: a pair goes in once, with the first play that tells of it, so the counters are exact whatever order plays
come in. What is in a set stays when its plays are pruned: "ever" means since the first play that was seen here. Rows
read per play: the play and one look-up in each set.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.fold import Added
from backbeat.incremental.merge import Merge, Target, Written
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Fence, fenced, one_snapshot
from backbeat.incremental.window import advance, lock

ADD = load(__package__, "listeners_add.sql")
FILL = load(__package__, "listeners_fill.sql")
MISSING = load(__package__, "listeners_missing.sql")

ROWS_MAX = 200_000  # plays: a second or two
SAMPLES_MAX = 10


class Listeners:
    """Adds plays to what users have listened to."""

    name = "scores.listeners"
    feed = BlockFeed("user_score_plays", "plays", Stamp.PLAY, ROWS_MAX)
    target = Target(
        table="user_distinct_play_hours",
        key=("user_id",),
        values=("hours_with_play",),
        scope="user_id",
        keeps_vanished=True,
    )

    def __init__(self) -> None:
        tracks = msgspec.structs.replace(self.target, table="user_distinct_play_tracks", values=("track_count",))
        self._counters = (
            Merge(load(__package__, "listeners_count_hours.sql"), self.target),
            Merge(load(__package__, "listeners_count_tracks.sql"), tracks),
        )

    async def incremental(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Add the next batch of plays; a first run takes all of them."""
        window = await self.feed.peek(connection)
        if not window.known and not window.is_quiet:
            return await self.rebuild(connection, fence)
        if window.is_quiet:
            return RunReport(name=self.name)
        async with fenced(connection, fence):
            if not await lock(connection, [window]):
                return RunReport(name=self.name, more=True)
            async with connection.cursor(row_factory=class_row(Added)) as cursor:
                await cursor.execute(ADD, window.bounds(), prepare=False)
                added = await cursor.fetchone()
            assert added is not None  # noqa: S101 - the statement answers exactly one row
            await advance(connection, [window])
        return RunReport(name=self.name, moved=window.moved(), more=window.has_more, **added._asdict())

    async def rebuild(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Fill the sets from all plays up to the frontier, and count them."""
        window = (await self.feed.peek(connection)).whole()
        async with fenced(connection, fence, whole=True):
            if not await lock(connection, [window]):
                return RunReport(name=self.name, more=True)
            written = await self._write(connection, None, window.upto)
            await advance(connection, [window])
        return RunReport(
            name=self.name,
            rows_read=sum(one.computed for one in written),
            inserted=sum(one.inserted for one in written),
            updated=sum(one.updated for one in written),
            moved=window.moved(),
        )

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the sets with the plays up to the checkpoint, and the counters with the sets; users are counted."""
        async with one_snapshot(connection):
            wrong = await self._wrong(connection, None, (await self.feed.peek(connection)).after)
            compared = [await counter.audit(connection, [], {}) for counter in self._counters]
        missing = len(wrong) + sum(found.missing for found in compared)
        extra = sum(found.extra for found in compared)
        samples = {"missing": [{"user_id": user} for user in wrong[:SAMPLES_MAX]]}
        return AuditReport(name=self.name, compared=compared[0].compared, missing=missing, extra=extra, samples=samples)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell of how many users a rebuild would change something."""
        async with one_snapshot(connection):
            upto = (await self.feed.peek(connection)).whole().upto
            wrong = await self._wrong(connection, None, upto)
        return AuditReport(name=self.name, compared=len(wrong), missing=len(wrong))

    async def differing(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> list[int]:
        """Return those of ``keys`` of whom the sets or counters are wrong."""
        async with one_snapshot(connection):
            window = await self.feed.peek(connection)
            if not window.known:
                return []
            wrong = set(await self._wrong(connection, keys, window.after))
            for counter in self._counters:
                wrong.update(await counter.differing(connection, keys, {}))
        return sorted(wrong)

    async def repair(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> None:
        """Put right what is wrong of ``keys``, in the caller's transaction."""
        window = await self.feed.peek(connection)
        if await lock(connection, [window]):
            await self._write(connection, keys, window.after)

    async def _wrong(self, connection: AsyncConnection[Any], keys: Sequence[int] | None, upto: int) -> list[int]:
        bounds = {"keys": None if keys is None else list(keys), "upto": upto}
        found = await connection.execute(MISSING, bounds, prepare=False)
        return [user_id for (user_id,) in await found.fetchall()]

    async def _write(self, connection: AsyncConnection[Any], keys: Sequence[int] | None, upto: int) -> list[Written]:
        wanted = None if keys is None else list(keys)
        await connection.execute(FILL, {"keys": wanted, "upto": upto}, prepare=False)
        return [await counter.write(connection, wanted, {}) for counter in self._counters]


LISTENERS = Listeners()
