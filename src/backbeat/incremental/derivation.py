"""A derived table with one definition, run three ways: incremental, rebuild, audit.

The definition is one query, keys in and rows out. Reading, writing and the checkpoints are one transaction, so a crash
at any statement loses and repeats nothing.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, LiteralString

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from backbeat.incremental import feed as feeds
from backbeat.incremental.feed import BlockFeed, Window
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.report import AuditReport, Moved, RunReport
from backbeat.incremental.transaction import Fence, fenced, one_snapshot

STAMP_MAX = 2**62  # above every stamp

Parameters = Callable[[AsyncConnection[Any]], Awaitable[Mapping[str, Any] | None]]
"""What the recompute query binds besides ``keys``, read anew on every run; None: the derivation is switched off."""


class Dirty(msgspec.Struct, frozen=True):
    """A feed, and the statement that turns its rows into keys.

    The statement binds ``after`` and ``upto`` and answers (key, rows): every key once, with how many rows named it.
    """

    feed: BlockFeed
    keys: LiteralString


async def no_parameters(_connection: AsyncConnection[Any]) -> Mapping[str, Any]:
    """Return the parameters of a query that needs none."""
    return {}


class Derivation:
    """Rows that are a function of the base tables, recomputed for the keys whose input changed.

    ``query`` binds ``keys`` (NULL for all) and the parameters. A change of the parameters or of ``version`` answers the
    next run with a rebuild, and so does a first run; checkpoints that an adopted database brings are taken as they are,
    and a feed that it does not know starts at the frontier.
    """

    def __init__(
        self,
        name: str,
        *,
        dirty: Sequence[Dirty],
        query: LiteralString,
        target: Target,
        parameters: Parameters = no_parameters,
        version: int = 1,
    ) -> None:
        self.name = name
        self.target = target
        self._dirty = tuple(dirty)
        self._merge = Merge(query, target)
        self._parameters = parameters
        self._version = version

    async def incremental(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Recompute what changed since the last run; ``connection`` must be in autocommit mode."""
        values = await self._parameters(connection)
        if values is None:
            return RunReport(name=self.name)
        windows = [await dirty.feed.peek(connection) for dirty in self._dirty]
        if not any(window.known for window in windows) or self._is_stale(windows, values):
            return await self._run(connection, fence, [_whole(window) for window in windows], values, whole=True)
        windows = [window if window.known else _from_now(window) for window in windows]
        if all(window.known and window.is_quiet for window in windows):
            return RunReport(name=self.name)
        return await self._run(connection, fence, windows, values, whole=False)

    async def rebuild(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Recompute all keys and take the checkpoints to the frontier."""
        values = await self._parameters(connection)
        if values is None:
            return RunReport(name=self.name)
        windows = [_whole(await dirty.feed.peek(connection)) for dirty in self._dirty]
        return await self._run(connection, fence, windows, values, whole=True)

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare the target with a full recompute, in one snapshot; keys that wait for a run are left out."""
        async with one_snapshot(connection):
            values = await self._parameters(connection)
            if values is None:
                return AuditReport(name=self.name)
            windows = [await dirty.feed.peek(connection) for dirty in self._dirty]
            if self._is_stale(windows, values):
                return AuditReport(name=self.name, stale=True)
            rest = [window._replace(upto=STAMP_MAX) for window in windows]
            pending, _ = await self._keys(connection, rest)
            found = await self._merge.audit(connection, pending, values)
        return AuditReport(
            name=self.name,
            compared=found.compared,
            missing=found.missing,
            extra=found.extra,
            pending=len(pending),
            samples={"missing": found.missing_sample, "extra": found.extra_sample},
        )

    async def _run(
        self,
        connection: AsyncConnection[Any],
        fence: Fence | None,
        windows: Sequence[Window],
        values: Mapping[str, Any],
        *,
        whole: bool,
    ) -> RunReport:
        async with fenced(connection, fence, whole=whole):
            if not await feeds.lock(connection, windows):
                return RunReport(name=self.name, more=True)
            keys, rows = (None, 0) if whole else await self._keys(connection, windows)
            written = await self._merge.write(connection, keys, values)
            reached = {window.checkpoint: window.upto for window in windows}
            await feeds.advance(connection, reached, signature=self._signature(values))
        return RunReport(
            name=self.name,
            keys=written.computed if keys is None else len(keys),
            rows_read=written.computed if keys is None else rows,
            inserted=written.inserted,
            updated=written.updated,
            deleted=written.deleted,
            moved=tuple(Moved(w.checkpoint, w.after, w.upto) for w in windows if not w.known or w.upto != w.after),
            more=any(window.has_more for window in windows),
        )

    async def _keys(self, connection: AsyncConnection[Any], windows: Sequence[Window]) -> tuple[list[Any], int]:
        keys: set[Any] = set()
        rows = 0
        for dirty, window in zip(self._dirty, windows, strict=True):
            if window.is_quiet:
                continue
            async with connection.cursor(row_factory=tuple_row) as cursor:
                await cursor.execute(dirty.keys, window.bounds(), prepare=False)
                for key, count in await cursor.fetchall():
                    keys.add(key)
                    rows += count
        return sorted(keys), rows

    def _is_stale(self, windows: Sequence[Window], values: Mapping[str, Any]) -> bool:
        remembered = windows[0].signature
        return remembered is not None and remembered != self._signature(values)

    def _signature(self, values: Mapping[str, Any]) -> str:
        definition = msgspec.json.encode([self._version, dict(values)], order="deterministic")
        return f"v{self._version}:{hashlib.sha256(definition).hexdigest()[:16]}"


def _whole(window: Window) -> Window:
    """Take everything: what a recompute of all keys reads holds at least what the frontier promises."""
    upto = max(window.after, window.frontier)
    return window._replace(upto=upto, last=upto)


def _from_now(window: Window) -> Window:
    return window._replace(after=window.frontier, upto=window.frontier, last=window.frontier)
