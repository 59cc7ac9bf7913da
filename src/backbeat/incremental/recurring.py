"""Keys that become due again and again: an age that grows by days, a play that leaves one window after the other.

As with :mod:`backbeat.incremental.due`, the position is an instant, and the latest one is what "now" means to the
recompute. However many delays there are, looking is one statement and the position is one.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load, rendered
from backbeat.db.together import Question
from backbeat.incremental.due import DueWindow, Now
from backbeat.incremental.sight import NOW, Kind, Sight, bound, moved

MOVED = load(__package__, "recurring_moved.sql")
MICROSECOND = timedelta(microseconds=1)


class RecurringWindow(DueWindow, frozen=True, kw_only=True):
    """What becomes due in (after, upto], one of the ``delays`` after the instant that a row holds."""

    delays: list[int]
    keys_max: int

    def bounds(self) -> dict[str, Any]:
        """Return the bounds, the delays in microseconds, and beyond how many keys all are meant."""
        return {"after": self.after, "upto": self.upto, "delays": self.delays, "keys_max": self.keys_max}


class Recurring(msgspec.Struct, frozen=True):
    """Rows whose time plus any one of some delays has come.

    A window reaches up to the clock, because a key comes once however often it was due. The feed's statement binds
    ``after`` and ``upto``, between which the time plus a delay lies, ``delays`` in microseconds, and ``keys_max``.
    """

    checkpoint: str
    """The position's name."""

    table: str | tuple[str, str]
    """A table, or a view."""

    column: str
    """The time that a row holds: indexed, UTC if it is without a time zone."""

    delays: tuple[timedelta, ...]
    """How long after the time that it holds a row is due, each time."""

    keys_max: int
    """Where more keys are due, the feed's statement names all keys (NULL)."""

    clock: Now | None = None
    """Tells the time; None: the database's clock."""

    time_of_day: str | None = None
    """Where all delays are whole days: the column, indexed, that holds the time of day of ``column``, which is UTC."""

    async def question(self, connection: AsyncConnection[Any]) -> Question[RecurringWindow]:
        """Return what to ask for the window."""
        now = await self.clock(connection) if self.clock else None
        return Question(RecurringWindow, self._window(), self._values(now))

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""
        window = bound(self._window().decode(), self._values(NOW))
        return Sight(Kind.OWN, self.checkpoint, moved(MOVED, window), clock=self.clock)

    def _window(self) -> bytes:
        return _window(self.table, self.column, self.time_of_day)

    def _values(self, now: object) -> dict[str, Any]:
        return {
            "checkpoint": self.checkpoint,
            "delays": [delay // MICROSECOND for delay in self.delays],
            "keys_max": self.keys_max,
            "now": now,
        }


def days(*ranges: range | Sequence[int]) -> tuple[timedelta, ...]:
    """Return delays of so many days each."""
    return tuple(timedelta(days=day) for some in ranges for day in some)


@cache
def _window(table: str | tuple[str, str], column: str, time_of_day: str | None) -> bytes:
    if time_of_day is None:
        return rendered(__package__, "recurring_window.sql", table=table, column=column)
    return rendered(__package__, "recurring_days_window.sql", table=table, column=column, time_of_day=time_of_day)
