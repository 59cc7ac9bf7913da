"""Reminds listeners of a streak that is about to break (domain: challenges, 6.4), also while ``e`` is inactive.

By the wall clock, once per streak and day. A tick reads the hour of listeners that it concerns; a reminder that nobody
could send in its hour is not sent late.
"""

from backbeat.clock import Clock, SystemClock
from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

REMIND = load(__package__, "listen_streak_reminder.sql")
ROWS_MAX = 5_000


class ListenStreakReminder:
    """Writes the reminders that are due by ``clock``."""

    name = "listen_streak_reminder"

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def incremental(self, session: Session) -> RunReport:
        """Write at most 5000 reminders."""
        values = {"now": self._clock.now().replace(tzinfo=None), "rows_max": ROWS_MAX}
        async with fenced(session):
            written = (await session.connection.execute(REMIND, values)).rowcount
        return RunReport(name=self.name, rows_read=written, inserted=written, more=written == ROWS_MAX)


LISTEN_STREAK_REMINDER = ListenStreakReminder()
