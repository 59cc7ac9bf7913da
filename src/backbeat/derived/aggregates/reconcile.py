"""Counting again what triggers count (domain: derived state, 4.11 and 8.5).

Every user, track and playlist is looked at once a day, in order of id, whatever the triggers say. What differs is
corrected by an ordinary update, which everything that follows these counts hears of, and counted as drift. So is a row
of counts that is missing: a round of its own goes by the users, tracks and playlists themselves and brings it back.
Rows are counted by index: per key its own followers, saves, reposts and so on.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import LiteralString, NamedTuple

from psycopg.sql import SQL

from backbeat.db.query import column, one
from backbeat.db.sql import compose, load
from backbeat.derived.aggregates import dominant_genre
from backbeat.derived.scores import score
from backbeat.incremental import drift
from backbeat.incremental.change_log import log_keys
from backbeat.incremental.report import RunReport
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Run, Work, decide, taking
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import AnyFeed

NAME = "aggregates.reconcile"
DAY_SECONDS = 86_400
POLICY = Policy(Missing.FIRST_ROW)
KEYS_MAX = 1_000  # of each table in a run


class Subject(NamedTuple):
    """A table of counts, and the statement that counts again and corrects."""

    name: str
    rolling: Rolling
    correct: LiteralString


class Absent(NamedTuple):
    """What a table of counts has rows for, the statement that brings missing ones back, and the one that counts them.

    ``correct`` is None where bringing back is counting. ``streams`` are told of such rows, which no trigger tells them
    of.
    """

    name: str
    rolling: Rolling
    restore: LiteralString
    correct: LiteralString | None = None
    streams: tuple[str, ...] = ()


class Corrected(NamedTuple):
    """Whose counts were wrong; of those passed over another session had locked the row."""

    corrected: list[int]
    passed_over: list[int]


def daily(name: str, table: str, column: str) -> Rolling:
    """Return a round that goes through a table once a day."""
    return Rolling(f"aggregates.{name}", table, column, seconds=DAY_SECONDS, keys_max=KEYS_MAX)


def subject(name: str, table: str, column: str, correct: LiteralString) -> Subject:
    """Return a table of counts that is gone through once a day."""
    rolling = daily(name, table, column)
    return Subject(rolling.name, rolling, correct)


COUNTED_USERS = load(__package__, "counted_users.sql")
COUNTED_TRACKS = load(__package__, "counted_tracks.sql")
COUNTED_PLAYLISTS = load(__package__, "counted_playlists.sql")


def _correcting_by(name: str, counted: LiteralString) -> str:
    return compose(__package__, name, counted=SQL("(\n{}\n)").format(SQL(counted))).as_string()


USERS = _correcting_by("reconcile_users.sql", COUNTED_USERS)
TRACKS = _correcting_by("reconcile_tracks.sql", COUNTED_TRACKS)
PLAYLISTS = _correcting_by("reconcile_playlists.sql", COUNTED_PLAYLISTS)

SUBJECTS = (
    subject("users", "aggregate_user", "user_id", USERS),
    subject("tracks", "aggregate_track", "track_id", TRACKS),
    subject("playlists", "aggregate_playlist", "playlist_id", PLAYLISTS),
)
ABSENT = (
    Absent(
        "aggregates.users",
        daily("absent_users", "users", "user_id"),
        load(__package__, "restore_users.sql"),
        USERS,
        streams=(dominant_genre.STREAM, score.STREAM),
    ),
    Absent(
        "aggregates.tracks",
        daily("absent_tracks", "tracks", "track_id"),
        load(__package__, "restore_tracks.sql"),
        TRACKS,
    ),
    Absent(
        "aggregates.playlists",
        daily("absent_playlists", "playlists", "playlist_id"),
        load(__package__, "restore_playlists.sql"),
        PLAYLISTS,
    ),
    Absent("aggregates.plays", daily("absent_plays", "tracks", "track_id"), load(__package__, "restore_plays.sql")),
)


class Reconcile:
    """Corrects the counts that are due, and brings back those that are missing."""

    name = NAME

    def __init__(self, subjects: Sequence[Subject] = SUBJECTS, absent: Sequence[Absent] = ABSENT) -> None:
        self._subjects = subjects
        self._absent = absent

    @property
    def feeds(self) -> tuple[AnyFeed, ...]:
        """Return what a run looks at."""
        return (*(each.rolling for each in self._absent), *(each.rolling for each in self._subjects))

    async def run(self, session: Session) -> RunReport:
        """Count the next keys of each table again; a row that another session has locked comes again."""
        looked = await Positions.peek(session.connection, self.feeds)
        done = [await self._go_round(session, looked, each.rolling, _restoring(each)) for each in self._absent]
        done += [await self._go_round(session, looked, each.rolling, _correcting(each)) for each in self._subjects]
        return RunReport(
            name=self.name,
            keys=sum(report.keys for report in done),
            inserted=sum(report.inserted for report in done),
            updated=sum(report.updated for report in done),
            more=any(report.more for report in done),
            conflict=all(report.conflict for report in done),
        )

    async def _go_round(
        self,
        session: Session,
        looked: Positions,
        rolling: Rolling,
        work: Callable[[Run, Sequence[int]], Awaitable[Work]],
    ) -> RunReport:
        positions = looked.part(rolling)
        if decide(positions, NO_PARAMETERS, POLICY) is Action.QUIET:
            return RunReport(name=self.name)
        async with taking(session, self.name, positions) as run:
            if run.is_ours:
                run.did(await work(run, positions.of(rolling).keys))
        return run.report


def _restoring(absent: Absent) -> Callable[[Run, Sequence[int]], Awaitable[Work]]:
    async def restore(run: Run, keys: Sequence[int]) -> Work:
        restored = sorted(await column(run.connection, absent.restore, {"keys": keys}, prepare=False))
        if restored and absent.correct is not None:
            await run.connection.execute(absent.correct, {"keys": restored}, prepare=False)
        for stream in absent.streams:
            await log_keys(run.connection, stream, restored)
        await drift.report(run.connection, absent.name, restored)
        return Work(keys=len(keys), inserted=len(restored))

    return restore


def _correcting(subject: Subject) -> Callable[[Run, Sequence[int]], Awaitable[Work]]:
    async def correct(run: Run, keys: Sequence[int]) -> Work:
        found = await one(run.connection, Corrected, subject.correct, {"keys": keys}, prepare=False)
        await drift.report(run.connection, subject.name, found.corrected)
        if found.passed_over:
            run.stay(subject.rolling)
        return Work(keys=len(keys), updated=len(found.corrected))

    return correct


RECONCILE = Reconcile()
