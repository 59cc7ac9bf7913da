"""Blocks and decisions change the same rows, and neither undoes the other."""

import asyncio
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.incremental.transaction import Session, checked_by
from harness.challenge_world import user
from harness.connections import LOOK_SECONDS, scripted, waits_for_lock
from harness.delist_stage import Stage
from harness.notifier import at

WRITES_BLOCKS = load("backbeat.index", "writes_blocks.sql")
READ = "SELECT is_available, is_deactivated FROM users WHERE user_id = 1"
WRITE = "UPDATE users SET bio = 'new', is_available = %s, is_deactivated = %s WHERE user_id = 1"


@pytest.fixture
async def pending(stage: Stage) -> Stage:
    """Return a stage where a user is to be taken down by the next run."""
    await stage.block(at("10:00"), user(1))
    stage.notifier.decide(1, "12:00")
    for _ in range(2):
        await stage.notifier.job().incremental(Session(stage.world.connection))
    assert await stage.users() == [(1, True, False)]
    return stage


async def until_waiting(observer: AsyncConnection[Any], session: AsyncConnection[Any]) -> None:
    async with asyncio.timeout(30):
        while not await waits_for_lock(observer, session):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(LOOK_SECONDS)


async def test_a_decision_waits_for_the_block_in_hand(
    pending: Stage, connection: AsyncConnection[Any], database_url: str
) -> None:
    """The block writes whole rows as it read them: what was decided in between would be lost."""
    async with await scripted(database_url) as loop, await scripted(database_url) as worker:
        async with loop.transaction():
            await loop.execute(WRITES_BLOCKS)
            row = await (await loop.execute(READ)).fetchone()
            run = asyncio.create_task(pending.notifier.job().incremental(Session(worker)))
            await until_waiting(connection, worker)
            await loop.execute(WRITE, row)
        await run
    assert await pending.users() == [(1, False, True)]
    assert await pending.world.all("SELECT bio FROM users") == [("new",)]


async def test_a_block_waits_for_a_decision_and_reads_what_was_decided(
    pending: Stage, connection: AsyncConnection[Any], database_url: str
) -> None:
    async with await scripted(database_url) as loop:
        waited: list[asyncio.Task[Any]] = []

        async def write_a_block() -> None:
            async with loop.transaction():
                await loop.execute(WRITES_BLOCKS)
                await loop.execute(WRITE, await (await loop.execute(READ)).fetchone())

        async def fence(_connection: AsyncConnection[Any]) -> None:
            waited.append(asyncio.create_task(write_a_block()))
            await until_waiting(_connection, loop)

        await pending.notifier.job().incremental(Session(connection, checked_by(fence)))
        await waited[0]
    assert await pending.users() == [(1, False, True)]


async def test_blocks_go_on_while_the_notifier_is_asked(stage: Stage, database_url: str) -> None:
    serve, written = stage.notifier.serve, []

    async def block_meanwhile(request: Any, writer: Any) -> None:
        async with await scripted(database_url) as loop, loop.transaction():
            await loop.execute(WRITES_BLOCKS)
            written.append(True)
        await serve(request, writer)

    stage.notifier.server.script = block_meanwhile
    await stage.run()
    assert written
