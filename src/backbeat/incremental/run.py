"""A run, written once: look, decide, lock, work, move, report.

::

    look     Positions.peek: what every feed tells is new, nothing locked; parameters
    decide   off, quiet ──────────────────────────────► report, nothing written
             rebuild, sweep: reserve, then all keys ─┐
             follow: what is new ────────────────────┤
                                                     ▼
    lock     BEGIN, lock the positions ── another worker moved one ──► ROLLBACK, report a conflict
    work     the keeper's own statements
    move     the positions and prove the lease, which is one statement, COMMIT
    report   what the work did, where the positions went, whether more is pending

A keeper looks, decides and does its work; :func:`taking` does the rest. Work and positions are one transaction, so a
death at any statement loses and repeats nothing.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Self, TypeVar, cast

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.db.together import Question, answers
from backbeat.incremental.ledger import lock, moves
from backbeat.incremental.report import Moved, RunReport
from backbeat.incremental.transaction import Session, allow_whole_pass, fenced
from backbeat.incremental.window import AnyFeed, AnyWindow, Feed

R = TypeVar("R")
W = TypeVar("W", bound=AnyWindow)

NO_PARAMETERS: Mapping[str, Any] = {}
"""Of a keeper that has none, and cannot be switched off."""


class Positions(msgspec.Struct, frozen=True):
    """What each feed of a keeper tells is new since its position, in the order of the feeds."""

    feeds: tuple[AnyFeed, ...]
    windows: tuple[AnyWindow, ...]

    @classmethod
    async def peek(cls, connection: AsyncConnection[Any], feeds: Iterable[AnyFeed]) -> Self:
        """Look at every feed, all together, without locking or writing anything."""
        asked = tuple(feeds)
        questions = [await feed.question(connection) for feed in asked]
        return cls(asked, tuple(await answers(connection, questions)))

    @classmethod
    async def peek_beside(
        cls, connection: AsyncConnection[Any], feeds: Iterable[AnyFeed], beside: Question[R]
    ) -> tuple[Self, R]:
        """Look at every feed as :meth:`peek` does, and ask another question as of the same instant."""
        asked = tuple(feeds)
        questions = [await feed.question(connection) for feed in asked]
        *windows, found = await answers(connection, [*questions, beside])
        return cls(asked, tuple(windows)), found

    def of(self, feed: Feed[W]) -> W:
        """Return the window of one feed."""
        return cast(W, self.windows[self.feeds.index(feed)])

    def replaced(self, feed: AnyFeed, window: AnyWindow) -> Self:
        """Return these with another window for one feed."""
        at = self.feeds.index(feed)
        return type(self)(self.feeds, (*self.windows[:at], window, *self.windows[at + 1 :]))

    def part(self, *feeds: AnyFeed) -> Self:
        """Return those of some feeds alone."""
        return type(self)(feeds, tuple(self.of(feed) for feed in feeds))

    def each(self, change: Callable[[AnyWindow], AnyWindow]) -> Self:
        """Return these with every window changed."""
        return type(self)(self.feeds, tuple(map(change, self.windows)))

    @property
    def are_known(self) -> bool:
        """All are on record."""
        return all(window.known for window in self.windows)

    @property
    def are_new(self) -> bool:
        """None is good to go on from."""
        return not any(window.is_open for window in self.windows)

    @property
    def are_quiet(self) -> bool:
        """No feed tells anything new."""
        return all(window.is_quiet for window in self.windows)

    @property
    def are_open(self) -> bool:
        """All are good to go on from."""
        return all(window.is_open for window in self.windows)

    @property
    def need_rebuild(self) -> bool:
        """A feed cannot tell any more what changed."""
        return any(window.needs_rebuild for window in self.windows)

    @property
    def have_more(self) -> bool:
        """A batch limit left something for the next run."""
        return any(window.has_more for window in self.windows)

    def are_stale(self, signature: str | None) -> bool:
        """Tell whether a run with another definition or other parameters moved them last."""
        remembered = {window.signature for window in self.windows} - {None}
        return signature is not None and bool(remembered) and remembered != {signature}

    @property
    def stood_at(self) -> datetime | None:
        """Return what "now" was to the last run: where the foremost of the clocks stands, None without a clock."""
        return _latest(window.instant(window.after) for window in self.windows)

    @property
    def now(self) -> datetime | None:
        """Return what "now" is to this run."""
        return _latest(window.instant(window.upto) for window in self.windows)

    @property
    def clock(self) -> datetime | None:
        """Return what time it is, None without a clock."""
        return _latest(window.instant(window.frontier) for window in self.windows)

    def whole(self) -> Self:
        """Return the positions of a recompute of all keys."""
        return self.each(lambda window: window.whole())

    def pending(self) -> Self:
        """Return everything that no run has taken yet."""
        now = self.stood_at
        return self.each(lambda window: window.pending(now))

    def missing(self) -> Self:
        """Return those that there is nothing to go on from."""
        return self.part(*[feed for feed, window in zip(self.feeds, self.windows, strict=True) if not window.is_open])

    async def reserve(self, connection: AsyncConnection[Any]) -> Self:
        """Make sure, before a rebuild and on an autocommit connection, that nothing is forgotten from here on."""
        return type(self)(self.feeds, tuple([await window.reserve(connection) for window in self.windows]))

    async def join(self, connection: AsyncConnection[Any]) -> Self:
        """Return these with those that are missing started at the frontier."""
        return type(self)(self.feeds, tuple([await _joined(window, connection) for window in self.windows]))

    async def hold(self, connection: AsyncConnection[Any]) -> bool:
        """Lock them in a transaction that leaves them where they are; False if another worker has moved one."""
        return await lock(connection, self.windows)

    def moved(self) -> tuple[Moved, ...]:
        """Return where they go, as figures to show."""
        return tuple(moved for window in self.windows for moved in window.moved())


NOTHING = Positions((), ())
"""Of a keeper that is switched off, which looks at nothing."""


class Missing(StrEnum):
    """What a keeper does about a position that is not on record."""

    REBUILD = "rebuild"  # recomputes all keys
    JOIN = "join"  # recomputes all keys if none is on record; otherwise starts it at the frontier
    FRONTIER = "frontier"  # starts it there; what came before stays as it is, whatever the parameters are now
    BEGINNING = "beginning"  # starts it before the first row, at once
    FIRST_ROW = "first_row"  # starts it before the first row, once there is one
    SWEEP = "sweep"  # goes through all keys by ranges, once there is a row


class Policy(NamedTuple):
    """What :func:`decide` must know of a keeper."""

    missing: Missing
    signature: str | None = None  # of its definition and parameters; None: nothing is remembered
    sweeps: bool = False  # it recomputes all keys range by range


class Action(StrEnum):
    """What a run is to do."""

    OFF = "off"  # nothing, until parameters switch the keeper on
    QUIET = "quiet"  # nothing: there is nothing new
    FOLLOW = "follow"  # take up what is new
    REBUILD = "rebuild"  # recompute all keys at once
    SWEEP = "sweep"  # begin to recompute all keys, range by range


def decide(positions: Positions, parameters: Mapping[str, Any] | None, policy: Policy) -> Action:
    """Return what a run is to do; ``parameters`` are None while the keeper is switched off."""
    if parameters is None:
        return Action.OFF
    if policy.missing in _WAITS_FOR_ROWS and positions.are_quiet:
        return Action.QUIET
    if _OWES_REBUILD[policy.missing](positions, policy.signature):
        return Action.SWEEP if policy.sweeps or policy.missing is Missing.SWEEP else Action.REBUILD
    if positions.are_open and positions.are_quiet:
        return Action.QUIET
    return Action.FOLLOW


def _lost_some(positions: Positions) -> bool:
    """Tell whether a feed was followed, and cannot tell any more what changed, and must."""
    return any(window.known and window.needs_rebuild and not window.is_optional for window in positions.windows)


_WAITS_FOR_ROWS = frozenset({Missing.FIRST_ROW, Missing.SWEEP})
_OWES_REBUILD: Mapping[Missing, Callable[[Positions, str | None], bool]] = {
    Missing.REBUILD: lambda found, kept: not found.are_known or found.need_rebuild or found.are_stale(kept),
    Missing.JOIN: lambda found, kept: found.are_new or found.need_rebuild or found.are_stale(kept),
    Missing.FRONTIER: lambda found, _: _lost_some(found),
    Missing.BEGINNING: lambda *_: False,
    Missing.FIRST_ROW: lambda *_: False,
    Missing.SWEEP: lambda found, _: found.are_new,
}


class Work(NamedTuple):
    """What a keeper did with its positions locked."""

    keys: int = 0
    """Distinct keys recomputed."""

    rows_read: int = 0
    """Rows that the feeds delivered, or that a recompute of all keys computed."""

    inserted: int = 0
    """Rows of the target that were new."""

    updated: int = 0
    """Rows of the target that changed."""

    deleted: int = 0
    """Rows of the target that vanished."""

    more: bool = False
    """Something is pending, beside what batch limits of the feeds left."""

    def and_also(self, other: "Work") -> "Work":
        """Return both as one."""
        return Work(
            self.keys + other.keys,
            self.rows_read + other.rows_read,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
            self.more or other.more,
        )


class Run:
    """A run whose transaction is open. ``is_ours``: no other worker has moved a position, so the work may be done."""

    def __init__(self, name: str, connection: AsyncConnection[Any], positions: Positions) -> None:
        self.connection = connection
        self.positions = positions
        self.is_ours = False
        self.work: Work | None = None
        self._name = name

    def did(self, work: Work) -> None:
        """Say what was done. Without it the positions stay where they are."""
        assert self.is_ours, "work without the lock may be done twice"  # noqa: S101 - a keeper that did not ask
        self.work = work

    async def widen(self) -> None:
        """Go on as a recompute of all keys."""
        await allow_whole_pass(self.connection)
        self.positions = self.positions.whole()

    def stay(self, feed: AnyFeed) -> None:
        """Leave one position where it is."""
        self.positions = self.positions.replaced(feed, self.positions.of(feed).stay())

    @property
    def report(self) -> RunReport:
        """Return the report of the run, once its transaction is over."""
        if not self.is_ours:
            return RunReport.conflicted(self._name)
        if self.work is None:
            return RunReport(name=self._name)
        did = {**self.work._asdict(), "more": self.work.more or self.positions.have_more}
        return RunReport(name=self._name, moved=self.positions.moved(), **did)


@asynccontextmanager
async def taking(
    session: Session,
    name: str,
    positions: Positions,
    *,
    signature: str | None = None,
    whole: bool = False,
    flushed: bool = True,
) -> AsyncIterator[Run]:
    """Lock the positions of the keeper ``name``, have the body do its work, move them and commit behind the fence.

    The body works if the run is ours, and says what it did. A run that is not ours is rolled back: neither a position
    that it opened is left nor what its fence would write. ``signature`` is remembered with the positions, ``whole``
    allows for a pass over everything, and without ``flushed`` the commit does not wait for the disk.
    """
    run = Run(name, session.connection, positions)
    async with fenced(session, whole=whole, flushed=flushed) as last:
        run.is_ours = await lock(session.connection, positions.windows)
        yield run
        if not run.is_ours:
            raise psycopg.Rollback
        if run.work is not None:
            last.extend(await moves(session.connection, run.positions.windows, signature=signature))


async def open_at_frontier(
    session: Session, name: str, positions: Positions, *, signature: str | None = None
) -> RunReport:
    """Open the positions that are missing at the frontier, and compute nothing; repeated it does nothing."""
    missing = positions.missing()
    if not missing.feeds:
        return RunReport(name=name)
    opened = await missing.join(session.connection)
    async with taking(session, name, opened, signature=signature) as run:
        if run.is_ours:
            run.did(Work())
    return run.report


async def _joined(window: AnyWindow, connection: AsyncConnection[Any]) -> AnyWindow:
    return window if window.is_open else (await window.reserve(connection)).skip_to_frontier()


def _latest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)
