"""``e``: days of listening in a row (domain: challenges, 3.6).

Seven days share one row worth 7, every further day is a row of its own. Plays count in the order of the chain, which is
that of their ids; the time since the last play that counted decides. What a row is called follows from plays alone: the
first seven days after the play that began the streak, a further day after its own play. Whether a play earns, and what,
follows from its block: a listener who is deactivated there goes on listening and earns nothing. Rows read per play: the
play, and once per listener the state.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import every, one
from backbeat.db.sql import load
from backbeat.db.together import kept
from backbeat.derived.challenges import challenge
from backbeat.derived.challenges.catalog import is_on, terms
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.backlog import end_with
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

TERMS = terms(["e"], list)
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
    ids: list[int]
    """Their ids, of those that can be believed."""
    blocks: list[int]
    """As of which block each is judged."""
    times: list[datetime]
    """When these were heard."""
    last_listen_date: datetime | None
    """The last play that counted; None before the first."""
    listen_streak: int
    """Days of the streak so far."""
    began_at: datetime | None
    """The play that the streak began with; None before the first."""


class Day(msgspec.Struct, kw_only=True):
    """A day of a streak: what the play that made it one does to a row of ``e``."""

    specifier: str
    """Of the row."""
    user_id: int
    """The listener."""
    play_id: int
    """The play."""
    block_number: int
    """As of which block it is judged."""
    day: int
    """Which day of the streak."""
    steps: int
    """Days that the row then holds."""
    amount: int | None
    """Whole AUDIO; None: the catalogue's."""
    began_at: datetime
    """When the row began."""
    completed_at: datetime | None
    """The play's time, if it completes the row."""


class Streak:
    """A listener's streak as plays move it on. ``days``: those that the plays made."""

    def __init__(self, heard: Listening) -> None:
        self.user_id = heard.user_id
        self.last_listen_date = heard.last_listen_date
        self.streak = heard.listen_streak
        self.began_at = heard.began_at
        self.days: list[Day] = []

    def play(self, play_id: int, block_number: int, at: datetime) -> None:
        """Count one play; whatever comes less than 16 hours after the last one that counted changes nothing."""
        gap = None if self.last_listen_date is None else at - self.last_listen_date
        if gap is not None and gap < NEXT_DAY:
            return
        is_broken = gap is None or gap >= BROKEN
        self.streak = 1 if is_broken else self.streak + 1
        self.last_listen_date = at
        if is_broken or self.began_at is None:
            self.began_at = at
        is_further = self.streak > RUN_DAYS
        began_at = at if is_further else self.began_at
        self.days.append(
            Day(
                specifier=f"{self.user_id:x}{began_at.year:04}{began_at:%m%d%H}",
                user_id=self.user_id,
                play_id=play_id,
                block_number=block_number,
                day=self.streak,
                steps=1 if is_further else self.streak,
                amount=None if is_further else RUN_AMOUNT,
                began_at=began_at,
                completed_at=at if self.streak >= RUN_DAYS else None,
            )
        )


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
        if not await is_on(session.connection, "e"):
            return RunReport(name=self.name)
        return await open_at_frontier(session, self.name, await self._peek(session.connection))

    async def follow(self, session: Session) -> RunReport:
        """Count the next batch of plays."""
        return await self.incremental(session)

    async def incremental(self, session: Session) -> RunReport:
        """Count the next batch of plays: once the challenge is off, of those before that."""
        positions, known = await Positions.peek_beside(session.connection, [self.feed], TERMS)
        if not known:
            return RunReport(name=self.name, off=True)
        ends = known[0].ends
        positions = end_with(positions, ends)
        if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name, off=bool(ends))
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await _count(session.connection, positions.of(self.feed)))
        return run.report

    async def _peek(self, connection: AsyncConnection[Any]) -> Positions:
        return await Positions.peek(connection, [self.feed])


async def _count(connection: AsyncConnection[Any], window: StampWindow) -> Work:
    values = {**window.bounds(), "ahead_max": AHEAD_MAX}
    heard = await every(connection, Listening, HEARD, values, prepare=kept(connection, few=window.is_short))
    inserted, updated = await _write(connection, _follow(heard))
    return Work(len(heard), sum(one.plays for one in heard), inserted, updated)


def _follow(heard: Iterable[Listening]) -> list[Streak]:
    streaks = []
    for listener in heard:
        streak = Streak(listener)
        for play_id, block_number, at in zip(listener.ids, listener.blocks, listener.times, strict=True):
            streak.play(play_id, block_number, at)
        if streak.days:
            streaks.append(streak)
    return streaks


async def _write(connection: AsyncConnection[Any], streaks: Sequence[Streak]) -> tuple[int, int]:
    if not streaks:
        return 0, 0
    days = [day for streak in streaks for day in streak.days]
    told = {day.specifier: day.day for day in days if day.completed_at is not None}
    states = {
        "told": msgspec.json.encode(told).decode(),
        "users": [streak.user_id for streak in streaks],
        "dates": [streak.last_listen_date for streak in streaks],
        "days": [streak.streak for streak in streaks],
        "begins": [streak.began_at for streak in streaks],
    }
    await connection.execute(KEEP, states, prepare=False)
    columns = {name: [getattr(day, name) for day in days] for name in Day.__struct_fields__ if name != "day"}
    inserted, updated = await one(connection, tuple, PAY, columns, prepare=False)
    return inserted, updated


LISTEN_STREAK = ListenStreak()

CHALLENGE = challenge.counted(
    "e",
    keeper=LISTEN_STREAK,
    checkpoint=ListenStreak.feed.checkpoint,
    facts=(load(__package__, "listen_streak_facts.sql"),),
    unaudited="It adds plays up as they come, and does not go through those again that were counted.",
)
