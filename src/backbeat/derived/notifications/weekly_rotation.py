"""Tells listeners on Wednesdays that the week's rotation is there (domain: derived state, 4.9).

From 16:00 UTC, for a day, every user who has listened within 30 days is told, in the order of ids. How far that has
come is kept, one position for each week, so a restart within the day goes on where it was; what the day did not reach
is not told later. A user who begins to qualify behind the position hears of the next week. The job waits until the
chain has come to 16:00 and the sets of what users listened to, which ``scores.users`` keeps, hold nearly all plays: a
program that catches up would pass over users whose plays are still to come.

Rows read per user: the user's, an entry of the index that ends the range, and one of ``backbeat.listened_hours``.
Outside the day a tick asks the database nothing, and within it, once everybody was looked at, for the position.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from backbeat.clock import Clock, SystemClock, without_zone
from backbeat.db.query import one, value
from backbeat.db.sql import load
from backbeat.derived.scores import listeners
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import Positions, Run, Work, taking
from backbeat.incremental.sweep import END, START, Sweep
from backbeat.incremental.transaction import Session, by_key

READY = load(__package__, "weekly_rotation_ready.sql")
FORGET = load(__package__, "weekly_rotation_forget.sql")
SEND = load(__package__, "weekly_rotation_send.sql")

ROWS_MAX = 1_000  # the network's own limit
USERS_MAX = 10_000  # looked at in a run, where few of them listen: tens of milliseconds
WEEK_BEGINS = timedelta(days=2)  # behind Monday: on Wednesday
OPENS, CLOSES = timedelta(hours=16), timedelta(hours=40)  # behind that
LISTENED = timedelta(days=30)


class Rotation(NamedTuple):
    """A week that may be told of."""

    year: int
    """As ISO 8601 counts weeks, which here begin on Wednesdays."""

    week: int
    """Its number in the year."""

    opens_at: datetime
    """From when on; UTC, without zone."""

    @property
    def key(self) -> str:
        """Return the name that notifications give it."""
        return f"{self.year}-{self.week:02}"


def told_at(now: datetime) -> Rotation | None:
    """Return the week that is told of at ``now``, UTC without zone; None on other days."""
    year, week, _ = (now - WEEK_BEGINS).isocalendar()
    begins = datetime.fromisocalendar(year, week, 1) + WEEK_BEGINS
    return Rotation(year, week, begins + OPENS) if OPENS <= now - begins < CLOSES else None


class Sent(NamedTuple):
    """What a run found and told."""

    told: int
    """Rows that are new."""
    found: int
    """Users to tell."""
    last: int | None
    """The last of them."""


class WeeklyRotation:
    """The job."""

    name = "weekly_rotation"
    feeds = ()  # it goes by the calendar

    def __init__(self, clock: Clock | None = None, *, rows_max: int = ROWS_MAX, users_max: int = USERS_MAX) -> None:
        self._clock = clock or SystemClock()
        self._rows_max = rows_max
        self._users_max = users_max

    async def incremental(self, session: Session) -> RunReport:
        """Tell the next 1000 listeners at most, among the next 10,000 users."""
        now = without_zone(self._clock.now())
        rotation = told_at(now)
        if rotation is None:
            return RunReport(name=self.name)
        sweep = Sweep(f"{self.name}:{rotation.key}", "users", "user_id", self._users_max)
        positions = await Positions.peek(session.connection, [sweep])
        if positions.are_quiet or not await _is_ready(session, rotation):
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await self._send(run, sweep, rotation, now))
        return run.report

    async def _send(self, run: Run, sweep: Sweep, rotation: Rotation, now: datetime) -> Work:
        window = run.positions.of(sweep)
        if window.after == START:
            await run.connection.execute(FORGET, {"kept": sweep.checkpoint, "all": f"{self.name}:%"})
        asked = {**window.bounds(), "now": now, "since": now - LISTENED, "rows_max": self._rows_max}
        week = {"key": rotation.key, "year": rotation.year, "week": rotation.week}
        async with by_key(run.connection):
            sent = await one(run.connection, Sent, SEND, {**asked, **week}, prepare=False)
        if sent.found == self._rows_max:
            run.positions = run.positions.replaced(sweep, msgspec.structs.replace(window, upto=sent.last))
        return Work(keys=sent.found, rows_read=sent.found, inserted=sent.told)


async def _is_ready(session: Session, rotation: Rotation) -> bool:
    """Tell whether nearly all that was listened to until the week opened is known."""
    values = {
        "opens_at": rotation.opens_at,
        "plays": LISTENERS.feed.checkpoint,
        "behind_max": listeners.ROWS_MAX,
        "sweep": LISTENERS.sweep.checkpoint,
        "end": END,
    }
    return await value(session.connection, READY, values) is True


WEEKLY_ROTATION = WeeklyRotation()
