"""Plays that go, by the job and by another program, seen and unseen: is what follows from them still the same?

``python -m bench.pruned --plays 5000000`` counts plays of 289 days, then takes half of them by the job, half of the
rest by another program's DELETE, half of that unseen by any trigger, and the rest by TRUNCATE. After each it rebuilds
and audits everything that follows from plays and compares it with what was there before: equal, or refused with the
reason.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.plays import gone
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.derived.plays.prune import READERS, Pruning
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.derived.trending.tracks import TrendingTracks
from backbeat.errors import PlaysLostError
from backbeat.incremental.transaction import Session
from bench.quiet_log import quiet_log
from bench.quiet_ticks import fill, wal
from bench.server import connect, running

PLAYS = 5_000_000
SECONDS = 289 * 86_400.0  # half of the half of the half of which is still more than trending counts
DAYS = 400.0
TOTALS = """
    INSERT INTO aggregate_plays SELECT play_item_id, sum(count) FROM aggregate_monthly_plays GROUP BY 1
    ON CONFLICT (play_item_id) DO NOTHING
"""
PART = """
    SELECT created_at FROM plays ORDER BY created_at OFFSET (SELECT count(*) / 2 - 1 FROM plays) LIMIT 1
"""
TABLES = {
    "aggregate_plays": "play_item_id, count",
    "aggregate_monthly_plays": "play_item_id, timestamp, country, count",
    "hourly_play_counts": "hourly_timestamp, play_count",
    "user_listening_history": "user_id, listening_history",
    "backbeat.listened_hours": "user_id, hour",
    "backbeat.listened_tracks": "user_id, track_id",
    "user_distinct_play_hours": "user_id, hours_with_play",
    "user_distinct_play_tracks": "user_id, track_count",
    "user_challenges": "challenge_id, specifier, is_complete, current_step_count, amount",
    "milestones": "id, name, threshold",
    "backbeat.trending_track_counts": "track_id, plays_week, plays_month",
    "track_trending_scores": "track_id, type, version, time_range, score",
}
FROM_PLAYS_ALONE = ("hourly_play_counts", "user_listening_history")
"""What refuses to be computed again where plays went unseen."""

Do = Callable[[AsyncConnection[Any], datetime], Awaitable[None]]


class Step(msgspec.Struct, kw_only=True):
    """One way in which plays went, and what was found behind it."""

    way: str
    """How."""
    plays: int = 0
    """How many."""
    seconds: float = 0.0
    """How long that took."""
    wal_megabytes: float = 0.0
    """What it wrote."""
    refused: tuple[str, ...] = ()
    """What refused to be rebuilt and audited, both with the reason."""
    unclean: tuple[str, ...] = ()
    """What an audit found wrong."""
    changed: tuple[str, ...] = ()
    """Tables that are not what they were before, behind all rebuilds."""


class Kept(NamedTuple):
    """Everything that follows from plays."""

    trending: TrendingTracks

    @property
    def parts(self) -> tuple[Any, ...]:
        return (HOURLY_PLAY_COUNTS, USER_LISTENING_HISTORY, LISTENERS, PLAY_COUNT_MILESTONES, self.trending)


async def measure(url: str, plays: int) -> list[Step]:
    """Fill the empty database at ``url``, and take its plays away part by part."""
    async with await connect(url) as session:
        await fill(session, plays, SECONDS / plays)
        await session.execute(TOTALS)
        kept = Kept(TrendingTracks(clock=await _last_play(session)))
        for part in kept.parts:
            await part.rebuild(Session(session))
        await session.execute("VACUUM (ANALYZE)")
        before = await _look(session)
        steps = [await _step(session, kept, before, way, do) for way, do in WAYS.items()]
        steps.append(await _accepted(session, kept, before))
    return steps


async def _last_play(session: AsyncConnection[Any]) -> Callable[[AsyncConnection[Any]], Awaitable[datetime]]:
    [(last,)] = await (await session.execute("SELECT max(created_at) FROM plays")).fetchall()

    async def clock(_connection: AsyncConnection[Any]) -> datetime:
        return last.replace(tzinfo=UTC)  # type: ignore[no-any-return]  # a column's value

    return clock


async def _step(session: AsyncConnection[Any], kept: Kept, before: dict[str, Any], way: str, do: Do) -> Step:
    [(until,)] = await (await session.execute(PART)).fetchall()
    count, wal_before, started = await _plays(session), await wal(session), time.perf_counter()
    await do(session, until)
    step = Step(way=way, plays=count - await _plays(session), seconds=round(time.perf_counter() - started, 2))
    step.wal_megabytes = round((await wal(session) - wal_before) / 1e6, 1)
    await _check(session, kept, before, step)
    return step


async def _check(session: AsyncConnection[Any], kept: Kept, before: dict[str, Any], step: Step) -> None:
    """Rebuild and audit everything, and compare."""
    for part in kept.parts:
        try:
            await part.rebuild(Session(session))
            if not (await part.audit(session)).is_clean:
                step.unclean += (part.name,)
        except PlaysLostError:
            step.refused += (part.name,)
    after = await _look(session)
    step.changed = tuple(name for name in TABLES if after[name] != before[name])


async def _accepted(session: AsyncConnection[Any], kept: Kept, before: dict[str, Any]) -> Step:
    started, wal_before = time.perf_counter(), await wal(session)
    await gone.accept(Session(session))
    step = Step(way="accepted", seconds=round(time.perf_counter() - started, 2))
    step.wal_megabytes = round((await wal(session) - wal_before) / 1e6, 1)
    await _check(session, kept, before, step)
    return step


async def _by_the_job(session: AsyncConnection[Any], until: datetime) -> None:
    at = until + timedelta(days=DAYS)
    await session.execute("UPDATE backbeat.cursor SET block_time = %s", [at])

    async def clock(_connection: AsyncConnection[Any]) -> datetime:
        return at.replace(tzinfo=UTC)

    known = [one for one in READERS if one.job != "challenges.listen_streak"]
    while (await Pruning(DAYS, known, clock=clock).run(Session(session))).more:
        pass


async def _by_another(session: AsyncConnection[Any], until: datetime) -> None:
    await session.execute("DELETE FROM plays WHERE created_at <= %s", [until])


async def _unseen(session: AsyncConnection[Any], until: datetime) -> None:
    async with session.transaction():
        await session.execute("ALTER TABLE plays DISABLE TRIGGER USER")
        await _by_another(session, until)
        await session.execute("ALTER TABLE plays ENABLE TRIGGER USER")


async def _truncate(session: AsyncConnection[Any], _until: datetime) -> None:
    await session.execute("TRUNCATE plays")


WAYS: dict[str, Do] = {
    "by the job": _by_the_job,
    "by DELETE of another program": _by_another,
    "unseen": _unseen,
    "by TRUNCATE": _truncate,
}


async def _plays(session: AsyncConnection[Any]) -> int:
    [(count,)] = await (await session.execute("SELECT count(*) FROM plays")).fetchall()
    return int(count)


async def _look(session: AsyncConnection[Any]) -> dict[str, Any]:
    """Return a digest of each table, whatever the order of its rows."""
    found = {}
    for table, columns in TABLES.items():
        query = f"SELECT count(*), sum(hashtextextended(ROW({columns})::text, 0)::numeric) FROM {table}"  # noqa: S608
        found[table] = await (await session.execute(query.encode())).fetchone()
    return found


def show(steps: list[Step]) -> None:
    """Print what was found as a table."""
    table = Table(*Step.__struct_fields__, title="Plays that went, and what follows from them")
    for step in steps:
        cells = msgspec.structs.astuple(step)
        table.add_row(*(", ".join(cell) if isinstance(cell, tuple) else str(cell) for cell in cells))
    Console(width=200).print(table)


async def _run(plays: int, place: Path) -> None:
    async with running(place) as server, server.database() as url:
        show(await measure(url, plays))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plays", type=int, default=PLAYS)
    options.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    chosen = options.parse_args()
    quiet_log()
    asyncio.run(_run(chosen.plays, chosen.data_dir))
