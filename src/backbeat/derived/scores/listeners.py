"""In how many hours and to how many tracks a user ever listened (domain: derived state, 3.2 and 5.1).

Both are sets: a pair goes in once, with the first play that tells of it, so the counters are exact whatever order plays
come in. What is in a set stays when its plays are pruned: "ever" means since the first play that was seen here. Rows
read per play: the play and one look-up in each set. A first run and a rebuild go through the users instead, so many at
a time as made 100,000 plays, and read each play's entry in the index by user.
"""

from collections.abc import Sequence
from typing import Any, LiteralString

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import column
from backbeat.db.sql import load
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.fold import Added, add_rows
from backbeat.incremental.merge import Merge, Target, Written
from backbeat.incremental.ranges import Held, Why
from backbeat.incremental.report import SAMPLES_MAX, AuditReport, RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Run, Work, decide, taking
from backbeat.incremental.sweep import Sweep, SweepWindow
from backbeat.incremental.transaction import Session, one_snapshot
from backbeat.incremental.window import AnyFeed, WithFirstRow, peek

ADD = load(__package__, "listeners_add.sql")
COUNT = load(__package__, "listeners_count.sql")
SWEPT = load(__package__, "listeners_swept.sql")
DROP = load(__package__, "listeners_drop.sql")
FILL = load(__package__, "listeners_fill.sql")
WRONG = load(__package__, "listeners_wrong.sql")

