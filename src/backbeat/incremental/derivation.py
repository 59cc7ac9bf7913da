"""A derived table with one definition, run three ways: incremental, rebuild, audit.

The definition is one query, keys in and rows out. Reading, writing and the checkpoints are one transaction, so a crash
at any statement loses and repeats nothing.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, LiteralString, NamedTuple, Protocol

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg.sql import Composable

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.db.together import Question, kept
from backbeat.incremental.backlog import ANYTHING, align_to_first_limit, edits_last, end_with, is_by_block, news_of
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.merge import NOTHING_WRITTEN, Merge, Target
from backbeat.incremental.ranges import Held, Ranged, Why
from backbeat.incremental.report import AuditReport, Compared, RunReport
from backbeat.incremental.run import (
    NOTHING,
    Action,
    Missing,
    Policy,
    Positions,
    Run,
    Work,
    decide,
    open_at_frontier,
    taking,
)
from backbeat.incremental.sweep import Sweep
from backbeat.incremental.transaction import Session, one_snapshot
from backbeat.incremental.window import AnyFeed

TARGET_ROWS = load(__package__, "target_rows.sql")

REBUILD_SHARE = 0.8  # of the target's rows: from there both ways cost the same, docs/decisions/0011-change-feed.md
REBUILD_KEYS_MIN = 1_000  # fewer are never worth a pass over everything
FULL_WRITES_MAX = 10  # of shared rows, whose keys a run reads: what does not differ is through with one reading

Parameters = Question[Mapping[str, Any] | None]
"""Asks, together with the feeds of every run, what the recompute query binds besides ``keys``.

The answer None says that the derivation is switched off. ``ENDS`` in it: where feeds end that were switched off.
Nothing of what came later is taken.
"""

ENDS = "ends"


class Follower(Protocol):
    """What is brought up to the rows that a run has just written; it may bind all that the recompute query does."""

    async def refresh(self, connection: AsyncConnection[Any], values: Mapping[str, Any], /) -> None:
        """Follow the run's ``keys``, in its transaction."""
        ...

    async def audit(self, connection: AsyncConnection[Any], values: Mapping[str, Any], /) -> Compared:
        """Compare it with what the derivation's rows say."""
        ...


class Dirty(msgspec.Struct, frozen=True):
    """A feed, and the statement that turns its rows into keys.

    The statement binds what the feed's window tells (``after``, ``upto``), the derivation's parameters, beside a Due
    feed also ``now``, and answers (key, rows): every key once, with how many rows named it. The key NULL stands for all
    keys.
    """

    feed: AnyFeed
    keys: LiteralString


class Postponed(msgspec.Struct, frozen=True):
    """Beyond ``keys_max`` a run leaves keys to the next one, those of the last feeds first.

    They are logged as changed once more to ``stream``, which the derivation follows.
    """

    stream: LiteralString
    keys_max: int


class Look(NamedTuple):
    """What a run, or an audit, finds before it does anything. ``values``: the parameters, None: switched off."""

    positions: Positions
    values: Mapping[str, Any] | None
    signature: str | None


