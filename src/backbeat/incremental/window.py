"""What every feed has in common: it tells what is new since a position, and the position moves with the work.

A feed looks (:meth:`Feed.peek`) without locking anything, so a quiet tick costs one statement. Only who has something
to do locks the positions, which also proves that nobody else has moved them since.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, ClassVar, Generic, LiteralString, NamedTuple, Protocol, Self, TypeVar

import msgspec
from psycopg import AsyncConnection

from backbeat.incremental.report import Moved

P = TypeVar("P")


class Ledger(NamedTuple):
    """Where positions of one kind are kept, as the statements that make, lock and move them.

    All bind ``names``; ``open`` and ``advance`` also ``positions``, and ``advance`` a ``signature`` that replaces the
    remembered one unless NULL. ``lock`` answers (name, position). ``open`` is None where :meth:`Window.reserve` opens.
    """

    open: LiteralString | None
    lock: LiteralString
    advance: LiteralString


class Window(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """What lies behind the position ``after``, up to and with ``upto``. ``known``: the position is on record.

    ``upto`` equals ``after`` when there is nothing new. ``last`` is where the newest change lies; ``frontier``, never
    before ``after``, is up to where changes could be told.
    """

    ledger: ClassVar[Ledger]

    checkpoint: str
    known: bool
    signature: str | None
    after: P
    upto: P
    last: P
    frontier: P

    @property
    def is_quiet(self) -> bool:
        """Nothing new."""
        return self.upto == self.after

    @property
    def has_more(self) -> bool:
        """The batch limit left a rest."""
        return self.upto != self.last

    @property
    def is_open(self) -> bool:
        """The position is on record, and good to go on from."""
        return self.known

    @property
    def needs_rebuild(self) -> bool:
        """What changed cannot be told any more."""
        return False

    @property
    def is_optional(self) -> bool:
        """Where nothing of the past may be judged, what it would have told is done without."""
        return False

    def bounds(self) -> dict[str, Any]:
        """Return the values that a feed's statement binds."""
        return {"after": self.after, "upto": self.upto}

    def whole(self) -> Self:
        """Return the window of a recompute of all keys: what that reads holds at least what the frontier promises."""
        return msgspec.structs.replace(self, upto=self.frontier, last=self.frontier)

    def from_now(self) -> Self:
        """Return the window of a feed that starts here."""
        return msgspec.structs.replace(self.whole(), after=self.frontier)

    async def reserve(self, connection: AsyncConnection[Any]) -> Self:  # noqa: ARG002 - kinds that need it do
        """Make sure, before a rebuild and on an autocommit connection, that nothing is forgotten from here on."""
        return self

    def rest(self, now: datetime | None) -> Self:
        """Return everything that no run has taken yet, as of ``now``."""
        raise NotImplementedError

    def moved(self) -> tuple[Moved, ...]:
        """Return where the position goes, as figures to show."""
        if self.known and self.is_quiet:
            return ()
        return (Moved(self.checkpoint, self.figure(self.after), self.figure(self.upto)),)

    @staticmethod
    def figure(position: P) -> int:
        """Return a position as a number that grows."""
        raise NotImplementedError

    @staticmethod
    def instant(position: P) -> datetime | None:  # noqa: ARG004 - only positions in time are instants
        """Return the instant that a position in time is, None for all others."""
        return None


AnyWindow = Window[Any]


class Feed(Protocol):
    """Tells what is new. No two derivations share a position."""

    @property
    def checkpoint(self) -> str:
        """Return the name of its position."""

    async def peek(self, connection: AsyncConnection[Any]) -> AnyWindow:
        """Return what is new, without locking or writing anything."""


async def lock(connection: AsyncConnection[Any], windows: Sequence[AnyWindow]) -> bool:
    """Lock the windows' positions, making those that are missing, until the transaction ends.

    False if another worker has moved one since the windows were looked up; then they must not be used. A second
    worker waits here, so two of them never work on the same rows, lease or no lease.
    """
    for ledger, kept in _by_ledger(windows):
        missing = [window for window in kept if not window.known]
        if missing and ledger.open is not None:
            await connection.execute(ledger.open, _columns(missing, lambda window: window.after))
        names = [window.checkpoint for window in kept]
        locked = await (await connection.execute(ledger.lock, {"names": names})).fetchall()
        if dict(locked) != {window.checkpoint: window.after for window in kept}:
            return False
    return True


async def advance(
    connection: AsyncConnection[Any], windows: Sequence[AnyWindow], *, signature: str | None = None
) -> None:
    """Move the positions to where the windows end; ``signature`` replaces the remembered one unless None."""
    for ledger, kept in _by_ledger(windows):
        values = _columns(kept, lambda window: window.upto)
        await connection.execute(ledger.advance, {**values, "signature": signature})


def _by_ledger(windows: Sequence[AnyWindow]) -> Iterable[tuple[Ledger, list[AnyWindow]]]:
    """Group windows by where they are kept, always in the same order, so that two workers cannot lock crosswise."""
    ordered = sorted(windows, key=lambda window: (window.ledger.lock, window.checkpoint))
    for ledger, kept in groupby(ordered, key=lambda window: window.ledger):
        yield ledger, list(kept)


def _columns(windows: Sequence[AnyWindow], position: Callable[[AnyWindow], Any]) -> dict[str, list[Any]]:
    return {
        "names": [window.checkpoint for window in windows],
        "positions": [position(window) for window in windows],
    }
