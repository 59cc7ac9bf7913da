"""Counting again what triggers count (domain: derived state, 4.11 and 8.5).

Every user, track and playlist is looked at once a day, in order of id, whatever the triggers say. What differs is
corrected by an ordinary update, which everything that follows these counts hears of, and counted as drift. Rows are
counted by index: per key its own followers, saves, reposts and so on.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load
from backbeat.incremental import drift
from backbeat.incremental.report import RunReport
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.transaction import Fence, fenced

NAME = "aggregates.reconcile"
DAY_SECONDS = 86_400
KEYS_MAX = 1_000  # of each table in a run


class Subject(NamedTuple):
    """A table of counts, and the statement that counts again and corrects."""

    name: str
    rolling: Rolling
    correct: LiteralString


class Corrected(NamedTuple):
    """Whose counts were wrong; of those passed over somebody had locked the row."""

    corrected: list[int]
    passed_over: list[int]


def subject(name: str, table: str, column: str, correct: LiteralString) -> Subject:
    """Return a table of counts that is gone through once a day."""
    rolling = Rolling(f"aggregates.{name}", table, column, seconds=DAY_SECONDS, keys_max=KEYS_MAX)
    return Subject(rolling.name, rolling, correct)


SUBJECTS = (
    subject("users", "aggregate_user", "user_id", load(__package__, "reconcile_users.sql")),
    subject("tracks", "aggregate_track", "track_id", load(__package__, "reconcile_tracks.sql")),
    subject("playlists", "aggregate_playlist", "playlist_id", load(__package__, "reconcile_playlists.sql")),
)


class Reconcile:
    """Corrects the counts whose turn it is."""

    name = NAME

    def __init__(self, subjects: Sequence[Subject] = SUBJECTS) -> None:
        self._subjects = subjects

    async def run(self, connection: AsyncConnection[Any], fence: Fence | None = None) -> RunReport:
        """Count the next keys of each table again; a row that somebody has locked keeps its turn."""
        report = RunReport(name=self.name)
        more = False
        for one in self._subjects:
            done = await self._correct(one, connection, fence)
            report, more = report.then(done), more or done.more
        return RunReport(name=self.name, keys=report.keys, updated=report.updated, more=more)

    async def _correct(self, one: Subject, connection: AsyncConnection[Any], fence: Fence | None) -> RunReport:
        turn = await one.rolling.peek(connection)
        if turn.is_quiet:
            return RunReport(name=self.name)
        async with fenced(connection, fence):
            if not await turn.advance(connection):
                return RunReport(name=self.name, more=True)
            async with connection.cursor(row_factory=class_row(Corrected)) as cursor:
                found = await (await cursor.execute(one.correct, {"keys": turn.keys}, prepare=False)).fetchone()
            assert found is not None  # noqa: S101 - the statement answers exactly one row
            await drift.report(connection, one.name, found.corrected)
            if found.passed_over:
                await turn.retreat(connection)
        return RunReport(name=self.name, keys=len(turn.keys), updated=len(found.corrected), more=turn.has_more)


RECONCILE = Reconcile()
