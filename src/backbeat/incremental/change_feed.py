"""What changed in tables whose rows carry no block stamp or have other writers: keys from the change log.

Statement triggers (``backbeat.capture``, db/schema/captures) append the keys of the rows that a statement touched, with
its transaction. A consumer reads what became visible between two snapshots: a transaction that commits late is in the
next interval, whatever its id; one that aborts never is, and one that is prepared is when it commits. So rows committed
out of order are neither missed nor repeated.
"""

from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Self

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.db.together import Question
from backbeat.incremental.ledger import Ledger
from backbeat.incremental.sight import Kind, Sight
from backbeat.incremental.window import Window

WINDOW = load(__package__, "changes_window.sql")
RESERVE = load(__package__, "consumers_reserve.sql")
CONSUMERS = Ledger(
    name="consumers",
    open=None,
    advance=load(__package__, "consumers_advance.sql"),
    position="pg_snapshot",
)


class ChangeWindow(Window[str], frozen=True, kw_only=True):
    """The log rows of ``stream`` that the snapshot ``upto`` sees and ``after`` does not.

    ``lost``: the snapshot is not one of this cluster's history (a dump was restored), or there is none. ``reserved``:
    the position is good, but the rebuild that it was made for has not been done yet.
    """

    ledger: ClassVar[Ledger] = CONSUMERS

    stream: str
    lost: bool
    reserved: bool

    @property
    def is_short(self) -> bool:
        """The log is read by its index, and the planner knows nothing of what stands in it."""
        return True

    @property
    def is_open(self) -> bool:
        """The position is on record, and owes no rebuild."""
        return self.known and not self.reserved

    @property
    def needs_rebuild(self) -> bool:
        """What changed since the last run cannot be told."""
        return self.lost

    def skip_to_frontier(self) -> Self:
        """Return the window of a feed that starts where it was reserved; from there on nothing is forgotten."""
        return msgspec.structs.replace(self, upto=self.after, last=self.after)

    def bounds(self) -> dict[str, Any]:
        """Return what ``backbeat.changed_keys`` asks for."""
        return {"stream": self.stream, "after": self.after, "upto": self.names_upto}

    async def reserve(self, connection: AsyncConnection[Any]) -> Self:
        """Take a position that pruning respects, before the rebuild that reads everything up to it."""
        if not self.lost or self.reserved:
            return self
        values = {"checkpoint": self.checkpoint, "stream": self.stream}
        made = await value(connection, RESERVE, values)
        if made is None:
            return self  # another worker was quicker, which the lock will find
        return msgspec.structs.replace(self, known=True, after=made, frontier=made, reserved=True)

    def pending(self, now: datetime | None) -> Self:  # noqa: ARG002 - snapshots know no time
        """Return everything that this transaction sees and no run has taken."""
        return self.whole()

    @staticmethod
    def figure(position: str) -> int:
        """Return the snapshot's upper bound."""
        return int(position.split(":")[1])


class EditWindow(ChangeWindow, frozen=True, kw_only=True):
    """As a ChangeWindow, of the keys of some ``kinds``. A position that is missing begins at the frontier.

    One that was lost is answered with a rebuild where that gives what runs would have given (``rebuilds``).
    """

    kinds: tuple[str, ...]
    rebuilds: bool

    @property
    def is_open(self) -> bool:
        """The position is on record, of this cluster's history, and owes no rebuild."""
        return self.known and not self.lost

    @property
    def needs_rebuild(self) -> bool:
        """Edits cannot be told any more, and all keys may be recomputed instead."""
        return self.known and self.lost and self.rebuilds

    @property
    def is_optional(self) -> bool:
        """Edits come beside what other feeds tell."""
        return True

    def left(self, *, named: bool) -> Self:
        """Return the window of what waits until something is on again: the position stays, also beside a rebuild.

        What was edited by now may have been before it was switched off, so the run that comes to that names it.
        """
        told = self.last if named and self.is_open and not self.is_quiet else None
        return msgspec.structs.replace(self, upto=self.after, last=self.after, frontier=self.after, told=told)

    def pending(self, now: datetime | None) -> Self:
        """Return everything that this transaction sees and no run has taken or named."""
        return super().pending(now) if self.told is None else msgspec.structs.replace(self, upto=self.told)

    def bounds(self) -> dict[str, Any]:
        """Return what ``backbeat.changed_keys`` asks for, and the kinds."""
        return {**super().bounds(), "kinds": list(self.kinds)}


class ChangeFeed(msgspec.Struct, frozen=True):
    """Keys of ``stream`` in the change log, at most ``rows_max`` in a window.

    A window ends between transactions, never inside one: one with more keys than ``rows_max`` is taken whole. A feed's
    statement reads ``backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s)``; the key NULL stands for all keys.
    """

    checkpoint: str
    stream: str
    rows_max: int

    async def question(self, connection: AsyncConnection[Any]) -> Question[ChangeWindow]:  # noqa: ARG002 - some ask the session for the time
        """Return what to ask for the window."""
        values = {"checkpoint": self.checkpoint, "stream": self.stream, "rows_max": self.rows_max}
        return Question(ChangeWindow, WINDOW, values, is_fixed=True)

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""
        return Sight(Kind.CHANGES, self.checkpoint, asked=self.stream)


class EditFeed(ChangeFeed, frozen=True):
    """Keys of the form kind:id, of some ``kinds``: edits by other writers of tables that a BlockFeed follows.

    It comes beside BlockFeeds, so a derivation that has run without it goes on from where it stands. ``rebuilds``: see
    EditWindow. A feed's statement binds ``kinds`` as well.
    """

    kinds: tuple[str, ...]
    rebuilds: bool = True

    async def question(self, connection: AsyncConnection[Any]) -> Question[EditWindow]:  # noqa: ARG002 - some ask the session for the time
        """Return what to ask for the window."""
        made = partial(EditWindow, kinds=self.kinds, rebuilds=self.rebuilds)
        values = {"checkpoint": self.checkpoint, "stream": self.stream, "rows_max": self.rows_max}
        return Question(made, WINDOW, values, is_fixed=True)
