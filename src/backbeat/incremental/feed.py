"""What changed since last time: rows stamped with a block or a play id above a checkpoint, up to the frontier.

The block loop commits whole blocks together with its cursor, so every row stamped at or below the cursor is committed
and final in its stamp: nothing appears behind a checkpoint that followed the cursor. Checkpoints live in the network's
own ``indexing_checkpoints``, under the network's names where it has one.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import Composed

from backbeat.db.sql import compose, load

OPEN = load(__package__, "checkpoints_open.sql")
LOCK = load(__package__, "checkpoints_lock.sql")
ADVANCE = load(__package__, "checkpoints_advance.sql")


class Stamp(StrEnum):
    """What a feed's rows are stamped with; the value is the column of ``backbeat.cursor`` that bounds it."""

    BLOCK = "block_number"
    PLAY = "play_id"


COLUMNS = {Stamp.BLOCK: "blocknumber", Stamp.PLAY: "id"}


class Window(NamedTuple):
    """The rows with ``after < stamp <= upto``. ``known``: the checkpoint exists. ``last``: the newest row's stamp.

    ``upto`` equals ``after`` when there is nothing new, also when the checkpoint is above the frontier.
    """

    checkpoint: str
    known: bool
    signature: str | None
    after: int
    upto: int
    last: int
    frontier: int

    @property
    def is_quiet(self) -> bool:
        """Nothing new."""
        return self.upto == self.after

    @property
    def has_more(self) -> bool:
        """The batch limit left a rest."""
        return self.upto < self.last

    def bounds(self) -> dict[str, int]:
        """Return the values that a feed's statement binds."""
        return {"after": self.after, "upto": self.upto}


class BlockFeed(msgspec.Struct, frozen=True):
    """Rows of ``table`` above the checkpoint, at most ``rows_max`` of them in a window.

    A window ends between stamps, never inside one: a block larger than ``rows_max`` is taken whole.
    """

    checkpoint: str
    table: str
    stamp: Stamp
    rows_max: int

    async def peek(self, connection: AsyncConnection[Any]) -> Window:
        """Return what is new, without locking or writing anything."""
        async with connection.cursor(row_factory=class_row(Window)) as cursor:
            values = {"checkpoint": self.checkpoint, "rows_max": self.rows_max}
            found = await (await cursor.execute(_window(self.table, self.stamp), values)).fetchone()
        assert found is not None  # noqa: S101 - the statement answers exactly one row
        return found


@cache
def _window(table: str, stamp: Stamp) -> Composed:
    return compose(__package__, "window.sql", table=table, stamp=COLUMNS[stamp], frontier=str(stamp))


async def lock(connection: AsyncConnection[Any], windows: Sequence[Window]) -> bool:
    """Lock the windows' checkpoints, making those that are missing, until the transaction ends.

    False if another worker has moved one since the windows were looked up; then they must not be used. A second
    worker waits here, so two of them never work on the same rows, lease or no lease.
    """
    missing = [window for window in windows if not window.known]
    if missing:
        await connection.execute(OPEN, _columns((window.checkpoint, window.after) for window in missing))
    names = [window.checkpoint for window in windows]
    locked = await (await connection.execute(LOCK, {"names": names})).fetchall()
    return dict(locked) == {window.checkpoint: window.after for window in windows}


async def advance(connection: AsyncConnection[Any], reached: dict[str, int], *, signature: str | None = None) -> None:
    """Move checkpoints forward, never back; ``signature`` replaces the remembered one unless None."""
    await connection.execute(ADVANCE, {**_columns(reached.items()), "signature": signature})


def _columns(positions: Iterable[tuple[str, int]]) -> dict[str, list[Any]]:
    pairs = sorted(positions)
    return {"names": [name for name, _ in pairs], "positions": [position for _, position in pairs]}
