"""Listeners hear of the rows that blocks changed, behind the commit, and no more of them at once than is bounded."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.observe.row_notices import BLOCKS_MAX, NAME, RowNotices, Told
from builders.indexing import rows

pytestmark = pytest.mark.newest

CHANNELS = ("users", "tracks", "playlists", "follows", "saves", "reposts", "shares")
CURSOR = """
    WITH made AS (
        INSERT INTO blocks (blockhash, number) SELECT 'b' || n, n FROM generate_series(0, %(number)s) AS n
        ON CONFLICT DO NOTHING
    )
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES ('dev', %(number)s, 'x', now(), %(number)s, 0)
    ON CONFLICT (singleton) DO UPDATE SET block_number = excluded.block_number
"""
USERS = "INSERT INTO users (user_id, is_current, blocknumber) SELECT n, true, %s FROM generate_series(%s::int, %s) AS n"
FOLLOW = """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at, blocknumber, txhash)
    VALUES (1, 2, true, false, '2026-01-01', %s, %s)
"""
POSITION = "SELECT last_checkpoint FROM indexing_checkpoints WHERE tablename = %s"


class Listener:
    """A session that listens as a search indexer does."""

    def __init__(self, session: AsyncConnection[Any]) -> None:
        self._session = session

    async def heard(self) -> list[tuple[str, Any]]:
        """Return what was told since the last time."""
        return [(each.channel, json.loads(each.payload)) async for each in self._session.notifies(timeout=0.2)]


@pytest.fixture
async def listener(database_url: str) -> AsyncIterator[Listener]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as session:
        for channel in CHANNELS:
            await session.execute(f"LISTEN {channel}".encode())
        yield Listener(session)


async def at(connection: AsyncConnection[Any], number: int) -> None:
    await connection.execute(CURSOR.encode(), {"number": number})


def notices(lanes: Lanes, rows_max: int = 100) -> RowNotices:
    return RowNotices(lanes.control, SystemClock(), rows_max=rows_max)


async def test_rows_are_told_on_channels_called_after_their_tables(
    lanes: Lanes, connection: AsyncConnection[Any], listener: Listener
) -> None:
    await at(connection, 1)
    told = notices(lanes)
    assert await told.tick() == Told(0, None)
    await at(connection, 2)
    await connection.execute(USERS.encode(), [2, 1, 1])
    await connection.execute(FOLLOW.encode(), [2, "t"])
    assert await told.tick() == Told(2, 2)
    found = dict(await listener.heard())
    assert found["users"] == {"user_id": 1, "blocknumber": 2}
    assert (found["follows"]["follower_user_id"], found["follows"]["txhash"]) == (1, "t")
    assert await told.tick() == Told(0, None)
    assert await listener.heard() == []


async def test_what_was_before_is_not_told(lanes: Lanes, connection: AsyncConnection[Any], listener: Listener) -> None:
    await at(connection, 1)
    await connection.execute(USERS.encode(), [1, 1, 3])
    assert await notices(lanes).tick() == Told(0, None)
    assert await listener.heard() == []


async def test_a_row_beyond_the_cursor_waits(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await at(connection, 2)
    told = notices(lanes)
    await told.tick()
    await at(connection, 3)
    await connection.execute("INSERT INTO blocks (blockhash, number) VALUES ('later', 4)")
    await connection.execute(USERS.encode(), [4, 1, 1])
    assert await told.tick() == Told(0, 3)
    await at(connection, 4)
    assert await told.tick() == Told(1, 4)


async def test_whole_blocks_are_told_as_many_as_are_allowed_at_once(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await at(connection, 0)
    told = notices(lanes, rows_max=5)
    await told.tick()
    await at(connection, 4)
    for block, (first, last) in enumerate([(1, 2), (3, 5), (6, 7), (8, 9)], 1):
        await connection.execute(USERS.encode(), [block, first, last])
    assert [await told.tick() for _ in range(3)] == [Told(5, 2), Told(4, 4), Told(0, None)]


async def test_a_block_that_is_larger_is_told_to_that_number(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await at(connection, 0)
    told = notices(lanes, rows_max=5)
    await told.tick()
    await at(connection, 2)
    await connection.execute(USERS.encode(), [1, 1, 50])
    await connection.execute(USERS.encode(), [2, 51, 52])
    assert [await told.tick() for _ in range(2)] == [Told(6, 1), Told(2, 2)]


async def test_a_row_that_is_too_long_is_passed_over(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await at(connection, 1)
    told = notices(lanes)
    await told.tick()
    await at(connection, 2)
    await connection.execute(FOLLOW.encode(), [2, "x" * 8_000])
    assert await told.tick() == Told(0, 2)


async def test_who_was_away_for_long_is_not_told_of_all_that_time(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await at(connection, 1)
    told = notices(lanes)
    await told.tick()
    await at(connection, BLOCKS_MAX + 10)
    await connection.execute(USERS.encode(), [5, 1, 1])
    await connection.execute(USERS.encode(), [BLOCKS_MAX, 2, 2])
    assert await told.tick() == Told(1, BLOCKS_MAX + 10)


async def test_of_two_processes_one_tells(
    lanes: Lanes, connection: AsyncConnection[Any], database_url: str, listener: Listener
) -> None:
    await at(connection, 1)
    told = notices(lanes)
    await told.tick()
    await at(connection, 2)
    await connection.execute(USERS.encode(), [2, 1, 1])
    async with await AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT FROM indexing_checkpoints WHERE tablename = %s FOR UPDATE", [NAME])
        assert await told.tick() == Told(0, None)
        await other.rollback()
    await asyncio.gather(told.tick(), notices(lanes).tick())
    assert len(await listener.heard()) == 1
    assert await rows(connection, POSITION, NAME) == [(2,)]
