"""Going round a table, evenly over a stated time, whatever its size: which keys are due to be looked at.

Verification must not rely on the feeds that it checks, so it goes by keys and by time alone.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import Literal

from backbeat.db.sql import compose, load, rendered
from backbeat.db.together import Question
from backbeat.incremental.due import Now
from backbeat.incremental.report import Moved
from backbeat.incremental.sight import NOW, PLACE, Kind, Sight
from backbeat.incremental.window import AnyWindow, Window

ADVANCE = load(__package__, "rolling_advance.sql")


class RoundPlace(NamedTuple):
    """When the round began, None before the first, and the last key that it has looked at."""

    started_at: datetime | None
    key: int


class Rounds(NamedTuple):
    """Where rounds are kept. To move one is to lock it: two workers never look at the same keys."""

    name: str

    async def hold(self, connection: AsyncConnection[Any], windows: Sequence[AnyWindow]) -> bool:
        """Move the rounds on, before the keys are worked on: False if another worker did."""
        return all([await _move(connection, window.checkpoint, window.after, window.upto) for window in windows])

    async def move(self, connection: AsyncConnection[Any], windows: Sequence[AnyWindow]) -> None:
        """Undo that for those that stay: the same keys come in the next slice too."""
        for window in windows:
            if isinstance(window, Slice) and window.stays:
                back = window.upto._replace(key=window.after.key)
                await _move(connection, window.checkpoint, window.upto, back)


class Slice(Window[RoundPlace], frozen=True, kw_only=True):
    """The keys that are due."""

    ledger: ClassVar[Rounds] = Rounds("rounds")

    keys: list[int]
    """The keys."""

    is_full: bool
    """More keys are due than fit."""

    stays: bool = False
    """The round stays where it was."""

    @property
    def has_more(self) -> bool:
        """More keys are due than fit."""
        return self.is_full

    def stay(self) -> Self:
        """Return the slice of a run that could not do its work for all keys."""
        return msgspec.structs.replace(self, stays=True)

    def moved(self) -> tuple[Moved, ...]:
        """Return nothing: that a round goes on is no news."""
        return ()


class Found(NamedTuple):
    """A slice as the statement answers it."""

    began_at: datetime | None
    """When the round began that it goes on with."""

    started_at: datetime
    """When the round began that it is part of."""

    after: int
    """The last key that was looked at."""

    upto: int
    """The last key of the slice."""

    keys: list[int]
    """Those that are due."""

    is_full: bool
    """More keys are due than fit."""


class Rolling(msgspec.Struct, frozen=True):
    """The keys of a table in order, again and again. After a stand-still the round catches up."""

    name: str
    """The round's."""

    table: str
    """Whose keys they are."""

    column: str
    """An indexed number, zero or more."""

    seconds: int
    """A round takes so long, whatever the size of the table."""

    keys_max: int
    """At most so many keys are in a slice."""

    clock: Now | None = None
    """Tells the time; None: the database's clock."""

    @property
    def checkpoint(self) -> str:
        """Return the name of the round."""
        return self.name

    async def question(self, connection: AsyncConnection[Any]) -> Question[Slice]:
        """Return what to ask for the slice."""
        values = {
            "name": self.name,
            "seconds": self.seconds,
            "keys_max": self.keys_max,
            "now": await self.clock(connection) if self.clock else None,
        }
        return Question(self._made_of, _slice(self.table, self.column), values)

    def sight(self) -> Sight:
        """Return how a glance asks whether any key is due."""
        probe = compose(
            __package__,
            "rolling_moved.sql",
            name=Literal(self.name),
            table=self.table,
            column=self.column,
            seconds=Literal(self.seconds),
            place=PLACE,
            now=NOW,
        )
        return Sight(Kind.OWN, self.checkpoint, probe.as_string(), clock=self.clock)

    def _made_of(self, **columns: Any) -> Slice:
        found = Found(**columns)
        upto = RoundPlace(found.started_at, found.upto)
        return Slice(
            checkpoint=self.name,
            known=found.began_at is not None,
            signature=None,
            after=RoundPlace(found.began_at, found.after),
            upto=upto,
            last=upto,
            frontier=upto,
            keys=found.keys,
            is_full=found.is_full,
        )


async def _move(connection: AsyncConnection[Any], name: str, before: RoundPlace, after: RoundPlace) -> bool:
    values = {
        "name": name,
        "began_at": before.started_at,
        "after": before.key,
        "started_at": after.started_at,
        "upto": after.key,
    }
    return (await connection.execute(ADVANCE, values)).rowcount == 1


@cache
def _slice(table: str, column: str) -> bytes:
    return rendered(__package__, "rolling_slice.sql", table=table, column=column)
