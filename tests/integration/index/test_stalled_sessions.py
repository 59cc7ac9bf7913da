"""The process that takes the index lease over ends the transactions of a predecessor that stands still."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index.lease import Lease

LEASE_SECONDS = 0.2


@pytest.fixture
async def stalled(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, application_name="backbeat/indexing") as session:
        yield session


async def evict(lanes: Lanes) -> None:
    await asyncio.sleep(LEASE_SECONDS)
    await Lease(lanes.control, "index", LEASE_SECONDS, SystemClock()).evict()


async def test_a_copy_that_nobody_feeds_is_ended_with_its_locks(
    stalled: AsyncConnection[Any], lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    async def stand_still() -> None:
        await stalled.execute("LOCK TABLE blocks IN ACCESS EXCLUSIVE MODE")
        async with stalled.cursor() as cursor, cursor.copy("COPY plays FROM STDIN"):
            await evict(lanes)
            assert await (await connection.execute("SELECT count(*) FROM blocks")).fetchone() == (0,)

    with pytest.raises(psycopg.OperationalError):
        await stand_still()


async def test_sessions_without_a_transaction_are_left_alone(stalled: AsyncConnection[Any], lanes: Lanes) -> None:
    await stalled.execute("SELECT 1")
    await stalled.commit()
    await evict(lanes)
    assert await (await stalled.execute("SELECT 1")).fetchone() == (1,)
