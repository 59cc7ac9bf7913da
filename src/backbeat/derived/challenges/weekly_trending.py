"""``tt``, ``tut``, ``tp``: what trended in the week that ends on a Friday (domain: challenges, 3.15).

The first run of a Friday (UTC) that finds scores freezes the ten best in ``trending_results`` and pays them. A Friday
without any run is caught up while the scores are still those of that day, else it is reported: every one since the last
that was paid. The amounts are the programme's, not the catalogue's.

Scores follow the clock, so who wins depends on the instant at which they were taken. That is kept in
``backbeat.weekly_snapshots``; rewards follow from the result and its instant alone, and a rebuild pays by them what is
missing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, LiteralString, NamedTuple, TypeVar

import msgspec
import structlog
from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.clock import Clock, SystemClock, without_zone
from backbeat.db.query import first, one, value
from backbeat.db.sql import compose, load
from backbeat.derived.challenges import challenge
from backbeat.derived.challenges.catalog import is_on
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.merge import Merge, Written
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Session, fenced, one_snapshot
from backbeat.settings import WeeklyWinners

LOOK = load(__package__, "weekly_trending_look.sql")
LOCK = load(__package__, "weekly_trending_lock.sql")
REWARDS = load(__package__, "weekly_trending.sql")

R = TypeVar("R")

FRIDAY = 4
WEEK = timedelta(days=7)
MISSED_MAX = 10  # of the newest: more is no outage but another life
TOP_RANKS = 5  # they get the first amount, the five after them the second

log = structlog.get_logger(__name__)


class Week(NamedTuple):
    """What is known of a week. ``last_paid``: the latest one paid before, if any."""

    is_paid: bool
    last_paid: date | None


class Scores(NamedTuple):
    """When the scores of a kind were last written, None without any."""

    written_at: datetime | None


class WeeklyTrending:
    """Pays one kind of trending once a week. A tick that has nothing to pay reads one row of ``trending_results``."""

    feeds = ()  # it goes by the calendar

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
        self.target = msgspec.structs.replace(progress_of(challenge_id), scope=None)  # its keys are weeks
        self._challenge_id = challenge_id
        self._kind = kind
        self._snapshot = compose(
            __package__, "weekly_trending_snapshot.sql", winners=SQL("(\n") + SQL(winners) + SQL("\n)")
        )
        self._scores = scores
        self._rewards = Merge(REWARDS, self.target)
        self._bound = {
            "challenge_id": challenge_id,
            "kind": kind,
            "top_ranks": TOP_RANKS,
            "top_amount": amounts[0],
            "amount": amounts[1],
        }
        self._clock = clock or SystemClock()
        self._reported: set[date] = set()

    async def incremental(self, session: Session) -> RunReport:
        """Pay the week if it is due and has not been."""
        if not await is_on(session.connection, self._challenge_id):
            return RunReport(name=self.name)
        now = without_zone(self._clock.now())
        friday = now.date() - timedelta(days=(now.weekday() - FRIDAY) % 7)
        week = await self._look(session.connection, friday)
        if week.is_paid:
            return RunReport(name=self.name)
        missed = _fridays(week.last_paid, friday if friday == now.date() else friday + WEEK)
        report = await self._catch_up(session, missed, now)
        return report.then(await self._pay(session, friday, now)) if friday == now.date() else report

    async def _catch_up(self, session: Session, missed: Sequence[date], now: datetime) -> RunReport:
        """Pay the missed Friday whose scores still stand, if there is one, and report the others, each once."""
        lost = [friday for friday in missed if friday not in self._reported]
        report = RunReport(name=self.name)
        if not lost:
            return report
        scores = await first(session.connection, Scores, self._scores, {})
        kept = scores.written_at.date() if scores and scores.written_at else None
        if kept in lost:
            report = await self._pay(session, kept, now)
            if (await self._look(session.connection, kept)).is_paid:
                lost.remove(kept)
        for friday in lost:
            log.error("weekly_trending_missed", job=self.name, week=str(friday))
        self._reported.update(lost)
        return report

    async def rebuild(self, session: Session) -> RunReport:
        """Pay what is missing of all weeks whose instant is known."""
        async with fenced(session):
            await session.connection.execute(LOCK, self._bound)
            written = await self._rewards.write(session.connection, None, self._bound)
        return self._report(written)

    async def audit(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Compare what was paid with the results of all weeks whose instant is known."""
        async with one_snapshot(connection):
            return AuditReport.of(self.name, await self._rewards.audit(connection, [], self._bound))

    async def difference(self, connection: AsyncConnection[Any]) -> AuditReport:
        """Tell what a rebuild would pay, which is what an audit tells."""
        return await self.audit(connection)

    async def _pay(self, session: Session, friday: date, now: datetime) -> RunReport:
        connection = session.connection
        async with fenced(session):
            await connection.execute(LOCK, self._bound)
            if (await self._look(connection, friday)).is_paid:
                return RunReport(name=self.name)
            ranks = await value(connection, self._snapshot, {"kind": self._kind, "week": friday, "now": now})
            written = await self._rewards.write(connection, [friday], self._bound)
        return msgspec.structs.replace(self._report(written), rows_read=ranks)

    def _report(self, written: Written) -> RunReport:
        read, inserted = written.computed, written.inserted
        return RunReport(name=self.name, keys=read, rows_read=read, inserted=inserted)

    async def _look(self, connection: AsyncConnection[Any], friday: date) -> Week:
        return await one(connection, Week, LOOK, {"kind": self._kind, "week": friday})


