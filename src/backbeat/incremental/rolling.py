"""Going round a table, evenly over a stated time, whatever its size: which keys are due to be looked at.

Verification must not rely on the feeds that it checks, so it goes by keys and by time alone.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import Composed

from backbeat.db.sql import compose, load

ADVANCE = load(__package__, "rolling_advance.sql")

Now = Callable[[AsyncConnection[Any]], Awaitable[datetime]]


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The keys whose turn it is.

    ``began_at``, ``after``: where the round was. ``started_at``, ``upto``: where it goes.
    """

    name: str
    began_at: datetime | None
    started_at: datetime
    after: int
    upto: int
    keys: list[int]
    has_more: bool

    @property
    def is_quiet(self) -> bool:
        """Nothing is due."""
        return self.began_at == self.started_at and self.after == self.upto

    async def advance(self, connection: AsyncConnection[Any]) -> bool:
        """Move the round on, before the keys are worked on: False if another worker did, and then they are not ours."""
        values = {name: getattr(self, name) for name in ("name", "began_at", "started_at", "after", "upto")}
        return (await connection.execute(ADVANCE, values)).rowcount == 1

    async def retreat(self, connection: AsyncConnection[Any]) -> None:
        """Undo :meth:`advance` in the same transaction: the same keys have the next turn too."""
        back = msgspec.structs.replace(self, began_at=self.started_at, after=self.upto, upto=self.after)
        await back.advance(connection)


class Rolling(msgspec.Struct, frozen=True):
    """The keys of ``table`` in order, all of them in ``seconds``, at most ``keys_max`` at a time.

    ``column`` is an indexed number, zero or more. After a stand-still the round catches up. ``clock``: the database's,
    unless given.
    """

    name: str
    table: str
    column: str
    seconds: int
    keys_max: int
    clock: Now | None = None

    async def peek(self, connection: AsyncConnection[Any]) -> Turn:
        """Return whose turn it is, without locking or writing anything."""
        values = {
            "name": self.name,
            "seconds": self.seconds,
            "keys_max": self.keys_max,
            "now": await self.clock(connection) if self.clock else None,
        }
        async with connection.cursor(row_factory=class_row(Turn)) as cursor:
            found = await (await cursor.execute(_turn(self.table, self.column), values)).fetchone()
        assert found is not None  # noqa: S101 - the statement answers exactly one row
        return found


@cache
def _turn(table: str, column: str) -> Composed:
    return compose(__package__, "rolling_turn.sql", table=table, column=column)
