"""A block loop that cannot commit says why, in the database, for every process to show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.codes import CheckName
from backbeat.db.pool import open_lanes
from backbeat.index.commits import LOCK_TIMEOUT
from backbeat.index.heartbeat import BLOCKERS, INDEXING
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


async def blockers(connection: Connection) -> list[tuple[Any, ...]]:
    return await (await connection.execute(BLOCKERS, INDEXING)).fetchall()


@asynccontextmanager
async def waiting(url: str, connection: Connection, lock: str, wanted: str) -> AsyncIterator[tuple[Connection, Any]]:
    """Have an indexing session want what another holds; give the other, and what is found in the way."""
    async with await session(url, "psql") as holder, await session(url, "backbeat/indexing") as ours:
        await holder.execute("BEGIN")
        await holder.execute(lock)
        writing = asyncio.create_task(ours.execute(wanted))

        async def is_seen() -> bool:
            return bool(await blockers(connection))

        try:
            assert await eventually(is_seen)
            yield holder, (await blockers(connection))[0]
        finally:
            await holder.execute("ROLLBACK")
            await writing


async def test_whom_an_indexing_session_waits_for(connection: Connection, database_url: str) -> None:
    assert await blockers(connection) == []
    async with waiting(database_url, connection, "LOCK TABLE plays", "DELETE FROM plays") as (holder, found):
        pid, application, user, state, seconds, relation, others = found
        assert (pid, application, state) == (holder.info.backend_pid, "psql", "idle in transaction")
        assert (user, relation, others) == (connection.info.user, "plays", 0)
        assert 0 <= seconds < 600
    assert await blockers(connection) == []


async def test_a_row_that_is_waited_for_is_named_by_its_table(connection: Connection, database_url: str) -> None:
    await connection.execute(
        "INSERT INTO backbeat.leases (name, holder, term, expires_at) VALUES ('x', gen_random_uuid(), 1, now())"
    )
    touch = "UPDATE backbeat.leases SET term = term + 1 WHERE name = 'x'"
    async with waiting(database_url, connection, touch, touch) as (holder, found):
        assert (found[0], found[5]) == (holder.info.backend_pid, "backbeat.leases")


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
            return "held by pid" in commits(await read_status(connection, SystemClock())).detail

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
    held = f"waits for a lock on plays held by pid {pid} (psql, idle in transaction"
    assert held in status.headline
    assert status.indexer is not None
    assert status.indexer.report.failures[LOCK_TIMEOUT] >= 1
