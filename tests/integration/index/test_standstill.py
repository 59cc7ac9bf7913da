"""A block loop that cannot commit says why, in the database, for every process to show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.codes import CheckName
from backbeat.db.lock_waits import holder_before, holder_of
from backbeat.db.pool import open_lanes
from backbeat.index.commits import LOCK_TIMEOUT
from backbeat.index.heartbeat import INDEXING
from backbeat.lock_holder import LockHolder
from backbeat.observe.status import read_status
from backbeat.observe.tree import Check, Status
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, play, plays
from builders.indexing import block_loop
from builders.waiting import eventually

Connection = AsyncConnection[Any]
PLAYS = [[plays(play("", str(height)))] for height in range(1, 4)]


async def session(url: str, application: str) -> Connection:
    return await AsyncConnection.connect(url, application_name=application, autocommit=True)


def commits(status: Status) -> Check:
    [found] = [check for check in status.checks if check.name == CheckName.COMMITS]
    return found


@asynccontextmanager
async def waiting(
    url: str, connection: Connection, lock: str, wanted: str
) -> AsyncIterator[tuple[Connection, LockHolder]]:
    """Have an indexing session want what another holds; give the other, and what is found in the way."""
    async with await session(url, "psql") as holder, await session(url, "backbeat/indexing") as ours:
        await holder.execute("BEGIN")
        await holder.execute(lock)
        writing = asyncio.create_task(ours.execute(wanted))

        async def is_seen() -> bool:
            return await holder_before(connection, INDEXING) is not None

        try:
            assert await eventually(is_seen)
            found = await holder_before(connection, INDEXING)
            by_pid = await holder_of(connection, ours.info.backend_pid)
            assert found is not None
            assert by_pid is not None
            assert (by_pid.pid, by_pid.relation) == (found.pid, found.relation)
            yield holder, found
        finally:
            await holder.execute("ROLLBACK")
            await writing


async def test_whom_an_indexing_session_waits_for(connection: Connection, database_url: str) -> None:
    assert await holder_before(connection, INDEXING) is None
    async with waiting(database_url, connection, "LOCK TABLE plays", "DELETE FROM plays") as (holder, found):
        assert (found.pid, found.application) == (holder.info.backend_pid, "psql")
        assert (found.user, found.state) == (connection.info.user, "idle in transaction")
        assert (found.relation, found.others) == ("plays", 0)
        assert found.our_role.strip('"') == connection.info.user
        assert found.since is not None
        assert found.state_seconds is not None
        assert 0 <= found.state_seconds < 600
    assert await holder_before(connection, INDEXING) is None


async def test_a_row_that_is_waited_for_is_named_by_its_table(connection: Connection, database_url: str) -> None:
    await connection.execute(
        "INSERT INTO backbeat.leases (name, holder, term, expires_at) VALUES ('x', gen_random_uuid(), 1, now())"
    )
    touch = "UPDATE backbeat.leases SET term = term + 1 WHERE name = 'x'"
    async with waiting(database_url, connection, touch, touch) as (holder, found):
        assert (found.pid, found.relation) == (holder.info.backend_pid, "backbeat.leases")


@pytest.mark.parametrize(
    ("mode", "where"),
    [("SHARE", "Stuck at block 1 for "), ("ACCESS EXCLUSIVE", "Stuck before the first block for ")],
)
async def test_a_loop_before_a_locked_table_says_so_and_goes_on(
    connection: Connection, database_url: str, mode: str, where: str
) -> None:
    """With the first lock the table can be read, so that the loop begins and its commit waits."""
    settings = DatabaseSettings(lock_timeout_seconds=4.0)  # beyond what a commit may take before anybody looks
    async with (
        await open_lanes(database_url, settings) as lanes,
        await session(database_url, "psql") as holder,
    ):
        await holder.execute(f"BEGIN; LOCK TABLE plays IN {mode} MODE")
        loop = block_loop(lanes, ListSource(PLAYS))
        running = asyncio.create_task(loop.run())

        async def is_stuck() -> bool:
            return "waits for process" in commits(await read_status(connection, SystemClock())).detail

        pid = holder.info.backend_pid
        stuck = await eventually(is_stuck)
        status = await read_status(connection, SystemClock())
        await holder.execute("ROLLBACK")

        async def goes_on() -> bool:
            found = await read_status(connection, SystemClock())
            return commits(found).ok and found.indexer is not None and found.indexer.report.blocks == len(PLAYS)

        assert await eventually(goes_on)
        loop.drain()
        await running
    assert stuck
    assert status.tone == "bad"
    assert status.headline.startswith(where)
    held = f"waits for process {pid} (psql, idle in transaction for"
    assert held in status.headline
    assert status.indexer is not None
    assert status.indexer.report.failures[LOCK_TIMEOUT] >= 1
