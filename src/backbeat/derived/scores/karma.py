"""What a user's followers are worth (domain: derived state, 3.2 and 8.4).

Every user lends its number of followers to each one it follows, unless it follows 10,000 or more. A change of that
number is not recounted at the other end of thousands of edges: what each user lent last is on record, and the followees
get the difference, once for all that changed in a run. Whose own edges changed is counted again, at most 1000 of them,
because beyond 1000 followers nothing is asked. Rows read: per changed user its counts, its edges and its followers'
rows; rows written: at most one per followee.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.query import column, every, one
from backbeat.db.sql import load
from backbeat.derived.scores.feeds import users
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.ranges import Held, Ranged, Why, keys_of
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Work, decide, taking
from backbeat.incremental.transaction import Session, one_snapshot

MOVE = load(__package__, "karma_move.sql")
CONCERNED = load(__package__, "karma_concerned.sql")

STREAM = "followings"
DIRTY = (users("karma", STREAM), users("karma", "follow_edges"))
POLICY = Policy(Missing.REBUILD)
FAN_OUT_MAX = 100_000  # edges of a run: a second or two; one user alone has fewer than 10,000 that count


class KarmaMoved(NamedTuple):
    """What moving the karma of some users did, and of whom it must go on."""

    computed: int
    """Users whose karma was looked at."""

    inserted: int
    """Users who had none on record."""

    updated: int
    """Users whose karma changed."""

    deleted: int
    """Users who have none any more."""

    beyond: int
    """Users whose edges are more than fit the run."""

    waiting: list[int]
    """Those users, for the next run."""


class Karma:
    """Keeps what users lend and are lent. ``fan_out_max`` bounds the edges that a run follows."""

    name = "scores.karma"
    sweep = None  # one statement counts everybody's karma
    feeds = tuple(dirty.feed for dirty in DIRTY)
    target = Target(table=("backbeat", "karma"), key=("user_id",), values=("weight", "follower_sum"), scope="user_id")

    def __init__(self, fan_out_max: int = FAN_OUT_MAX) -> None:
        self._fan_out_max = fan_out_max
        self._merge = Merge(load(__package__, "karma.sql"), self.target)

    async def incremental(self, session: Session) -> RunReport:
        """Move the karma of who changed."""
        positions = await self._peek(session.connection)
        action = decide(positions, NO_PARAMETERS, POLICY)
        if action is Action.QUIET:
            return RunReport(name=self.name)
        if action is Action.REBUILD:
            return await self._rebuild(session, positions)
        keys, rows = await self._keys(session.connection, positions)
        if None in keys:
            return await self._rebuild(session, positions)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                moved = await self._move(session.connection, sorted(keys))
                run.did(
                    Work(len(keys), rows, moved.inserted, moved.updated, moved.deleted, more=moved.beyond > 0),
                )
        return run.report

    async def rebuild(self, session: Session) -> RunReport:
        """Count everybody's karma from the base rows."""
        return await self._rebuild(session, await self._peek(session.connection))

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare with a full count; users who wait for a run, and whom they follow, are left out."""
        async with one_snapshot(connection):
            pending = await self._pending(connection, await self._peek(connection))
            if pending is None:
                return AuditReport(name=self.name, stale=True)
            found = await self._merge.audit(connection, sorted(pending), {})
        return AuditReport.of(self.name, found, pending=len(pending))

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change."""
        async with one_snapshot(connection):
            return AuditReport.of(self.name, await self._merge.audit(connection, [], {}))

    async def find_drift(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> list[int]:
        """Return those of ``keys`` whose karma is not what a full count gives, leaving out who waits for a run."""
        async with one_snapshot(connection):
            pending = await self._pending(connection, await self._peek(connection))
            if pending is None:
                return []
            return await self._merge.find_drift(connection, [key for key in keys if key not in pending], {})

    def ranged(self) -> Ranged:
        """Return the audit of everybody's karma by ranges of users."""
        return Ranged(
            name=self.name,
            target=self.target,
            query=self._merge.query,
            sources=(keys_of("aggregate_user", "user_id"),),
            look=self._hold,
            repair=self.recount,
        )

    async def _hold(self, connection: AsyncConnection[Any], _keys: Sequence[Any]) -> Held:
        pending = await self._pending(connection, await self._peek(connection))
        return Held(why=Why.NOT_BUILT) if pending is None else Held(waiting=pending)

    async def recount(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> None:
        """Have the next runs count ``keys`` and all whom they follow again, whatever is on record of what they lent."""
        concerned = await self._concerned(connection, keys)
        await log_keys(connection, STREAM, sorted(concerned))

    async def _rebuild(self, session: Session, positions: Positions) -> RunReport:
        positions = (await positions.reserve(session.connection)).whole()
        async with taking(session, self.name, positions, whole=True) as run:
            if run.is_ours:
                written = await self._merge.write(session.connection, None, {})
                run.did(
                    Work(written.computed, written.computed, written.inserted, written.updated, written.deleted),
                )
        return run.report

    async def _move(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> KarmaMoved:
        values = {"keys": list(keys), "fan_out_max": self._fan_out_max}
        moved = await one(connection, KarmaMoved, MOVE, values, prepare=False)
        if moved.waiting:
            await log_keys(connection, STREAM, moved.waiting)
        return moved

    async def _pending(self, connection: AsyncConnection[Any], positions: Positions) -> set[int] | None:
        """Return who waits for a run, None for everybody."""
        if decide(positions, NO_PARAMETERS, POLICY) is Action.REBUILD:
            return None
        keys, _ = await self._keys(connection, positions.pending())
        if None in keys:
            return None
        return await self._concerned(connection, sorted(keys))

    async def _concerned(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> set[int]:
        return set(await column(connection, CONCERNED, {"keys": list(keys)}, prepare=False))

    async def _peek(self, connection: AsyncConnection[Any]) -> Positions:
        return await Positions.peek(connection, [dirty.feed for dirty in DIRTY])

    async def _keys(self, connection: AsyncConnection[Any], positions: Positions) -> tuple[set[Any], int]:
        keys: set[Any] = set()
        rows = 0
        for dirty in DIRTY:
            window = positions.of(dirty.feed)
            if not window.is_quiet:
                found = await every(connection, tuple, dirty.keys, window.bounds(), prepare=False)
                keys.update(key for key, _ in found)
                rows += sum(count for _, count in found)
        return keys, rows


KARMA = Karma()