class Derivation:
    """Rows that are a function of the base tables, recomputed for the keys whose input changed.

    ``query`` binds ``keys`` (NULL for all) and the parameters, with a Due feed also ``now`` and ``clock``: the instant
    that its answer holds for, and for rows to be stamped with, what time it is. It may bind ``since`` and ``upto``:
    nothing but the blocks between is new about the keys, and what other feeds name is computed by itself. A change of
    the parameters or of ``version`` answers the next run with a rebuild, and so does a first run, a ChangeFeed
    without a position in this cluster's history, and a batch of more keys than ``rebuild_share`` of the target's
    rows. Beside a Sweep a rebuild computes nothing at once: it sets the sweep back, and the runs that follow go
    through all keys, range by range. Checkpoints that an adopted database brings are taken as they are, and a feed
    that it does not know starts at the frontier. ``follow`` comes last in the transaction of every run that had
    anything to do. Without ``postponed`` a run takes all keys of its batch, beside a Sweep over shared rows those
    of ten full writes. Without ``flushed`` no commit waits for the disk.
    """

    def __init__(
        self,
        name: str,
        *,
        dirty: Sequence[Dirty],
        query: LiteralString,
        target: Target,
        parameters: Parameters | None = None,
        follow: Follower | None = None,
        postponed: Postponed | None = None,
        version: int = 1,
        rebuild_share: float = REBUILD_SHARE,
        flushed: bool = True,
    ) -> None:
        self.name = name
        self.target = target
        self._dirty = tuple(dirty)
        self._merge = Merge(query, target)
        self._parameters = parameters
        self._follow = follow
        self._version = version
        self._rebuild_share = rebuild_share
        self._flushed = flushed
        self._knows_blocks = "%(since)s" in query
        self.sweep = next((one.feed for one in dirty if isinstance(one.feed, Sweep)), None)
        if postponed is None and self.sweep is not None and target.shared is not None:
            postponed = Postponed(target.shared.stream, FULL_WRITES_MAX * target.shared.rows_max)
        self._postponed = postponed

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return tuple(dirty.feed for dirty in self._dirty)

    async def incremental(self, session: Session) -> RunReport:
        """Recompute what changed since the last run."""
        return await self._next(session, Missing.JOIN)

    async def is_new(self, connection: AsyncConnection[Any]) -> bool:
        """Tell whether this database knows none of the positions."""
        return (await self._peek(connection)).are_new

    async def begin(self, session: Session) -> RunReport:
        """Open positions at the frontier where they are missing, and compute nothing; to be gone on with by follow."""
        look = await self._look(session.connection)
        return await open_at_frontier(session, self.name, look.positions, signature=look.signature)

    async def follow(self, session: Session) -> RunReport:
        """Recompute as incremental does, but leave all keys that nothing has changed about as they are.

        Other parameters count for what changes from now on, and a large batch stays one. Only a position that was lost
        is answered with a rebuild.
        """
        return await self._next(session, Missing.FRONTIER)

    async def rebuild(self, session: Session) -> RunReport:
        """Recompute all keys and take the checkpoints to the frontier; ``conflict``: nothing was begun, ask again."""
        look = await self._look(session.connection)
        if look.values is None:
            return RunReport(name=self.name)
        report = await self._run_whole(session, look, look.values)
        if report.conflict:
            return report
        while self.sweep is not None and report.more:
            report = report.then(await self.incremental(session))
        return report

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the target with a full recompute, in one snapshot; keys that wait for a run are left out."""
        async with one_snapshot(connection):
            positions, values, signature = await self._look(connection)
            if values is None:
                return AuditReport(name=self.name)
            if positions.need_rebuild or positions.are_stale(signature):
                return AuditReport(name=self.name, stale=True)
            pending, _ = await self._keys(connection, positions.pending(), {**values, "now": positions.stood_at})
            if None in pending:
                return AuditReport(name=self.name, stale=True)
            bound = {**values, **ANYTHING._asdict(), "now": positions.stood_at, "clock": positions.clock}
            found = await self._merge.audit(connection, sorted(pending), bound)
            if self._follow is not None and not pending:
                found = found.and_also(await self._follow.audit(connection, bound))
        return AuditReport.of(self.name, found, pending=len(pending))

    async def find_drift(self, connection: AsyncConnection[Any], keys: Sequence[Any]) -> list[Any]:
        """Return those of ``keys`` whose rows a recompute would change, leaving out keys that wait for a run."""
        async with one_snapshot(connection):
            held = await self.hold(connection, keys)
            if held.why is not None:
                return []
            asked = [key for key in keys if key not in held.waiting]
            return await self._merge.find_drift(connection, asked, held.values)

    async def hold(self, connection: AsyncConnection[Any], keys: Sequence[Any]) -> Held:
        """Return what the rows of ``keys`` are computed with as of the last run, in the caller's snapshot."""
        look = await self._look(connection)
        positions, values, _ = look
        if values is None:
            return Held(why=Why.OFF)
        if self._decide(look, Missing.JOIN) in {Action.REBUILD, Action.SWEEP}:
            return Held(why=Why.NOT_BUILT)
        waiting, beyond = positions.pending(), set[Any]()
        if self.sweep is not None:  # keys that it has not come to wait, too; to ask which is to read them all
            waiting = waiting.replaced(self.sweep, waiting.of(self.sweep).stay())
            beyond = {key for key in keys if key > positions.of(self.sweep).after}
        pending, _ = await self._keys(connection, waiting, {**values, "now": positions.stood_at})
        if None in pending:
            return Held(why=Why.NOT_BUILT)
        bound = {**values, **ANYTHING._asdict(), "now": positions.stood_at, "clock": positions.clock}
        return Held(bound, {*pending, *beyond})

    async def repair(self, connection: AsyncConnection[Any], keys: Sequence[Any]) -> None:
        """Put the rows of ``keys`` right, in the caller's transaction; nothing if another worker is ahead."""
        if not await (await self._peek(connection)).hold(connection):
            return
        held = await self.hold(connection, keys)
        if held.why is None:
            await self._merge.write(connection, [key for key in keys if key not in held.waiting], held.values)

    def ranged(self, *sources: Composable, **more: Any) -> Ranged:
        """Return the audit of its target by ranges; ``sources`` answer the keys that facts may name."""
        given = {
            "name": self.name,
            "target": self.target,
            "query": self._merge.query,
            "look": self.hold,
            "repair": self.repair,
            **more,
        }
        if "kept" not in given and (self.target.keeps_vanished or self.target.shared is not None):
            given["kept"] = Why.KEPT
        return Ranged(sources=sources, **given)

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change now, writing nothing; keys that wait for a run are part of it."""
        async with one_snapshot(connection):
            positions, values, _ = await self._look(connection)
            if values is None:
                return AuditReport(name=self.name)
            bound = {**values, **ANYTHING._asdict(), "now": positions.clock, "clock": positions.clock}
            found = await self._merge.audit(connection, [], bound)
        return AuditReport.of(self.name, found)

    async def _next(self, session: Session, missing: Missing) -> RunReport:
        """Do what is to be done: the next batch, or what stands in its place."""
        return await self._go_on(session, await self._look(session.connection), missing)

    async def _go_on(self, session: Session, look: Look, missing: Missing) -> RunReport:
        action = self._decide(look, missing)
        if look.values is None or action is Action.OFF:
            return RunReport(name=self.name, off=True)
        if action is Action.QUIET:
            return RunReport(name=self.name, off=bool(look.values.get(ENDS)))
        if action in {Action.REBUILD, Action.SWEEP}:
            return await self._run_whole(session, look, look.values)
        positions = await look.positions.join(session.connection)
        if missing is Missing.JOIN:
            positions = align_to_first_limit(positions)
        positions = edits_last(positions)
        async with taking(session, self.name, positions, signature=look.signature, flushed=self._flushed) as run:
            if run.is_ours:
                run.did(await self._work(run, look.values, may_widen=missing is Missing.JOIN))
        return run.report

    async def _run_whole(self, session: Session, look: Look, values: Mapping[str, Any]) -> RunReport:
        positions = (await look.positions.reserve(session.connection)).whole()
        async with taking(
            session, self.name, positions, signature=look.signature, whole=True, flushed=self._flushed
        ) as run:
            if run.is_ours:
                run.did(await self._write_whole(run, values))
        return run.report

    async def _work(self, run: Run, values: Mapping[str, Any], *, may_widen: bool) -> Work:
        """Recompute the keys that the feeds name, or all of them where that costs less."""
        found, rows = await self._keys(run.connection, run.positions, {**values, "now": run.positions.now})
        if None in found or (may_widen and await self._are_too_many(run.connection, found)):
            await run.widen()
            return await self._write_whole(run, values, rows)
        keys, left = await self._take(run.connection, found)
        told = [key for key in keys if found[key]]
        if not self._knows_blocks or not told:
            return await self._write(run, values, keys, rows, left=left)
        work = await self._write(run, {**values, **news_of(run.positions)._asdict()}, told, rows, left=left)
        if len(told) < len(keys):  # those may have been edited, which holds from some block on that is not told
            work = work.and_also(await self._write(run, values, [key for key in keys if not found[key]], 0))
        return work

    async def _write_whole(self, run: Run, values: Mapping[str, Any], rows: int = 0) -> Work:
        """Recompute all keys, or leave them to a sweep, which the positions set back."""
        return await self._write(run, values, None if self.sweep is None else [], rows)

    async def _write(
        self, run: Run, values: Mapping[str, Any], keys: list[Any] | None, rows: int, *, left: int = 0
    ) -> Work:
        bound = {**ANYTHING._asdict(), **values, "now": run.positions.now, "clock": run.positions.clock}
        written = NOTHING_WRITTEN if keys == [] else await self._merge.write(run.connection, keys, bound)
        if self._follow is not None:
            await self._follow.refresh(run.connection, {**bound, "keys": keys})
        return Work(
            keys=written.computed if keys is None else len(keys),
            rows_read=written.computed if keys is None else rows,
            inserted=written.inserted,
            updated=written.updated,
            deleted=written.deleted,
            more=left > 0 or written.beyond > 0,
        )

    async def _take(self, connection: AsyncConnection[Any], found: Collection[Any]) -> tuple[list[Any], int]:
        """Return the keys of this run in order, and how many were left to the next one."""
        if self._postponed is None or len(found) <= self._postponed.keys_max:
            return sorted(found), 0
        ordered = list(found)
        left = ordered[self._postponed.keys_max :]
        await log_keys(connection, self._postponed.stream, left)
        return sorted(ordered[: self._postponed.keys_max]), len(left)

    async def _look(self, connection: AsyncConnection[Any]) -> Look:
        """Return the positions, the parameters and their signature; of one that is switched off none."""
        values: Mapping[str, Any] | None = {}
        if self._parameters is None:
            positions = await self._peek(connection)
        else:
            positions, values = await Positions.peek_beside(connection, self.feeds, self._parameters)
        if values is None:
            return Look(NOTHING, None, None)
        return Look(end_with(positions, values.get(ENDS, {})), values, self._signature(values))

    def _decide(self, look: Look, missing: Missing) -> Action:
        return decide(look.positions, look.values, Policy(missing, look.signature, sweeps=self.sweep is not None))

    async def _peek(self, connection: AsyncConnection[Any]) -> Positions:
        return await Positions.peek(connection, self.feeds)

    async def _keys(
        self, connection: AsyncConnection[Any], positions: Positions, values: Mapping[str, Any]
    ) -> tuple[Mapping[Any, bool], int]:
        """Return what the feeds name, each key once and in their order, and by how many rows.

        Of each key, whether blocks alone name it. Where a feed names all keys, that alone.
        """
        keys: dict[Any, bool] = {}
        rows = 0
        for dirty, window in zip(self._dirty, positions.windows, strict=True):
            if window.is_quiet:
                continue
            by_block = is_by_block(dirty.feed)
            async with connection.cursor(row_factory=tuple_row) as cursor:
                planned = kept(connection, few=window.is_short)
                await cursor.execute(dirty.keys, {**values, **window.bounds()}, prepare=planned)
                for key, count in await cursor.fetchall():
                    keys[key] = keys.get(key, True) and by_block
                    rows += count
                if None in keys:
                    return {None: False}, rows
        return keys, rows

    async def _are_too_many(self, connection: AsyncConnection[Any], keys: Collection[Any]) -> bool:
        """One pass over everything costs less than that many keys one by one.

        Of n shared rows that differ, r in a run, each is read once for every run that it waits: n * n / 2r readings.
        """
        if len(keys) < REBUILD_KEYS_MIN:
            return False
        name = self.target.name if self.sweep is None else (self.sweep.table,)
        rows = await value(connection, TARGET_ROWS, {"name": list(name)})
        if rows is None:
            return False
        if self.sweep is not None and self.target.shared is not None:
            return len(keys) ** 2 > int(2 * self.target.shared.rows_max * rows)
        return len(keys) > float(self._rebuild_share * rows)

    def _signature(self, values: Mapping[str, Any]) -> str:
        kept = {name: one for name, one in values.items() if name != ENDS}
        definition = msgspec.json.encode([self._version, kept], order="deterministic")
        return f"v{self._version}:{hashlib.sha256(definition).hexdigest()[:16]}"
