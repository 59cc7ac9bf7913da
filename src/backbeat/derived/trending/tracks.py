"""Trending of tracks: week, month and all time, by two formulas (domain: derived state 2.1, 2.2, 8.3).

A run moves what scores are made of, computes the scores of the tracks that this or the passage of time touched, writes
those that differ, and lists again what they show in; all in one transaction and as of one instant. A rebuild does the
same from the base tables, an audit compares. What every cause costs: docs/explanation/trending.md.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.clock import without_zone
from backbeat.db.query import column, one, value
from backbeat.db.sql import load
from backbeat.derived.trending import leaderboard, track_counts, track_scores, track_users
from backbeat.derived.trending.edges import AGES
from backbeat.derived.trending.track_counts import Span
from backbeat.derived.trending.track_scores import CHUNK_TRACKS, ScoresWritten
from backbeat.derived.trending.tracks_feeds import NONE, Feeds, Keys
from backbeat.incremental.due import Now
from backbeat.incremental.ranges import Held, Why
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Run, Work, decide, taking
from backbeat.incremental.transaction import Session, one_snapshot
from backbeat.incremental.window import AnyFeed

DUE = load(__package__, "tracks_due.sql")
CHUNK = load(__package__, "tracks_chunk.sql")
PENDING = load(__package__, "tracks_pending.sql")
WAITING_ADD = load(__package__, "waiting_add.sql")
WAITING_DROP = load(__package__, "waiting_drop.sql")

NAME = "trending.tracks"
VERSION = 1  # of the definition; another one is answered with a rebuild

FOLLOWED_MAX = 20_000  # tracks in a run that only their followers moved: two or three seconds; the next run goes on
MOVED_MAX = 200_000  # tracks whose counts move in a run: about 100 MB; beyond, a rebuild goes through all in chunks
BACKLOG_SECONDS_MAX = 7 * 86_400.0  # behind that, everything of the week has changed anyway


class _Due(NamedTuple):
    aged: list[int]
    owned: list[int]
    waiting: list[int]


class Part(StrEnum):
    """A part of what is kept, each made of those before it."""

    USERS = "users"
    COUNTS = "counts"
    SCORES = "scores"
    LISTS = "lists"


class TrendingTracks:
    """Keeps the scores of tracks and the leaderboard.

    ``patience``: how long a track may wait for new scores that only its admirers' followers moved; with none every run
    is exact. ``underground_rows``: write rows of the type UNDERGROUND_TRACKS too. ``clock``: the database's, unless
    given. ``limits`` replaces batch limits by feed (plays, engaged, users, tracks) or of the run (followed, moved).
    """

    name = NAME
    target = track_scores.TARGET

    def __init__(
        self,
        *,
        patience: timedelta = timedelta(),
        underground_rows: bool = False,
        clock: Now | None = None,
        **limits: int,
    ) -> None:
        self._patience = patience
        self._underground_rows = underground_rows
        self._followed_max = limits.get("followed", FOLLOWED_MAX)
        self._moved_max = limits.get("moved", MOVED_MAX)
        self._feeds = Feeds(NAME, patience=patience, clock=clock, limits=limits)
        signature = f"v{VERSION}:underground" if underground_rows else f"v{VERSION}"
        self._policy = Policy(Missing.REBUILD, signature)

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return self._feeds.all

    async def incremental(self, session: Session) -> RunReport:
        """Take up what changed since the last run."""
        positions = await self._feeds.peek(session.connection)
        action = decide(positions, NO_PARAMETERS, self._policy)
        if action is Action.REBUILD or positions.of(self._feeds.edges).span_seconds > BACKLOG_SECONDS_MAX:
            return await self._rebuild(session, positions)
        if action is Action.QUIET:
            return RunReport(name=NAME)
        positions = self._feeds.to_now(positions)
        async with self._taking(session, positions) as run:
            keys = await self._feeds.changed(session.connection, positions) if run.is_ours else NONE
            if run.is_ours and not keys.everything:
                run.did(await self._follow(run, keys))
        return await self._rebuild(session, positions) if keys.everything else run.report

    async def rebuild(self, session: Session) -> RunReport:
        """Compute everything from the base tables and take the positions to the frontier."""
        return await self._rebuild(session, await self._feeds.peek(session.connection))

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare all that is kept with a full recompute, in one snapshot; what waits for a run is left out."""
        async with one_snapshot(connection):
            positions = await self._feeds.peek(connection)
            if decide(positions, NO_PARAMETERS, self._policy) is Action.REBUILD:
                return AuditReport(name=NAME, stale=True)
            keys = await self._feeds.changed(connection, positions.whole())
            if keys.everything:
                return AuditReport(name=NAME, stale=True)
            plays, edges = positions.of(self._feeds.plays), positions.of(self._feeds.edges)
            values = self._values(plays.after, without_zone(edges.after))
            pending = await self._pending(connection, plays.after, keys)
            found = await track_users.USERS.audit(connection, keys.users, values)
            found = found.and_also(await track_counts.COUNTS.audit(connection, keys.engaged, values))
            found = found.and_also(await track_scores.SCORES.audit(connection, sorted(pending), values))
            if not (pending or keys.users):
                found = found.and_also(await leaderboard.audit(connection))
        return AuditReport.of(NAME, found, pending=len(pending))

    async def hold(self, connection: AsyncConnection[Any], part: Part) -> Held:
        """Return what a part of it is computed with as of the last run, in the caller's snapshot."""
        positions = await self._feeds.peek(connection)
        if decide(positions, NO_PARAMETERS, self._policy) is Action.REBUILD:
            return Held(why=Why.NOT_BUILT)
        keys = await self._feeds.changed(connection, positions.whole())
        if keys.everything:
            return Held(why=Why.NOT_BUILT)
        plays, edges = positions.of(self._feeds.plays), positions.of(self._feeds.edges)
        values = self._values(plays.after, without_zone(edges.after))
        if part is Part.USERS:
            return Held(values, keys.users)
        if part is Part.COUNTS:
            return Held(values, keys.engaged)
        pending = await self._pending(connection, plays.after, keys)
        if part is Part.LISTS:
            return Held(why=Why.WAITS) if pending or keys.users else Held({"ranks_max": leaderboard.RANKS_MAX})
        return Held(values, pending)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change of the scores now, writing nothing; what waits for a run is part of it."""
        async with one_snapshot(connection):
            positions = await self._feeds.peek(connection)
            plays, edges = positions.of(self._feeds.plays), positions.of(self._feeds.edges)
            values = self._values(plays.frontier, without_zone(edges.frontier))
            found = await track_scores.FRESH.audit(connection, [], values)
        return AuditReport.of(NAME, found)

    def _taking(
        self, session: Session, positions: Positions, *, whole: bool = False
    ) -> AbstractAsyncContextManager[Run]:
        return taking(session, NAME, positions, signature=self._policy.signature, whole=whole, flushed=False)

    async def _follow(self, run: Run, keys: Keys) -> Work:
        """Move counts, then scores, then lists."""
        connection = run.connection
        span = self._span(run)
        moved = await track_users.follow(connection, keys.users)
        counted = await track_counts.count(connection, span, keys.engaged, moved, tracks_max=self._moved_max)
        if counted is None:
            await run.widen()
            return await self._compute_all(run)
        due = await self._due(connection, span, moved.owners)
        active = {*counted.active, *keys.tracks, *due.aged, *due.owned}
        followed, pending = await self._take_followed(connection, counted.followed, active, due.waiting, span.t2)
        written = await self._score(connection, active | followed, span.t2, reviewed=[*keys.tracks, *due.owned])
        return _work(written, rows_read=keys.rows_read, more=pending)

    def _span(self, run: Run) -> Span:
        plays, edges = run.positions.of(self._feeds.plays), run.positions.of(self._feeds.edges)
        return Span(plays.after, plays.upto, without_zone(edges.after), without_zone(edges.upto))

    async def _due(self, connection: AsyncConnection[Any], span: Span, owners: Sequence[int]) -> _Due:
        values = {
            "t1": span.t1,
            "t2": span.t2,
            "ages": list(AGES),
            "owners": owners,
            "patience": self._patience,
            "waiting_max": self._followed_max,
        }
        return await one(connection, _Due, DUE, values, prepare=False)

    async def _take_followed(
        self,
        connection: AsyncConnection[Any],
        followed: Sequence[int],
        active: set[int],
        waiting: Sequence[int],
        now: datetime,
    ) -> tuple[set[int], bool]:
        """Return those of ``followed`` whose scores are due now, and whether more of them are; the others wait."""
        waited = dict.fromkeys(waiting)
        fresh = [track for track in followed if track not in active and track not in waited]
        owed = [track for track in waited if track not in active]
        if not self._patience:
            owed += fresh
        taken = set(owed[: self._followed_max])
        postponed = [track for track in fresh if track not in taken]
        if waited:
            await connection.execute(WAITING_DROP, {"tracks": [track for track in waited if track in taken | active]})
        if postponed:
            await connection.execute(WAITING_ADD, {"tracks": postponed, "now": now})
        return taken, len(owed) > len(taken) or len(waited) == self._followed_max

    async def _score(
        self, connection: AsyncConnection[Any], tracks: Collection[int], now: datetime, reviewed: Sequence[int]
    ) -> ScoresWritten:
        written = await track_scores.write(
            connection, tracks, now=now, reviewed=reviewed, underground=self._underground_rows
        )
        await leaderboard.refresh(connection, written.touched, now)
        return written

    async def _rebuild(self, session: Session, positions: Positions) -> RunReport:
        positions = (await positions.reserve(session.connection)).whole()
        async with self._taking(session, positions, whole=True) as run:
            if run.is_ours:
                run.did(await self._compute_all(run))
        return run.report

    async def _compute_all(self, run: Run) -> Work:
        """Compute everything from the base tables as of the end of the windows."""
        connection, span = run.connection, self._span(run)
        values = self._values(span.upto, span.t2)
        await track_users.USERS.write(connection, None, values)
        await track_counts.COUNTS.write(connection, None, values)
        await connection.execute(WAITING_DROP, {"tracks": None})
        written = await self._score_all(connection, span.t2)
        await leaderboard.refresh(connection, leaderboard.LISTS, span.t2)
        return _work(written, rows_read=written.computed, more=False)

    async def _score_all(self, connection: AsyncConnection[Any], now: datetime) -> ScoresWritten:
        """Compute every score, a chunk of tracks at a time, so that the memory it takes has a bound."""
        total, after = ScoresWritten(), -(2**31)
        while True:
            values = {"after": after, "size": CHUNK_TRACKS}
            tracks = await value(connection, CHUNK, values)
            if not tracks:
                return total
            after = tracks[-1]
            written = await track_scores.write(connection, tracks, now=now, underground=self._underground_rows)
            total = total.and_then(written)

    async def _pending(self, connection: AsyncConnection[Any], after: int, keys: Keys) -> set[int]:
        values = {"after": after, "users": keys.users}
        return {*keys.engaged, *keys.tracks, *await column(connection, PENDING, values)}

    def _values(self, upto: int, now: datetime) -> dict[str, Any]:
        return {"upto": upto, "now": now, "underground": self._underground_rows}


def _work(written: ScoresWritten, *, rows_read: int, more: bool) -> Work:
    return Work(written.tracks, rows_read, written.inserted, written.updated, written.deleted, more)


TRENDING_TRACKS = TrendingTracks()
