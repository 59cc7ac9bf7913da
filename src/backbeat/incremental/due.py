"""Keys that become due by the passage of time alone: a release that is scheduled, a play that leaves the last week.

The position is the instant up to which due keys have been taken: none is missed over a downtime, none comes twice. It
is also what "now" means to the recompute: the target is a function of the base rows and that instant, whatever the
clock says since. A row whose time lies behind the position already when it is written must come by another feed.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Self

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import Literal

from backbeat.db.query import value
from backbeat.db.sql import compose, load, rendered
from backbeat.db.together import Question
from backbeat.incremental.ledger import Ledger
from backbeat.incremental.sight import AFTER, NOW, Kind, Sight
from backbeat.incremental.window import Window

BLOCK_TIME = load(__package__, "block_time.sql")
CLOCKS = Ledger(
    name="clocks",
    open=load(__package__, "clocks_open.sql"),
    advance=load(__package__, "clocks_advance.sql"),
    position="timestamptz",
)

Now = Callable[[AsyncConnection[Any]], Awaitable[datetime]]
"""What time it is. If it goes backwards, nothing is due until it is past the position again.

By more than an hour, ``change_log.expire`` sets the position back (``clocks_set_back.sql``).
"""


async def chain_time(connection: AsyncConnection[Any]) -> datetime:
    """Return the time of the newest committed block; the beginning of time before the first."""
    newest = await value(connection, BLOCK_TIME)
    return newest.replace(tzinfo=UTC) if newest else datetime.fromtimestamp(0, UTC)


class DueWindow(Window[datetime], frozen=True, kw_only=True):
    """The rows that become due in (after, upto], ``delay`` after the instant that they hold."""

    ledger: ClassVar[Ledger] = CLOCKS

    delay: timedelta

    def bounds(self) -> dict[str, Any]:
        """Return the bounds of the column itself, before the delay."""
        return {"after": self.after - self.delay, "upto": self.upto - self.delay}

    def pending(self, now: datetime | None) -> Self:
        """Return what another clock of the same derivation is ahead by."""
        return msgspec.structs.replace(self, upto=max(self.after, now or self.after))

    @staticmethod
    def figure(position: datetime) -> int:
        """Return seconds since 1970."""
        return int(position.timestamp())

    @staticmethod
    def instant(position: datetime) -> datetime:
        """Return the position."""
        return position


class Due(msgspec.Struct, frozen=True):
    """Rows whose time has come. The derivation's query binds ``now``."""

    checkpoint: str
    """The position's name."""

    table: str | tuple[str, str]
    """A table, or a view."""

    column: str
    """The time that a row holds: indexed, UTC if it is without a time zone."""

    rows_max: int
    """At most so many in a window; rows of one instant stay together, however many."""

    delay: timedelta = timedelta()
    """How long after the time that it holds a row is due."""

    clock: Now | None = None
    """Tells the time; None: the database's clock."""

    async def question(self, connection: AsyncConnection[Any]) -> Question[DueWindow]:
        """Return what to ask for the window."""
        values = {
            "checkpoint": self.checkpoint,
            "rows_max": self.rows_max,
            "delay": self.delay,
            "now": await self.clock(connection) if self.clock else None,
        }
        return Question(DueWindow, _window(self.table, self.column), values)

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""
        return Sight(Kind.CLOCKS, self.checkpoint, _newest(self.table, self.column, self.delay), clock=self.clock)


@cache
def _window(table: str | tuple[str, str], column: str) -> bytes:
    return rendered(__package__, "due_window.sql", table=table, column=column)


@cache
def _newest(table: str | tuple[str, str], column: str, delay: timedelta) -> str:
    names = {"table": table, "column": column, "delay": Literal(delay), "after": AFTER, "now": NOW}
    return compose(__package__, "due_newest.sql", **names).as_string()
