"""What one look at the feeds of all jobs cannot see holds up those that it belongs to, and no other."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from jobs_bench import Bench, HeldClock, Work, schedule_row
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes, open_lanes
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.report import RunReport
from backbeat.incremental.window import AnyFeed
from backbeat.settings import DatabaseSettings

PLAYS = BlockFeed("plays", "plays", Stamp.PLAY, 10)
USERS = BlockFeed("users", "users", Stamp.BLOCK, 10)


@pytest.fixture
async def lanes(database_url: str) -> AsyncIterator[Lanes]:
    """Lanes that wait shortly for a lock."""
    async with await open_lanes(database_url, DatabaseSettings(lock_timeout_seconds=0.2)) as opened:
        yield opened


@pytest.fixture
async def rival(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url) as session:
        yield session


class Stand:
    """Jobs that find nothing. The schedule's clock is the server's."""

    def __init__(self, lanes: Lanes, connection: AsyncConnection[Any], feeds: dict[str, tuple[AnyFeed, ...]]) -> None:
        self.works = {name: Work(name) for name in feeds}
        for name, work in self.works.items():
            work.reports = [RunReport(name=name)]
        self.bench = Bench(lanes, HeldClock(), *(self.works[name].job(feeds=each) for name, each in feeds.items()))
        self._connection = connection

    async def make_due(self) -> None:
        await self._connection.execute("UPDATE backbeat.jobs SET cadence_at = now(), next_run_at = now()")

    async def look(self) -> dict[str, int]:
        """Make all due, and have the runner look; return how often each has run."""
        await self.make_due()
        await self.bench.look_and_settle()
        return {name: work.starts for name, work in self.works.items()}

    async def settle(self) -> dict[str, int]:
        """Look until quiet feeds stand in for runs: the first look cannot tell by which rules the first runs went."""
        await self.look()
        return await self.look()


async def at_frontier(connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        "INSERT INTO indexing_checkpoints (tablename, last_checkpoint) VALUES ('plays', 0), ('users', 0)"
    )


async def test_a_locked_table_holds_up_no_job_that_does_not_read_it(
    lanes: Lanes, connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    await at_frontier(connection)
    at = Stand(lanes, connection, {"plays": (PLAYS,), "users": (USERS,), "chore": ()})
    assert await at.settle() == {"plays": 2, "users": 2, "chore": 2}
    await rival.execute("LOCK TABLE plays")
    assert await at.look() == {"plays": 3, "users": 2, "chore": 3}
    assert (await schedule_row(connection, "users")).ticks_since_run == 1


async def test_a_table_that_cannot_be_read_fails_its_jobs_alone(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    """Such as one with a broken index: nothing of an outage, and no reason to end the program."""
    await at_frontier(connection)
    await connection.execute("CREATE SCHEMA shelf; CREATE TABLE shelf.songs (id bigint, divisor bigint)")
    await connection.execute("CREATE VIEW shelf.read AS SELECT id / divisor AS id FROM shelf.songs")
    broken = BlockFeed("songs", ("shelf", "read"), Stamp.PLAY, 10)
    at = Stand(lanes, connection, {"songs": (broken,), "users": (USERS,), "chore": ()})
    await connection.execute("INSERT INTO indexing_checkpoints (tablename, last_checkpoint) VALUES ('songs', 0)")
    assert await at.settle() == {"songs": 2, "users": 2, "chore": 2}
    await connection.execute("INSERT INTO shelf.songs VALUES (1, 0)")
    assert await at.look() == {"songs": 3, "users": 2, "chore": 3}


async def test_rules_that_are_gone_hold_up_nobody(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await at_frontier(connection)
    at = Stand(lanes, connection, {"users": (USERS,), "chore": ()})
    assert await at.settle() == {"users": 2, "chore": 2}
    await connection.execute("ALTER TABLE challenges RENAME TO gone")
    await at.look()
    assert (await at.look())["chore"] == 4
