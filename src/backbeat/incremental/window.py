"""What every feed has in common: it tells what is new since a position, and the position moves with the work.

A feed looks (:func:`peek`) without locking anything, so a quiet tick costs one statement. Only a run that has
something to do locks the positions (:mod:`backbeat.incremental.run`), which also proves that no other worker has moved
them since.
"""

from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import msgspec
from psycopg import AsyncConnection

from backbeat.db.together import Question, answer
from backbeat.incremental.ledger import Apart, Ledger
from backbeat.incremental.report import Moved
from backbeat.incremental.sight import Sight

P = TypeVar("P")


class Window(msgspec.Struct, Generic[P], frozen=True, kw_only=True):
    """What lies behind the position ``after``, up to and with ``upto``."""

    ledger: ClassVar[Ledger | Apart]
    """Where its position is kept."""

    checkpoint: str
    """The position's name."""

    known: bool
    """The position is on record."""

    signature: str | None
    """What the last run remembered of its definition and parameters."""

    after: P
    """Where the position is."""

    upto: P
    """Where it goes; ``after`` when there is nothing new."""

    last: P
    """Where the newest change lies."""

    frontier: P
    """Up to where changes could be told, never before ``after``."""

    told: P | None = None
    """Up to where it names keys, if that is beyond what the position moves to."""

    @property
    def is_quiet(self) -> bool:
        """Nothing new."""
        return self.upto == self.after and self.told is None

    @property
    def names_upto(self) -> P:
        """Up to where it names keys."""
        return self.upto if self.told is None else self.told

    @property
    def is_short(self) -> bool:
        """One plan does for its rows, whichever they are: they are few, or there is one way to them."""
        return False

    @property
    def has_more(self) -> bool:
        """The batch limit left something for the next run."""
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
        return {"after": self.after, "upto": self.names_upto}

    def whole(self) -> Self:
        """Return the window of a recompute of all keys: what that reads holds at least what the frontier promises."""
        return msgspec.structs.replace(self, upto=self.frontier, last=self.frontier, told=None)

    def skip_to_frontier(self) -> Self:
        """Return the window of a feed that starts here."""
        return msgspec.structs.replace(self.whole(), after=self.frontier)

    def stay(self) -> Self:
        """Return the window of a run that takes nothing of it and leaves the position where it is."""
        return msgspec.structs.replace(self, upto=self.after, told=None)

    def ended(self, stop: P) -> Self:
        """Return the window of what ended at ``stop``, or where the window stands if that is later."""
        ends = {name: max(self.after, min(getattr(self, name), stop)) for name in ("upto", "last", "frontier")}
        return msgspec.structs.replace(self, **ends)

    async def reserve(self, connection: AsyncConnection[Any]) -> Self:  # noqa: ARG002 - kinds that need it do
        """Make sure, before a rebuild and on an autocommit connection, that nothing is forgotten from here on."""
        return self

    def pending(self, now: datetime | None) -> Self:
        """Return everything that no run has taken yet, as of ``now``."""
        raise NotImplementedError

    def moved(self) -> tuple[Moved, ...]:
        """Return where the position goes, as figures to show."""
        if self.known and self.upto == self.after:
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
W = TypeVar("W", bound=AnyWindow)
W_co = TypeVar("W_co", bound=AnyWindow, covariant=True)


class Feed(Protocol[W_co]):
    """Tells what is new. No two keepers share a position."""

    @property
    def checkpoint(self) -> str:
        """Return the name of its position."""

    async def question(self, connection: AsyncConnection[Any]) -> Question[W_co]:
        """Return what to ask for a window of what is new; nothing is locked or written for it."""

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new, or the position owes anything else."""


AnyFeed = Feed[AnyWindow]


async def peek(connection: AsyncConnection[Any], feed: Feed[W]) -> W:
    """Return what a feed tells is new, without locking or writing anything."""
    return await answer(connection, await feed.question(connection))


class WithFirstRow(msgspec.Struct, frozen=True):
    """A feed whose keeper opens the position once there is a row: that it is not on record is no reason to run."""

    feed: AnyFeed

    @property
    def checkpoint(self) -> str:
        """Return the name of the position."""
        return self.feed.checkpoint

    async def question(self, connection: AsyncConnection[Any]) -> Question[AnyWindow]:
        """Return what to ask for the window."""
        return await self.feed.question(connection)

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""
        return self.feed.sight()._replace(opens=False)
