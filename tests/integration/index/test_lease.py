"""A lease holds as long as it is and no longer, whatever the server's clock does."""

import asyncio
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.errors import LeaseLostError
from backbeat.index.lease import RENEW, Lease

pytestmark = pytest.mark.newest

SECONDS = 60.0  # none of these tests waits for a lease


def lease(lanes: Lanes, seconds: float = SECONDS) -> Lease:
    return Lease(lanes.control, "index", seconds, SystemClock())


async def step(connection: AsyncConnection[Any], interval: str) -> None:
    """Leave what is stored as it would look after the server's clock was set by as much the other way."""
    await connection.execute("UPDATE backbeat.leases SET expires_at = expires_at + %s::interval", [interval])


async def is_free(lanes: Lanes, seconds: float = SECONDS) -> bool:
    taking = asyncio.create_task(lease(lanes, seconds).acquire())
    done, _ = await asyncio.wait({taking}, timeout=1)
    taking.cancel()
    await asyncio.wait({taking})
    return bool(done)


async def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    assert await lease(lanes).acquire() == 1
    assert not await is_free(lanes)
    await step(connection, "8 hours")
    assert await is_free(lanes)


async def test_a_longer_lease_of_another_process_is_not_taken_for_one_from_the_future(lanes: Lanes) -> None:
    await lease(lanes, 10 * SECONDS).acquire()
    assert not await is_free(lanes, SECONDS)


async def test_a_holder_that_lives_keeps_its_lease_when_the_clock_is_set_back_and_nobody_else_is_there(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    holder = lease(lanes)
    await holder.acquire()
    await step(connection, "8 hours")
    assert await holder._try(RENEW)
    assert not await is_free(lanes), "renewed, it is as long as it should be"


async def test_a_holder_whose_lease_was_taken_over_after_a_step_cannot_write(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    holder = lease(lanes)
    await holder.acquire()
    for interval in ("8 hours", "-8 hours"):  # the clock was set back, then forth
        await step(connection, interval)
        heir = lease(lanes)
        await heir.acquire()
        async with lanes.indexing.connection() as conn:
            with pytest.raises(LeaseLostError):
                await holder.fence(conn)
            await heir.fence(conn)
        assert holder.lost.is_set()
        holder = heir
