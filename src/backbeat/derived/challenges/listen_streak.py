"""``e``: days of listening in a row (domain: challenges, 3.6).

Seven days share one row worth 7, every further day is a row of its own. Plays count in order of id; the time since the
last play that counted decides. Rows read per play: the play, and once per listener the state and the listener's rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, one
from backbeat.db.sql import load
from backbeat.derived.challenges import challenge
from backbeat.derived.challenges.catalog import active, rewards
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import (
    NO_PARAMETERS,
    Action,
    Missing,
    Policy,
    Positions,
    Work,
    decide,
    open_at_frontier,
    taking,
)
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import peek

HEARD = load(__package__, "listen_streak_heard.sql")
KEEP = load(__package__, "listen_streak_keep.sql")
PAY = load(__package__, "listen_streak_pay.sql")

REWARD = rewards(["e"], list)
POLICY = Policy(Missing.BEGINNING)
ROWS_MAX = 50_000  # plays: the network's own limit, about a second
NEXT_DAY = timedelta(hours=16)
BROKEN = timedelta(hours=48)
AHEAD_MAX = timedelta(days=14)  # as plays are dated: backbeat.chain.play_times
RUN_DAYS = 7
RUN_AMOUNT = 7


class Listening(NamedTuple):
    """What a listener played, in order, and what was known before."""

    user_id: int
    """The listener."""
    plays: int
    """How many plays there are."""
    times: list[datetime]
    """When they were heard."""
    last_listen_date: datetime | None
    """The last play that counted; None before the first."""
    listen_streak: int
    """Days of the streak so far."""
    run: str | None
    """The specifier of the streak's unfinished row; None without one."""
    run_began_at: datetime | None
    """When that row began."""


class Day(msgspec.Struct, kw_only=True):
    """A row of ``e``."""

    specifier: str
    """Of the row."""
    user_id: int
    """The listener."""
    steps: int
    """Days that it holds."""
    amount: int
    """Whole AUDIO."""
    began_at: datetime
    """When it began."""
    completed_at: datetime | None = None
    """The play that completed it; None while unfinished."""


class Streak:
    """A listener's streak as plays move it on."""

    def __init__(self, heard: Listening, amount: int) -> None:
        self.user_id = heard.user_id
        self.last_listen_date = heard.last_listen_date
        self.days = heard.listen_streak
        self.rows: dict[str, Day] = {}
        self._amount = amount
        self._run = (heard.run, heard.run_began_at) if heard.run and heard.run_began_at else None

    def play(self, at: datetime) -> None:
        """Count one play; whatever comes less than 16 hours after the last one that counted changes nothing."""
        gap = None if self.last_listen_date is None else at - self.last_listen_date
        if gap is not None and gap < NEXT_DAY:
            return
        self.days = 1 if gap is None or gap >= BROKEN else self.days + 1
        self.last_listen_date = at
        if self.days > RUN_DAYS:
            specifier = self._specifier(at)
            self.rows[specifier] = Day(
                specifier=specifier, user_id=self.user_id, steps=1, amount=self._amount, began_at=at, completed_at=at
            )
        else:
            self._step(at)

    def _step(self, at: datetime) -> None:
        if self.days == 1 or self._run is None:
            self._run = (self._specifier(at), at)
        specifier, began_at = self._run
        self.rows[specifier] = Day(
            specifier=specifier,
            user_id=self.user_id,
            steps=self.days,
            amount=RUN_AMOUNT,
            began_at=began_at,
            completed_at=at if self.days == RUN_DAYS else None,
        )
        if self.days == RUN_DAYS:
            self._run = None

    def _specifier(self, at: datetime) -> str:
        return f"{self.user_id:x}{at.year:04}{at:%m%d%H}"


class ListenStreak:
    """Adds plays to streaks, and pays for them."""

    name = "challenges.listen_streak"
    target = progress_of("e")
    feed = BlockFeed("challenges:e:last_play_id", "plays", Stamp.PLAY, ROWS_MAX)
    feeds = (feed,)

    async def is_new(self, connection: AsyncConnection[Any]) -> bool:
        """Tell whether this database does not know the position."""
        return not (await peek(connection, self.feed)).known

    async def begin(self, session: Session) -> RunReport:
        """Leave all plays so far uncounted."""
        if not await active(session.connection, ["e"]):
            return RunReport(name=self.name)
        return await open_at_frontier(session, self.name, await self._peek(session.connection))

    async def follow(self, session: Session) -> RunReport:
        """Count the next batch of plays."""
        return await self.incremental(session)

    async def incremental(self, session: Session) -> RunReport:
        """Count the next batch of plays."""
        positions, paid = await Positions.peek_beside(session.connection, [self.feed], REWARD)
        if not paid:
            return RunReport(name=self.name, off=True)
        if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await _count(session.connection, positions.of(self.feed), paid[0].amount))
        return run.report

    async def _peek(self, connection: AsyncConnection[Any]) -> Positions:
        return await Positions.peek(connection, [self.feed])


async def _count(connection: AsyncConnection[Any], window: StampWindow, amount: int) -> Work:
    values = {**window.bounds(), "ahead_max": AHEAD_MAX}
    heard = await every(connection, Listening, HEARD, values, prepare=False)
    inserted, updated = await _write(connection, _follow(heard, amount))
    return Work(len(heard), sum(one.plays for one in heard), inserted, updated)


def _follow(heard: Iterable[Listening], amount: int) -> list[Streak]:
    streaks = []
    for listener in heard:
        streak = Streak(listener, amount)
        for at in listener.times:
            streak.play(at)
        if streak.rows:
            streaks.append(streak)
    return streaks


async def _write(connection: AsyncConnection[Any], streaks: Sequence[Streak]) -> tuple[int, int]:
    if not streaks:
        return 0, 0
    states = {
        "users": [streak.user_id for streak in streaks],
        "dates": [streak.last_listen_date for streak in streaks],
        "days": [streak.days for streak in streaks],
    }
    await connection.execute(KEEP, states, prepare=False)
    rows = [row for streak in streaks for row in streak.rows.values()]
    columns = {name: [getattr(row, name) for row in rows] for name in Day.__struct_fields__}
    inserted, updated = await one(connection, tuple, PAY, columns, prepare=False)
    return inserted, updated


LISTEN_STREAK = ListenStreak()

CHALLENGE = challenge.counted(
    "e",
    keeper=LISTEN_STREAK,
    checkpoint=ListenStreak.feed.checkpoint,
    facts=(load(__package__, "listen_streak_facts.sql"),),
    unaudited="A listener earns nothing while deactivated, and plays do not tell of those days.",
)
