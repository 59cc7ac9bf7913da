"""What changed since last time: rows stamped with a block or a play id above a checkpoint, up to the frontier.

The block loop commits whole blocks together with its cursor, so every row stamped at or below the cursor is committed
and final in its stamp: nothing appears behind a checkpoint that followed the cursor. Checkpoints live in the network's
own ``indexing_checkpoints``, under the network's names where it has one.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import compose, load, rendered
from backbeat.db.together import Question
from backbeat.incremental.ledger import Ledger
from backbeat.incremental.sight import AFTER, Kind, Sight
from backbeat.incremental.window import Window

CHECKPOINTS = Ledger(
    name="checkpoints",
    open=load(__package__, "checkpoints_open.sql"),
    advance=load(__package__, "checkpoints_advance.sql"),
    position="bigint",
)
STAMP_MAX = 2**62  # above every stamp
SHORT_MAX = 100  # blocks or plays: a minute and a half at the tip


class Stamp(StrEnum):
    """What a feed's rows are stamped with; the value is the column of ``backbeat.cursor`` that bounds it."""

    BLOCK = "block_number"
    PLAY = "play_id"


COLUMNS = {Stamp.BLOCK: "blocknumber", Stamp.PLAY: "id"}


class StampWindow(Window[int], frozen=True, kw_only=True):
    """The rows with ``after < stamp <= upto``; quiet also when the checkpoint is above the block loop's cursor."""

    ledger: ClassVar[Ledger] = CHECKPOINTS

    @property
    def is_short(self) -> bool:
        """They are of a few blocks, or a few plays."""
        return self.names_upto - self.after <= SHORT_MAX

    def pending(self, now: datetime | None) -> Self:  # noqa: ARG002 - stamps know no time
        """Return everything above the checkpoint, also what lies beyond the cursor."""
        return msgspec.structs.replace(self, upto=STAMP_MAX, told=None)

    def until(self, stop: int) -> Self:
        """Return the window that ends at ``stop``, or where it ends already if that is earlier."""
        return self if self.upto <= stop else msgspec.structs.replace(self, upto=max(self.after, stop), told=None)

    def crossed(self, stop: int) -> Self:
        """Return the window of what ended at ``stop``. The one that comes to it names what lies behind it as well.

        A row that was written again behind ``stop`` is found there alone.
        """
        ended = self.ended(stop)
        if self.after >= stop or not self.known or ended.has_more:
            return ended
        return msgspec.structs.replace(ended, upto=ended.frontier, last=ended.frontier, told=self.frontier)

    @staticmethod
    def figure(position: int) -> int:
        """Return the stamp."""
        return position


class BlockFeed(msgspec.Struct, frozen=True):
    """Rows of ``table`` (or a qualified one) above the checkpoint, at most ``rows_max`` of them in a window.

    A window ends between stamps, never inside one: a block larger than ``rows_max`` is taken whole.
    """

    checkpoint: str
    table: str | tuple[str, str]
    stamp: Stamp
    rows_max: int

    async def question(self, connection: AsyncConnection[Any]) -> Question[StampWindow]:  # noqa: ARG002 - some ask the session for the time
        """Return what to ask for the window."""
        values = {"checkpoint": self.checkpoint, "rows_max": self.rows_max}
        return Question(StampWindow, _window(self.table, self.stamp), values, is_fixed=True)

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""
        return Sight(Kind.STAMPS, self.checkpoint, _newest(self.table, self.stamp))


@cache
def _window(table: str | tuple[str, str], stamp: Stamp) -> bytes:
    return rendered(__package__, "window.sql", table=table, stamp=COLUMNS[stamp], frontier=str(stamp))


@cache
def _newest(table: str | tuple[str, str], stamp: Stamp) -> str:
    names = {"table": table, "stamp": COLUMNS[stamp], "frontier": str(stamp)}
    return compose(__package__, "stamp_newest.sql", **names, after=AFTER).as_string()