ROWS_MAX = 200_000  # plays: a second or two
SWEEP_ROWS_MAX = 100_000  # plays of users, or counters: half a second, in 15 MB of the session's own memory
POLICY = Policy(Missing.SWEEP)
NO_PLAYS = Added(0, 0, 0)


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

    def __init__(self, sweep_rows_max: int = SWEEP_ROWS_MAX) -> None:
        tracks = msgspec.structs.replace(self.target, table="user_distinct_play_tracks", values=("track_count",))
        self.sweep = Sweep("scores:listeners:sweep", "plays", "user_id", sweep_rows_max)
        self._counted = [
            msgspec.structs.replace(self.sweep, table=table)
            for table in ("user_distinct_play_hours", "user_distinct_play_tracks")
        ]
        self._counters = (
            Merge(_count("backbeat.listened_hours", "user_distinct_play_hours", "hours_with_play"), self.target),
            Merge(_count("backbeat.listened_tracks", "user_distinct_play_tracks", "track_count"), tracks),
        )

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at; a sweep that was never begun is none."""
        return (WithFirstRow(self.feed), WithFirstRow(self.sweep))

    async def incremental(self, session: Session) -> RunReport:
        """Add the next batch of plays, and go on with a sweep that is under way; a first run begins one."""
        positions = await self._peek(session.connection)
        followed = positions if positions.of(self.feed).known else positions.part(self.feed)
        action = decide(followed, NO_PARAMETERS, POLICY)
        if action is Action.QUIET:
            return RunReport(name=self.name)
        if action is Action.SWEEP:
            return await self._begin(session, positions)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await self._work(run))
        return run.report

    async def rebuild(self, session: Session) -> RunReport:
        """Go through all users; cut off, it is gone on with by the next runs. ``conflict``: nothing was begun."""
        report = await self._begin(session, await self._peek(session.connection))
        if report.conflict:
            return report
        while report.more:
            report = report.then(await self.incremental(session))
        return report

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the sets with the plays up to the checkpoint, and the counters with the sets; users are counted.

        Users whom a sweep has yet to come to are left out. A user of whom the sets are wrong counts as missing, whether
        they lack a pair or have one that no play tells of and no pruning explains.
        """
        async with one_snapshot(connection):
            plays, users = self._windows(await self._peek(connection))
            pending = [] if users.is_quiet else await self._users(connection, users.pending(None))
            wrong = sorted(set(await self._wrong(connection, None, plays.after)) - set(pending))
            compared = [await counter.audit(connection, pending, {}) for counter in self._counters]
        missing = len(wrong) + sum(found.missing for found in compared)
        extra = sum(found.extra for found in compared)
        return AuditReport(
            name=self.name,
            compared=compared[0].compared,
            missing=missing,
            extra=extra,
            pending=len(pending),
            samples={"missing": [{"user_id": user} for user in wrong[:SAMPLES_MAX]]},
        )

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell of how many users a rebuild would change something."""
        async with one_snapshot(connection):
            plays, _ = self._windows(await self._peek(connection))
            wrong = await self._wrong(connection, None, plays.whole().upto)
        return AuditReport(name=self.name, compared=len(wrong), missing=len(wrong))

    async def find_drift(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> list[int]:
        """Return those of ``keys`` of whom the sets or counters are wrong, leaving out who waits for a sweep."""
        async with one_snapshot(connection):
            plays, users = self._windows(await self._peek(connection))
            if not plays.known:
                return []
            settled = [key for key in keys if key <= users.after]
            wrong = set(await self._wrong(connection, settled, plays.after))
            for counter in self._counters:
                wrong.update(await counter.find_drift(connection, settled, {}))
        return sorted(wrong)

    @property
    def counters(self) -> tuple[Merge, ...]:
        """Return what counts the sets."""
        return self._counters

    async def hold(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> Held:
        """Return up to which play the sets of ``keys`` hold, in the caller's snapshot."""
        plays, users = self._windows(await self._peek(connection))
        if not plays.known:
            return Held(why=Why.NOT_BUILT)
        return Held({"upto": plays.after}, {key for key in keys if key > users.after})

    async def repair(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> None:
        """Put right what is wrong of ``keys``, in the caller's transaction."""
        positions = await self._peek(connection)
        if await positions.part(self.feed).hold(connection):
            await self._write(connection, keys)

    async def _begin(self, session: Session, positions: Positions) -> RunReport:
        async with taking(session, self.name, positions.whole()) as run:
            if run.is_ours:
                run.did(Work(more=True))
        return run.report

    async def _work(self, run: Run) -> Work:
        plays, users = self._windows(run.positions)
        added = NO_PLAYS if plays.is_quiet else await add_rows(run.connection, ADD, plays)
        written = [] if users.is_quiet else await self._write(run.connection, await self._users(run.connection, users))
        return Work(
            rows_read=added.rows_read + sum(one.computed for one in written),
            inserted=added.inserted + sum(one.inserted for one in written),
            updated=added.updated + sum(one.updated for one in written),
        )

    async def _peek(self, connection: AsyncConnection[Any]) -> Positions:
        """Return the next plays, and the next users of a sweep; where plays were followed before it, there is none."""
        positions = await Positions.peek(connection, [self.feed, self.sweep])
        plays, users = self._windows(positions)
        if not users.known and plays.known:
            return positions.replaced(self.sweep, users.skip_to_frontier())
        if users.is_quiet:
            return positions
        # counters may outnumber plays, which are pruned
        ranges = [users, *[await peek(connection, one) for one in self._counted]]
        return positions.replaced(self.sweep, min(ranges, key=lambda window: window.upto))

    def _windows(self, positions: Positions) -> tuple[StampWindow, SweepWindow]:
        return positions.of(self.feed), positions.of(self.sweep)

    async def _users(self, connection: AsyncConnection[Any], window: SweepWindow) -> list[int]:
        return await column(connection, SWEPT, window.bounds(), prepare=False)

    async def _wrong(self, connection: AsyncConnection[Any], keys: Sequence[int] | None, upto: int) -> list[int]:
        bounds = {"keys": None if keys is None else list(keys), "upto": upto}
        return await column(connection, WRONG, bounds, prepare=False)

    async def _write(self, connection: AsyncConnection[Any], keys: Sequence[int]) -> list[Written]:
        wanted = list(keys)
        for statement in (DROP, FILL):
            await connection.execute(statement, {"keys": wanted}, prepare=False)
        return [await counter.write(connection, wanted, {}) for counter in self._counters]


def _count(pairs: LiteralString, kept: LiteralString, count: LiteralString) -> LiteralString:
    """Return the query that counts a set's ``pairs`` for the column ``count`` of the table ``kept``."""
    return COUNT.replace("{pairs}", pairs).replace("{kept}", kept).replace("{count}", count)


LISTENERS = Listeners()
