"""Who leads the block loop proves it by name, holder and term, and says what it is doing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.codes import Phase
from backbeat.db.pool import Lanes
from backbeat.errors import LeaseLostError
from backbeat.index.lease import RENEW, Lease
from builders.chain import ListSource
from builders.indexing import index, rows

pytestmark = pytest.mark.newest

HELD = "SELECT name, term FROM backbeat.leases ORDER BY name"
LAST = "SELECT phase, source, started_at FROM backbeat.indexer"
SECONDS = 600.0


def lease(lanes: Lanes, name: str = "index") -> Lease:
    return Lease(lanes.control, name, SECONDS, SystemClock())


async def test_terms_that_begin_again_do_not_make_two_leaders(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    """The table was emptied: another process leads, under the same term."""
    old, new = lease(lanes), lease(lanes)
    assert await old.acquire() == 1
    await connection.execute("DELETE FROM backbeat.leases")
    assert await new.acquire() == 1
    with pytest.raises(LeaseLostError) as lost:
        await old.fence(connection)
    assert lost.value.code == "lease_lost"
    assert (old.is_held, old.lost.is_set()) == (False, True)
    assert not await old._try(RENEW)
    await new.fence(connection)


async def test_a_lease_is_not_another_of_the_same_holder(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    one = lease(lanes)
    await one.acquire()
    await connection.execute("UPDATE backbeat.leases SET name = 'other'")
    with pytest.raises(LeaseLostError):
        await one.fence(connection)
    assert not await one._try(RENEW)
    assert await rows(connection, HELD) == [("other", 1)]


async def test_a_lease_that_is_given_up_is_free_at_once(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    one, two = lease(lanes), lease(lanes)
    await one.acquire()
    async with one.kept():
        pass
    assert not one.is_held
    assert await two.acquire() == 2
    await one._release()  # again, and now another process holds it
    await two.fence(connection)


async def test_the_last_heartbeat_says_how_it_ended(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        "INSERT INTO backbeat.indexer (phase, source, head_height, started_at, blocks_per_second,"
        " transactions_per_second, plays_per_second) VALUES (%s, 'before', 900, '2020-01-01', 1, 1, 1)",
        [Phase.AT_TIP],
    )
    await index(lanes, ListSource([[], []]))
    [(phase, source, started_at)] = await rows(connection, LAST)
    assert (phase, source) == (Phase.STOPPED, "")
    assert (datetime.now(UTC) - started_at).total_seconds() < SECONDS
