"""Tells users of rewards that can be claimed once their cooldown is over (domain: derived state, 4.6).

Each completion is decided once, when it falls due: the user is told, or heard of another one that was completed within
an hour of it, or the reward is paid or gone. What waits is in ``backbeat.cooldowns``, where the trigger on
``user_challenges`` puts it, whichever program completed it; a first run goes through what was there before. When a row
is due follows from the catalogue as it is, so a changed cooldown holds for all that wait. Rows read per completion: the
row of the queue and that of ``user_challenges`` twice each, payments, and what the user was told of within the hour. A
quiet tick reads the catalogue and probes the queue's index once for each challenge.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock, without_zone
from backbeat.db.query import every, value
from backbeat.db.sql import load
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import Positions, Run, Work, taking
from backbeat.incremental.sweep import Sweep
from backbeat.incremental.transaction import Session, by_key

LOOK = load(__package__, "engagement_look.sql")
SWEPT = load(__package__, "engagement_swept.sql")
TAKE = load(__package__, "engagement_take.sql")
TELL = load(__package__, "engagement_tell.sql")

ROWS_MAX = 500  # the network's own limit
SWEEP_ROWS_MAX = 5_000  # completions: tens of milliseconds
APART = timedelta(hours=1)


class Completion(msgspec.Struct, frozen=True):
    """A reward whose cooldown is over."""

    challenge_id: str
    """The challenge."""

    specifier: str
    """Which of its rewards."""

    user_id: int
    """Who earned it."""

    completed_at: datetime
    """When it was earned."""

    is_claimable: bool
    """It is there and was not paid."""

    is_near: bool
    """The user was told in an earlier run of one that was completed within an hour of it."""


def told_of(due: Iterable[Completion]) -> Iterator[Completion]:
    """Yield those that users are told of, ``due`` being in the order in which they fell due.

    Nobody is told of two that were completed within an hour of each other, however runs divide them.
    """
    told = defaultdict[int, list[datetime]](list)
    for one in due:
        before = told[one.user_id]
        if one.is_claimable and not one.is_near and all(abs(one.completed_at - at) > APART for at in before):
            before.append(one.completed_at)
            yield one


class EngagementNotifications:
    """The job; its position is how far the first run has come, and its lock keeps two workers apart."""

    name = "engagement_notifications"
    feeds = ()  # when a reward is due follows from the catalogue

    def __init__(
        self, clock: Clock | None = None, *, rows_max: int = ROWS_MAX, sweep_rows_max: int = SWEEP_ROWS_MAX
    ) -> None:
        self._clock = clock or SystemClock()
        self._rows_max = rows_max
        self._sweep = Sweep("engagement_notifications:sweep", "user_challenges", "user_id", sweep_rows_max)

    async def incremental(self, session: Session) -> RunReport:
        """Decide about at most 500 completions that fell due."""
        connection, now = session.connection, without_zone(self._clock.now())
        positions = await Positions.peek(connection, [self._sweep])
        if positions.are_quiet and not await value(connection, LOOK, {"now": now}):
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await self._decide(run, now))
        return run.report

    async def _decide(self, run: Run, now: datetime) -> Work:
        if not run.positions.are_quiet:
            await run.connection.execute(SWEPT, run.positions.of(self._sweep).bounds(), prepare=False)
        asked = {"now": now, "rows_max": self._rows_max, "apart": APART}
        async with by_key(run.connection):
            due = await every(run.connection, Completion, TAKE, asked, prepare=False)
        told = await _tell(run.connection, list(told_of(due)))
        return Work(keys=len(due), rows_read=len(due), inserted=told, deleted=len(due), more=len(due) == self._rows_max)


async def _tell(connection: AsyncConnection[Any], told: list[Completion]) -> int:
    if not told:
        return 0
    names = {"challenge_ids": [one.challenge_id for one in told], "specifiers": [one.specifier for one in told]}
    return (await connection.execute(TELL, names, prepare=False)).rowcount


ENGAGEMENT_NOTIFICATIONS = EngagementNotifications()
