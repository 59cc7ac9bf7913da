"""A derived table with one definition, run three ways: incremental, rebuild, audit.

The definition is one query, keys in and rows out. Reading, writing and the checkpoints are one transaction, so a crash
at any statement loses and repeats nothing.
"""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, Protocol

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from backbeat.db.sql import load
from backbeat.incremental.change_feed import EditWindow
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.feed import StampWindow, in_step
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.opening import open_at_frontier
from backbeat.incremental.report import AuditReport, Compared, RunReport
from backbeat.incremental.sweep import Sweep, SweepWindow
from backbeat.incremental.transaction import Fence, allow_whole_pass, fenced, one_snapshot
from backbeat.incremental.window import AnyWindow, Feed, advance, lock

TARGET_ROWS = load(__package__, "target_rows.sql")

REBUILD_SHARE = 0.8  # of the target's rows: from there both ways cost the same, docs/decisions/0011-change-feed.md
REBUILD_KEYS_MIN = 1_000  # fewer are never worth a pass over everything
TURNS_MAX = 10  # full writes of shared rows whose keys a run reads: what does not differ is through with one reading

Parameters = Callable[[AsyncConnection[Any]], Awaitable[Mapping[str, Any] | None]]
"""What the recompute query binds besides ``keys``, read anew on every run; None: the derivation is switched off."""


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

    The statement binds what the feed's window tells (``after``, ``upto``), beside a Due feed also ``now``, and answers
    (key, rows): every key once, with how many rows named it. The key NULL stands for all keys.
    """

    feed: Feed
    keys: LiteralString


class PutOff(msgspec.Struct, frozen=True):
    """Beyond ``keys_max`` a run leaves keys to the next one, those of the last feeds first.

    They are logged as changed once more to ``stream``, which the derivation follows.
    """

    stream: LiteralString
    keys_max: int


async def no_parameters(_connection: AsyncConnection[Any]) -> Mapping[str, Any]:
    """Return the parameters of a query that needs none."""
    return {}


class Derivation:
    """Rows that are a function of the base tables, recomputed for the keys whose input changed.

    ``query`` binds ``keys`` (NULL for all) and the parameters, with a Due feed also ``now`` and ``clock``: the instant
    that its answer holds for, and for rows to be stamped with, what time it is. A change of the parameters or of
    ``version`` answers the next run with a rebuild, and so does a first run, a ChangeFeed without a position in this
    cluster's history, and a batch of more keys than ``rebuild_share`` of the target's rows. Beside a Sweep a rebuild
    computes nothing at once: it sets the sweep back, and the runs that follow go through all keys, range by range.
    Checkpoints that an adopted database brings are taken as they are, and a feed that it does not know starts at the
    frontier. ``follow`` comes last in the transaction of every run that had anything to do. Without ``put_off`` a run
    takes all keys of its batch, beside a Sweep over shared rows those of ten full writes. Without ``flushed`` no commit
    waits for the disk.
    """

    def __init__(
        self,
        name: str,
        *,
        dirty: Sequence[Dirty],
        query: LiteralString,
        target: Target,
        parameters: Parameters = no_parameters,
        follow: Follower | None = None,
        put_off: PutOff | None = None,
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
        self.sweep = next((one.feed for one in dirty if isinstance(one.feed, Sweep)), None)
        if put_off is None and self.sweep is not None and target.shared is not None:
            put_off = PutOff(target.shared.stream, TURNS_MAX * target.shared.rows_max)
        self._put_off = put_off

    async def incremental(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Recompute what changed since the last run; ``connection`` must be in autocommit mode."""
        values = await self._parameters(connection)
        if values is None:
            return RunReport(name=self.name)
        windows = await self._peek(connection)
        if self._owes_rebuild(windows, values):
            return await self._run_whole(connection, fence, windows, values)
        windows = [await _from_here(window, connection) for window in windows]
        windows = _edits_last(in_step([dirty.feed for dirty in self._dirty], windows))
        if all(window.is_open and window.is_quiet for window in windows):
            return RunReport(name=self.name)
        return await self._run(connection, fence, windows, values, whole=False)

    async def is_new(self, connection: AsyncConnection[Any]) -> bool:
        """Tell whether this database knows none of the positions."""
        return not any(window.is_open for window in await self._peek(connection))

    async def begin(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Open positions at the frontier where they are missing, and compute nothing; to be gone on with by follow."""
        values = await self._parameters(connection)
        if values is None:
            return RunReport(name=self.name)
        windows = await self._peek(connection)
        return await open_at_frontier(self.name, connection, fence, windows, signature=self._signature(values))

    async def follow(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Recompute as incremental does, but leave all keys that nothing has changed about as they are.

        Other parameters count for what changes from now on, and a large batch stays one. Only a position that was lost
        is answered with a rebuild.
        """
        values = await self._parameters(connection)
        if values is None:
            return RunReport(name=self.name)
        windows = await self._peek(connection)
        if any(window.known and window.needs_rebuild and not window.is_optional for window in windows):
            return await self._run_whole(connection, fence, windows, values)
        windows = _edits_last([await _from_here(window, connection) for window in windows])
        if all(window.is_open and window.is_quiet for window in windows):
            return RunReport(name=self.name)
        return await self._run(connection, fence, windows, values, whole=False, grows=False)

    async def rebuild(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Recompute all keys and take the checkpoints to the frontier; ``lost``: nothing was begun, ask again."""
        values = await self._parameters(connection)
        if values is None:
            return RunReport(name=self.name)
        report = await self._run_whole(connection, fence, await self._peek(connection), values)
        if report.lost:
            return report
        while self.sweep is not None and report.more:
            report = report.then(await self.incremental(connection, fence))
        return report

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the target with a full recompute, in one snapshot; keys that wait for a run are left out."""
        async with one_snapshot(connection):
            values = await self._parameters(connection)
            if values is None:
                return AuditReport(name=self.name)
            windows = await self._peek(connection)
            if any(window.needs_rebuild for window in windows) or self._is_stale(windows, values):
                return AuditReport(name=self.name, stale=True)
            now = _latest(window.instant(window.after) for window in windows)
            pending, _ = await self._keys(connection, [window.rest(now) for window in windows], now)
            if None in pending:
                return AuditReport(name=self.name, stale=True)
            bound = {**values, **_times(windows, now)}
            found = await self._merge.audit(connection, sorted(pending), bound)
            if self._follow is not None and not pending:
                found = found.and_also(await self._follow.audit(connection, bound))
        return AuditReport.of(self.name, found, pending=len(pending))

    async def differing(self, connection: AsyncConnection[Any], keys: Sequence[Any]) -> list[Any]:
        """Return those of ``keys`` whose rows a recompute would change, leaving out keys that wait for a run."""
        async with one_snapshot(connection):
            values = await self._parameters(connection)
            windows = await self._peek(connection)
            if values is None or self._owes_rebuild(windows, values):
                return []
            now = _latest(window.instant(window.after) for window in windows)
            swept = [window.after for window in windows if isinstance(window, SweepWindow)]  # whoever is beyond waits
            rest = [None if isinstance(window, SweepWindow) else window.rest(now) for window in windows]
            pending, _ = await self._keys(connection, rest, now)
            if None in pending:
                return []
            settled = [key for key in keys if key not in pending and all(key <= after for after in swept)]
            return await self._merge.differing(connection, settled, {**values, **_times(windows, now)})

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would change now, writing nothing; keys that wait for a run are part of it."""
        async with one_snapshot(connection):
            values = await self._parameters(connection)
            if values is None:
                return AuditReport(name=self.name)
            windows = await self._peek(connection)
            now = _latest(window.instant(window.frontier) for window in windows)
            found = await self._merge.audit(connection, [], {**values, **_times(windows, now)})
        return AuditReport.of(self.name, found)

    async def _run_whole(
        self,
        connection: AsyncConnection[Any],
        fence: Fence | None,
        windows: Sequence[AnyWindow],
        values: Mapping[str, Any],
    ) -> RunReport:
        reserved = [await window.reserve(connection) for window in windows]
        return await self._run(connection, fence, [window.whole() for window in reserved], values, whole=True)

    async def _run(
        self,
        connection: AsyncConnection[Any],
        fence: Fence | None,
        windows: Sequence[AnyWindow],
        values: Mapping[str, Any],
        *,
        whole: bool,
        grows: bool = True,
    ) -> RunReport:
        keys: list[Any] | None = None if self.sweep is None else []
        rows, left = 0, 0
        async with fenced(connection, fence, whole=whole, flushed=self._flushed):
            if not await lock(connection, windows):
                return RunReport.lost_to_another(self.name)
            now = _latest(window.instant(window.upto) for window in windows)
            if not whole:
                found, rows = await self._keys(connection, windows, now)
                if None in found or (grows and await self._are_too_many(connection, found)):
                    await allow_whole_pass(connection)
                    windows = [window.whole() for window in windows]
                    now = _latest(window.instant(window.upto) for window in windows)
                else:
                    keys, left = await self._take(connection, found)
            bound = {**values, **_times(windows, now)}
            written = await self._merge.write(connection, keys, bound)
            if self._follow is not None:
                await self._follow.refresh(connection, {**bound, "keys": keys})
            await advance(connection, windows, signature=self._signature(values))
        return RunReport(
            name=self.name,
            keys=written.computed if keys is None else len(keys),
            rows_read=written.computed if keys is None else rows,
            inserted=written.inserted,
            updated=written.updated,
            deleted=written.deleted,
            moved=tuple(moved for window in windows for moved in window.moved()),
            more=left > 0 or written.beyond > 0 or any(window.has_more for window in windows),
        )

    async def _take(self, connection: AsyncConnection[Any], found: Collection[Any]) -> tuple[list[Any], int]:
        """Return the keys of this run in order, and how many were left to the next one."""
        if self._put_off is None or len(found) <= self._put_off.keys_max:
            return sorted(found), 0
        ordered = list(found)
        left = ordered[self._put_off.keys_max :]
        await log_keys(connection, self._put_off.stream, left)
        return sorted(ordered[: self._put_off.keys_max]), len(left)

    async def _peek(self, connection: AsyncConnection[Any]) -> list[AnyWindow]:
        return [await dirty.feed.peek(connection) for dirty in self._dirty]

    async def _keys(
        self, connection: AsyncConnection[Any], windows: Sequence[AnyWindow | None], now: datetime | None
    ) -> tuple[Collection[Any], int]:
        """Return what the windows name, each key once and in the order of the feeds, and by how many rows.

        Where a feed names all keys, that alone.
        """
        keys: dict[Any, None] = {}
        rows = 0
        for dirty, window in zip(self._dirty, windows, strict=True):
            if window is None or window.is_quiet:
                continue
            async with connection.cursor(row_factory=tuple_row) as cursor:
                await cursor.execute(dirty.keys, {"now": now, **window.bounds()}, prepare=False)
                for key, count in await cursor.fetchall():
                    keys[key] = None
                    rows += count
                if None in keys:
                    return (None,), rows
        return keys, rows

    async def _are_too_many(self, connection: AsyncConnection[Any], keys: Collection[Any]) -> bool:
        """One pass over everything costs less than that many keys one by one.

        Of n shared rows that differ, r at a turn, each is read once for every turn that it waits: n * n / 2r readings.
        """
        if len(keys) < REBUILD_KEYS_MIN:
            return False
        name = self.target.name if self.sweep is None else (self.sweep.table,)
        async with connection.cursor(row_factory=tuple_row) as cursor:
            found = await (await cursor.execute(TARGET_ROWS, {"name": list(name)})).fetchone()
        if found is None:
            return False
        if self.sweep is not None and self.target.shared is not None:
            return len(keys) ** 2 > int(2 * self.target.shared.rows_max * found[0])
        return len(keys) > float(self._rebuild_share * found[0])

    def _owes_rebuild(self, windows: Sequence[AnyWindow], values: Mapping[str, Any]) -> bool:
        return (
            not any(window.is_open for window in windows)
            or any(window.needs_rebuild for window in windows)
            or self._is_stale(windows, values)
        )

    def _is_stale(self, windows: Sequence[AnyWindow], values: Mapping[str, Any]) -> bool:
        remembered = {window.signature for window in windows} - {None}
        return bool(remembered) and remembered != {self._signature(values)}

    def _signature(self, values: Mapping[str, Any]) -> str:
        definition = msgspec.json.encode([self._version, dict(values)], order="deterministic")
        return f"v{self._version}:{hashlib.sha256(definition).hexdigest()[:16]}"


def _edits_last(windows: Sequence[AnyWindow]) -> list[AnyWindow]:
    """Leave edits until a backlog of blocks is through, so that what happened first is judged first."""
    is_behind = any(isinstance(window, StampWindow) and window.has_more for window in windows)
    return [
        msgspec.structs.replace(window, upto=window.after) if is_behind and isinstance(window, EditWindow) else window
        for window in windows
    ]


async def _from_here(window: AnyWindow, connection: AsyncConnection[Any]) -> AnyWindow:
    """Return a window to go on with; where there is no position to go on from, one that starts at the frontier."""
    return window if window.is_open else (await window.reserve(connection)).from_now()


def _times(windows: Sequence[AnyWindow], now: datetime | None) -> dict[str, datetime | None]:
    return {"now": now, "clock": _latest(window.instant(window.frontier) for window in windows)}


def _latest(instants: Iterable[datetime | None]) -> datetime | None:
    """Return what "now" is to the query: where the foremost of its clocks stands, None without a clock."""
    return max((instant for instant in instants if instant is not None), default=None)
