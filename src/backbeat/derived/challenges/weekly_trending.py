"""``tt``, ``tut``, ``tp``: what trended in the week that ends on a Friday (domain: challenges, 3.15).

The first run of a Friday (UTC) that finds scores freezes the ten best in ``trending_results`` and pays them. A Friday
without any run is caught up while the scores are still those of that day, else it is reported. The amounts are the
programme's, not the catalogue's.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, NamedTuple, TypeVar

import structlog
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.sql import SQL

from backbeat.clock import Clock, SystemClock
from backbeat.db.sql import compose, load
from backbeat.derived.challenges.catalog import active
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence, fenced

LOOK = load(__package__, "weekly_trending_look.sql")
LOCK = load(__package__, "weekly_trending_lock.sql")
PAY = load(__package__, "weekly_trending_pay.sql")

R = TypeVar("R")

FRIDAY = 4
TOP_RANKS = 5  # they get the first amount, the five after them the second

log = structlog.get_logger(__name__)


class Week(NamedTuple):
    """What is known of a week. ``began``: some earlier week was paid."""

    is_paid: bool
    began: bool


class Scores(NamedTuple):
    """When the scores of a kind were last written, None without any."""

    written_at: datetime | None


class WeeklyTrending:
    """Pays one kind of trending once a week. A tick that has nothing to pay reads one row of ``trending_results``."""

    def __init__(
        self,
        name: str,
        challenge_id: str,
        kind: str,
        *,
        winners: LiteralString,
        scores: LiteralString,
        amounts: tuple[int, int],
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.target = progress_of(challenge_id)
        self._challenge_id = challenge_id
        self._kind = kind
        self._snapshot = compose(
            __package__, "weekly_trending_snapshot.sql", winners=SQL("(\n") + SQL(winners) + SQL("\n)")
        )
        self._scores = scores
        self._amounts = amounts
        self._clock = clock or SystemClock()
        self._reported: date | None = None

    async def incremental(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Pay the week if it is due and has not been; ``connection`` must be in autocommit mode."""
        if not await active(connection, [self._challenge_id]):
            return RunReport(name=self.name)
        now = self._clock.now().replace(tzinfo=None)
        friday = now.date() - timedelta(days=(now.weekday() - FRIDAY) % 7)
        week = await self._look(connection, friday)
        if week.is_paid or not (friday == now.date() or await self._can_catch_up(connection, friday, week)):
            return RunReport(name=self.name)
        return await self._pay(connection, fence, friday, now)

    async def _pay(
        self, connection: AsyncConnection[Any], fence: Fence | None, friday: date, now: datetime
    ) -> RunReport:
        values = {
            "challenge_id": self._challenge_id,
            "kind": self._kind,
            "week": friday,
            "now": now,
            "top_ranks": TOP_RANKS,
            "top_amount": self._amounts[0],
            "amount": self._amounts[1],
        }
        async with fenced(connection, fence):
            await connection.execute(LOCK, values)
            if (await self._look(connection, friday)).is_paid:
                return RunReport(name=self.name)
            ranks = (await connection.execute(self._snapshot, values)).rowcount
            paid = (await connection.execute(PAY, values)).rowcount if ranks else 0
        return RunReport(name=self.name, keys=ranks, rows_read=ranks, inserted=paid)

    async def _look(self, connection: AsyncConnection[Any], friday: date) -> Week:
        week = await _one(connection, LOOK, {"kind": self._kind, "week": friday}, Week)
        assert week is not None  # noqa: S101 - the statement answers exactly one row
        return week

    async def _can_catch_up(self, connection: AsyncConnection[Any], friday: date, week: Week) -> bool:
        """Tell whether a missed Friday's scores still stand. Where nothing was ever paid, nothing was missed."""
        if not week.began or self._reported == friday:
            return False
        scores = await _one(connection, self._scores, {}, Scores)
        if scores is not None and scores.written_at is not None and scores.written_at.date() == friday:
            return True
        log.error("weekly_trending_missed", job=self.name, week=str(friday), scores=scores)
        self._reported = friday
        return False


async def _one(
    connection: AsyncConnection[Any], query: LiteralString, values: Mapping[str, Any], kind: type[R]
) -> R | None:
    async with connection.cursor(row_factory=class_row(kind)) as cursor:
        return await (await cursor.execute(query, values)).fetchone()


TRACK_SCORES = load(__package__, "weekly_trending_track_scores.sql")


def trending(clock: Clock | None = None) -> tuple[WeeklyTrending, WeeklyTrending, WeeklyTrending]:
    """Return the three kinds, by ``clock``."""
    return (
        WeeklyTrending(
            "challenges.trending_track",
            "tt",
            "TRACKS",
            winners=load(__package__, "weekly_trending_tracks.sql"),
            scores=TRACK_SCORES,
            amounts=(1000, 100),
            clock=clock,
        ),
        WeeklyTrending(
            "challenges.trending_underground",
            "tut",
            "UNDERGROUND_TRACKS",
            winners=load(__package__, "weekly_trending_underground.sql"),
            scores=TRACK_SCORES,
            amounts=(1000, 100),
            clock=clock,
        ),
        WeeklyTrending(
            "challenges.trending_playlist",
            "tp",
            "PLAYLISTS",
            winners=load(__package__, "weekly_trending_playlists.sql"),
            scores=load(__package__, "weekly_trending_playlist_scores.sql"),
            amounts=(100, 10),
            clock=clock,
        ),
    )


TRENDING_TRACK, TRENDING_UNDERGROUND, TRENDING_PLAYLIST = trending()