def _fridays(paid: date | None, until: date) -> list[date]:
    """Return the newest Fridays between, oldest first. Where nothing was ever paid, nothing was missed."""
    count = 0 if paid is None else (until - paid - timedelta(days=1)) // WEEK
    return [until - number * WEEK for number in range(min(count, MISSED_MAX), 0, -1)]


TRACK_SCORES = load(__package__, "weekly_trending_track_scores.sql")
PUBLIC = (load(__package__, "weekly_trending_tracks.sql"), load(__package__, "weekly_trending_playlists.sql"))
ANY = (load(__package__, "weekly_trending_any_tracks.sql"), load(__package__, "weekly_trending_any_playlists.sql"))
WINNERS: Mapping[WeeklyWinners, tuple[LiteralString, LiteralString]] = {"public": PUBLIC, "any": ANY}


def tracks(clock: Clock | None = None, winners: WeeklyWinners = "public") -> WeeklyTrending:
    """Return what pays the week's best tracks. ``winners``: whether hidden and deleted ones can win."""
    return WeeklyTrending(
        "challenges.trending_track",
        "tt",
        "TRACKS",
        winners=WINNERS[winners][0],
        scores=TRACK_SCORES,
        amounts=(1000, 100),
        clock=clock,
    )


def underground(clock: Clock | None = None) -> WeeklyTrending:
    """Return what pays the week's best underground tracks. They are always public (domain: challenges, 3.15)."""
    return WeeklyTrending(
        "challenges.trending_underground",
        "tut",
        "UNDERGROUND_TRACKS",
        winners=load(__package__, "weekly_trending_underground.sql"),
        scores=TRACK_SCORES,
        amounts=(1000, 100),
        clock=clock,
    )


def playlists(clock: Clock | None = None, winners: WeeklyWinners = "public") -> WeeklyTrending:
    """Return what pays the week's best playlists. ``winners``: whether hidden and deleted ones can win."""
    return WeeklyTrending(
        "challenges.trending_playlist",
        "tp",
        "PLAYLISTS",
        winners=WINNERS[winners][1],
        scores=load(__package__, "weekly_trending_playlist_scores.sql"),
        amounts=(100, 10),
        clock=clock,
    )


def trending(
    clock: Clock | None = None, winners: WeeklyWinners = "public"
) -> tuple[WeeklyTrending, WeeklyTrending, WeeklyTrending]:
    """Return the three kinds, by ``clock``."""
    return tracks(clock, winners), underground(clock), playlists(clock, winners)


TRENDING_TRACK, TRENDING_UNDERGROUND, TRENDING_PLAYLIST = trending()

FACTS = (load(__package__, "weekly_trending_facts.sql"),)
CHALLENGES = (
    challenge.weekly(
        "tt", keeper=TRENDING_TRACK, chosen=lambda chosen: tracks(winners=chosen.weekly_winners), facts=FACTS
    ),
    challenge.weekly("tut", keeper=TRENDING_UNDERGROUND, chosen=lambda _chosen: underground(), facts=FACTS),
    challenge.weekly(
        "tp", keeper=TRENDING_PLAYLIST, chosen=lambda chosen: playlists(winners=chosen.weekly_winners), facts=FACTS
    ),
)
