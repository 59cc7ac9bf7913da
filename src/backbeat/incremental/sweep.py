"""Going through all keys once, a range at a time: how a first run, or a rebuild, of many rows is done.

The position is the last key that was looked at, so a sweep that is cut off goes on where it was, each range is a
transaction of its own, and what changes meanwhile comes by the other feeds. Keys that the sweep has not come to are
pending, as those that a feed names are. A sweep that is through costs one look at its position.
"""

from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import first, value
from backbeat.db.sql import compose, load, rendered
from backbeat.db.together import Question
from backbeat.incremental.ledger import Ledger
from backbeat.incremental.sight import Kind, Sight
from backbeat.incremental.window import Window

SWEEPS = Ledger(
    name="sweeps",
    open=load(__package__, "sweeps_open.sql"),
    advance=load(__package__, "sweeps_advance.sql"),
    position="bigint",
)
IS_UNDER_WAY = load(__package__, "sweep_is_under_way.sql")

START = -1  # before every key
END = 2**31 - 1  # an integer key is not beyond it; a sweep that is there is through


class SweepWindow(Window[int], frozen=True, kw_only=True):
    """The keys with ``after < key <= upto``."""

    ledger: ClassVar[Ledger] = SWEEPS

    def whole(self) -> Self:
        """Return the window that takes nothing and leaves the sweep at its start."""
        return msgspec.structs.replace(self, upto=START, last=END)

    def skip_to_frontier(self) -> Self:
        """Return the window of a sweep that is through, because nothing has to be gone through."""
        return msgspec.structs.replace(self, after=END, upto=END, last=END)

    def pending(self, now: datetime | None) -> Self:  # noqa: ARG002 - keys know no time
        """Return every key that the sweep has not come to."""
        return msgspec.structs.replace(self, upto=END)

    @staticmethod
    def figure(position: int) -> int:
        """Return the key."""
        return position


class Sweep(msgspec.Struct, frozen=True):
    """The values of ``column``, an indexed number from zero on, in ranges of about ``rows_max`` rows of ``table``.

    Rows of one value are never parted.
    """

    checkpoint: str
    table: str
    column: str
    rows_max: int

    async def question(self, connection: AsyncConnection[Any]) -> Question[SweepWindow]:  # noqa: ARG002 - some ask the session for the time
        """Return what to ask for the window."""
        values = {"checkpoint": self.checkpoint, "rows_max": self.rows_max, "start": START, "end": END}
        return Question(SweepWindow, _window(self.table, self.column), values)

    def sight(self) -> Sight:
        """Return how a glance asks whether the sweep is through."""
        return Sight(Kind.SWEEPS, self.checkpoint)


async def is_under_way(connection: AsyncConnection[Any], sweep: Sweep | None) -> bool:
    """Tell whether a sweep has begun and is not through."""
    if sweep is None:
        return False
    values = {"checkpoint": sweep.checkpoint, "end": END}
    return await value(connection, IS_UNDER_WAY, values, prepare=False) is True


async def progress_of(connection: AsyncConnection[Any], sweep: Sweep) -> tuple[int, int] | None:
    """Return the key that the sweep has come to and the last one that there is; None where nothing is known."""
    query = compose(__package__, "sweep_progress.sql", table=sweep.table, column=sweep.column)
    found: tuple[int, int] | None = await first(
        connection, tuple, query, {"checkpoint": sweep.checkpoint}, prepare=False
    )
    if found is None or found[1] is None:
        return None
    return found


@cache
def _window(table: str, column: str) -> bytes:
    return rendered(__package__, "sweep_window.sql", table=table, column=column)
