"""Which acts are told next: the first of those that are there.

An act that was told is removed, so what is there is untold. An act between two blocks, as a replay or a release past
the chain leaves it, is told at once, though the next block may never come; the position then stays where it is.
"""

from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.db.together import Question
from backbeat.incremental.feed import SHORT_MAX, StampWindow
from backbeat.incremental.sight import Kind, Sight

WINDOW = load(__package__, "acts_window.sql")
NEWEST = load(__package__, "acts_newest.sql")


class ActsWindow(StampWindow, frozen=True, kw_only=True):
    """The acts up to one of them. The position that moves with them is the last block of which none is left."""

    acts: int
    """How many there are."""

    number: int
    """The em number of the last one's block."""

    place: int
    """Its place there."""

    ordinal: int
    """Its ordinal in that."""

    leaves_some: bool
    """There are acts behind."""

    @property
    def is_quiet(self) -> bool:
        """No act is untold."""
        return self.acts == 0

    @property
    def is_short(self) -> bool:
        """They are few."""
        return self.acts <= SHORT_MAX

    @property
    def has_more(self) -> bool:
        """There are acts behind."""
        return self.leaves_some

    def bounds(self) -> dict[str, Any]:
        """Return the values that a family's statement binds."""
        return {"after": self.after, "number": self.number, "place": self.place, "ordinal": self.ordinal}


class ActsFeed(msgspec.Struct, frozen=True):
    """At most ``acts_max`` acts in a window, which may end within a transaction."""

    checkpoint: str
    acts_max: int

    async def question(self, connection: AsyncConnection[Any]) -> Question[ActsWindow]:  # noqa: ARG002 - some ask the session for the time
        """Return what to ask for the window."""
        return Question(ActsWindow, WINDOW, msgspec.structs.asdict(self), is_fixed=True)

    def sight(self) -> Sight:
        """Return how a glance asks whether an act is untold."""
        return Sight(Kind.STAMPS, self.checkpoint, NEWEST)
