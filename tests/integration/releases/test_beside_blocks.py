"""A release happens between two blocks: neither undoes what the other wrote, whenever they meet."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db import address
from backbeat.derived.releases.scheduled import SCHEDULED_RELEASES
from backbeat.incremental.transaction import Session
from backbeat.index.sink import MARK
from builders.told import ToldChain
from builders.waiting import eventually
from harness.connections import LOOK_SECONDS, SECONDS_MAX, scripted, waits_for_lock
from harness.content_histories import after, said

pytestmark = pytest.mark.newest

U1, T1 = 3000001, 2000001
ROW = "SELECT is_unlisted, title, release_date <= updated_at FROM tracks"
ACTS = "SELECT kind, blocknumber, place FROM backbeat.acts WHERE kind = 'publish'"
WAITS = """
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await address.connect(address.parse(database_url), "test") as connection:
        yield connection


async def scheduled(chain: ToldChain) -> None:
    """Index a track whose date is past."""
    await chain.people(U1)
    payload = {"title": "Song", "owner_id": U1, "is_scheduled_release": True, "release_date": after(2)}
    await chain.blocks([[chain.said(*said(U1, "Track/Create", T1, payload))], [], []])


async def all_of(connection: AsyncConnection[Any], query: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query.encode())).fetchall()


async def test_a_block_in_hand_is_waited_for_and_what_it_wrote_is_seen(
    chain: ToldChain, connection: AsyncConnection[Any], session: AsyncConnection[Any], database_url: str
) -> None:
    """The block writes whole rows from what it read before, as the block loop does."""
    await scheduled(chain)
    async with await address.connect(address.parse(database_url), "test") as loop:
        async with loop.transaction():
            await loop.execute(MARK)
            [(is_unlisted,)] = await all_of(loop, "SELECT is_unlisted FROM tracks")
            run = asyncio.create_task(SCHEDULED_RELEASES.incremental(Session(session)))
            await eventually(lambda: waits_for_lock(connection, session))
            await loop.execute("UPDATE tracks SET title = 'Renamed', is_unlisted = %s", [is_unlisted])
        assert (await run).updated == 1
    assert await all_of(connection, ROW) == [(False, "Renamed", True)]


async def test_a_block_at_any_exchange_of_a_release_renames_the_track_and_leaves_it_public(
    chain: ToldChain, connection: AsyncConnection[Any], database_url: str
) -> None:
    await scheduled(chain)
    async with await scripted(database_url) as counted:
        await SCHEDULED_RELEASES.incremental(Session(counted))
        exchanges = counted.exchanges
    assert exchanges == 7
    for at in range(1, exchanges + 1):
        await connection.execute("UPDATE tracks SET is_unlisted = true, title = 'Song'")
        await connection.execute("DELETE FROM backbeat.acts")
        title = f"Renamed {at}"
        tasks: list[asyncio.Task[None]] = []

        async def block(title: str = title, tasks: list[asyncio.Task[None]] = tasks) -> None:
            said_now = chain.said(*said(U1, "Track/Update", T1, {"title": title}))
            tasks.append(asyncio.create_task(chain.block(said_now)))
            async with asyncio.timeout(SECONDS_MAX):
                while not tasks[0].done() and not await all_of(connection, WAITS):
                    await asyncio.wait(tasks, timeout=LOOK_SECONDS)

        async with await scripted(database_url) as job:
            job.at, job.before = at, block
            await SCHEDULED_RELEASES.incremental(Session(job))
            job.before = None
        await tasks[0]
        assert await all_of(connection, ROW) == [(False, title, True)], at
        [(kind, number, place)] = await all_of(connection, ACTS)
        [(last,)] = await all_of(connection, "SELECT block_number FROM backbeat.cursor")
        assert (kind, place) == ("publish", -1)
        assert number in {last, last + 1}  # before the block that renamed it, or behind that


async def test_a_replay_and_a_release_take_their_locks_in_the_same_order(
    chain: ToldChain, connection: AsyncConnection[Any], session: AsyncConnection[Any], database_url: str
) -> None:
    """Else each of them could hold what the other waits for."""
    await scheduled(chain)
    async with await address.connect(address.parse(database_url), "test") as other:
        async with other.transaction():
            await other.execute("SELECT FROM backbeat.place_between_blocks()")
            run = asyncio.create_task(SCHEDULED_RELEASES.incremental(Session(session)))
            await eventually(lambda: waits_for_lock(connection, session))
            await other.execute("SET LOCAL lock_timeout = '10s'")
            await other.execute("SELECT backbeat.hold_blocks()")  # the release does not hold it yet
        assert (await run).updated == 1
