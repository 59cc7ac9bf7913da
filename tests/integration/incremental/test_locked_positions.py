"""Two workers at one position: the second waits for the first to end, and then knows that the position has moved."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.due import Due
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.ledger import lock
from backbeat.incremental.sweep import END, Sweep
from backbeat.incremental.window import AnyFeed, AnyWindow, peek
from builders.waiting import eventually
from harness.advancing import advance
from harness.connections import waits_for_lock

FEEDS: list[AnyFeed] = [
    BlockFeed("test:blocks", "users", Stamp.BLOCK, 10),
    ChangeFeed("test:changes", "things", 10),
    Due("test:due", "tracks", "release_date", 10),
    Sweep("test:sweep", "users", "user_id", 10),
]


@pytest.fixture
async def rival(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as session:
        yield session


async def further(connection: AsyncConnection[Any], window: AnyWindow) -> AnyWindow:
    """Return the window that ends at another place, as a run's does."""
    if isinstance(window.after, str):
        found = await (await connection.execute("SELECT pg_current_xact_id(), pg_current_snapshot()::text")).fetchone()
        assert found is not None
        return msgspec.structs.replace(window, upto=found[1])
    if isinstance(window.after, int):
        return msgspec.structs.replace(window, upto=END - 7)
    return msgspec.structs.replace(window, upto=window.after + timedelta(minutes=1))


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: type(feed).__name__)
@pytest.mark.parametrize("commits", [True, False], ids=["commits", "rolls_back"])
async def test_a_second_worker_waits_and_then_looks_again(
    feed: AnyFeed, commits: bool, connection: AsyncConnection[Any], rival: AsyncConnection[Any], database_url: str
) -> None:
    window = await (await peek(connection, feed)).reserve(connection)
    async with connection.transaction():
        assert await lock(connection, [window])
        await advance(connection, [window.skip_to_frontier()])
    window = await peek(connection, feed)

    async def locks() -> bool:
        async with rival.transaction():
            return await lock(rival, [window])

    async with await AsyncConnection.connect(database_url) as first:
        assert await lock(first, [window])
        second = asyncio.create_task(locks())

        async def waits() -> bool:
            return second.done() or await waits_for_lock(connection, rival)

        assert await eventually(waits)
        assert not second.done()  # no look between the other's look and its commit
        await advance(first, [await further(first, window)])
        await (first.commit() if commits else first.rollback())
        assert await second is not commits


@pytest.mark.parametrize("moved", range(len(FEEDS)))
async def test_positions_of_all_kinds_are_held_and_moved_together(
    moved: int, connection: AsyncConnection[Any], rival: AsyncConnection[Any], database_url: str
) -> None:
    opened = [await (await peek(connection, feed)).reserve(connection) for feed in FEEDS]
    async with connection.transaction():
        assert await lock(connection, opened)
        await advance(connection, [window.skip_to_frontier() for window in opened])
    windows = [await peek(connection, feed) for feed in FEEDS]

    async def locks() -> bool:
        async with rival.transaction():
            return await lock(rival, windows)

    async with await AsyncConnection.connect(database_url) as first:
        assert await lock(first, [windows[moved]])
        second = asyncio.create_task(locks())

        async def waits() -> bool:
            return second.done() or await waits_for_lock(connection, rival)

        assert await eventually(waits)
        assert not second.done()
        further_on = [await further(first, window) for window in windows]
        await advance(first, [further_on[moved]])
        await first.commit()
        assert not await second
    async with connection.transaction():
        windows = [await peek(connection, feed) for feed in FEEDS]
        assert await lock(connection, windows)
        await advance(connection, further_on, signature="v2")
    found = [await peek(connection, feed) for feed in FEEDS]
    assert [window.after for window in found] == [window.upto for window in further_on]
    assert [window.signature for window in found] == ["v2", "v2", "v2", None]
