"""Reminds listeners of a streak that is about to break (domain: challenges, 6.4; derived state, 4.7 and K1).

42 hours after the play that counted last, by the clock; once per streak and day, also while ``e`` is inactive. After a
downtime it is sent late, as long as the streak can be kept: up to six hours, for it breaks after 48. It waits until it
is known who listened up to a minute ago, so that nobody is reminded who listened meanwhile. A streak is looked at once,
when it is due; what is read of it is its row, and that no reminder was sent. A first run begins an hour back, as the
network looks. A streak that is written more than 42 hours late gets none; a play that a device kept for so long does
that.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock, without_zone
from backbeat.db.query import one, value
from backbeat.db.sql import load
from backbeat.derived.challenges.listen_streak import BROKEN, ListenStreak
from backbeat.incremental.due import Due, DueWindow, Now
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Work, decide, taking
from backbeat.incremental.transaction import Session

KNOWN = load(__package__, "listen_streak_known.sql")
REMIND = load(__package__, "listen_streak_reminder.sql")

POLICY = Policy(Missing.BEGINNING)
ROWS_MAX: Final = 5_000
DUE_AFTER: Final = timedelta(hours=42)
FIRST_LOOK: Final = timedelta(hours=1)
KNOWN_WITHIN: Final = timedelta(minutes=1)  # of now: the chain is a second or two behind, what counts plays half of one
INSTANT: Final = timedelta(microseconds=1)


class ListenStreakReminder:
    """Writes the reminders that are due by ``clock``."""

    name = "listen_streak_reminder"

    def __init__(self, clock: Clock | None = None, rows_max: int = ROWS_MAX) -> None:
        self._clock = clock or SystemClock()
        self._rows_max = rows_max

    @property
    def feeds(self) -> tuple[Due]:
        """Return what is due by the clock alone; a run also waits for what counts plays."""
        return (self._feed(self._tell),)

    async def incremental(self, session: Session) -> RunReport:
        """Write the reminders of the next streaks that are due."""
        now = self._clock.now()
        known = await value(session.connection, KNOWN, {"counted": ListenStreak.feed.checkpoint})
        if known is None or now - known.replace(tzinfo=UTC) > KNOWN_WITHIN:
            return RunReport(name=self.name)
        feed = self._feed(_stopped(min(now, known.replace(tzinfo=UTC))))
        positions = await Positions.peek(session.connection, [feed])
        window = positions.of(feed)
        if not window.known:
            positions = positions.replaced(feed, _first(window))
        elif decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await _remind(session.connection, window, now) if window.known else Work(more=True))
        return run.report

    def _feed(self, clock: Now) -> Due:
        table, column = "challenge_listen_streak", "last_listen_date"
        return Due(self.name, table, column, self._rows_max, delay=DUE_AFTER, clock=clock)

    async def _tell(self, _connection: AsyncConnection[Any]) -> datetime:
        return self._clock.now()


def _stopped(now: datetime) -> Now:
    async def tell(_connection: AsyncConnection[Any]) -> datetime:
        return now

    return tell


def _first(window: DueWindow) -> DueWindow:
    """Return the window that takes nothing and opens the position an hour back."""
    begin = window.frontier - FIRST_LOOK - INSTANT
    return msgspec.structs.replace(window, after=begin, upto=begin, last=begin)


async def _remind(connection: AsyncConnection[Any], window: DueWindow, now: datetime) -> Work:
    values = {**window.bounds(), "now": without_zone(now), "broken": BROKEN}
    due, sent = await one(connection, tuple, REMIND, values, prepare=False)
    return Work(keys=due, rows_read=due, inserted=sent)


LISTEN_STREAK_REMINDER = ListenStreakReminder()
