"""What changes a track's score by the passage of time alone (domain: derived state 8.3, causes 2, 3, 5, 10 and 11).

Plays and engagements leave the last seven days and the last calendar month, and at the end of some months come back;
ages grow by days; releases come. The position is the instant as of which everything was last counted.
"""

from datetime import timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.db.together import Question
from backbeat.incremental.due import DueWindow, Now
from backbeat.incremental.sight import NOW, Kind, Sight, bound, moved

WINDOW = load(__package__, "edges_window.sql")
MOVED = load(__package__, "edges_moved.sql")

AGES = (*range(8, 15), *range(31, 61))
"""The days of age at which the decay of the week or of the month takes another value."""


class EdgesWindow(DueWindow, frozen=True, kw_only=True):
    """Whether anything is due in (after, frontier]; ``is_owing``: tracks wait whose patience is over."""

    is_owing: bool

    @property
    def is_quiet(self) -> bool:
        """Neither has time changed anything, nor does anything wait."""
        return super().is_quiet and not self.is_owing

    @property
    def span_seconds(self) -> float:
        """Return how much time lies between the last run and this one."""
        return (self.frontier - self.after).total_seconds()


class Edges(msgspec.Struct, frozen=True):
    """Looks for what time changed since the last run. ``patience``: how long tracks may wait for their scores."""

    checkpoint: str
    patience: timedelta = timedelta()
    clock: Now | None = None

    async def question(self, connection: AsyncConnection[Any]) -> Question[EdgesWindow]:
        """Return what to ask for the window."""
        now = await self.clock(connection) if self.clock else None
        return Question(EdgesWindow, WINDOW, self._values(now))

    def sight(self) -> Sight:
        """Return how a glance asks whether there is anything new."""
        return Sight(Kind.OWN, self.checkpoint, moved(MOVED, bound(WINDOW, self._values(NOW))), clock=self.clock)

    def _values(self, now: object) -> dict[str, Any]:
        return {"checkpoint": self.checkpoint, "patience": self.patience, "ages": list(AGES), "now": now}
