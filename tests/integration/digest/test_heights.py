"""A state as of a height: where the database stands there, where a table only grows, and not otherwise."""

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.digest.answers import Asked
from backbeat.digest.content import CONTENT
from backbeat.digest.reached import wait_until
from backbeat.digest.state import seen
from backbeat.errors import ArgumentError, DigestError

STAND = (
    "INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number)"
    " VALUES ('dev', %s, 'h', '2026-01-01', %s)"
    " ON CONFLICT (singleton) DO UPDATE SET height = excluded.height, block_number = excluded.block_number"
)


async def stand(connection: AsyncConnection, height: int, block_number: int) -> None:
    await connection.execute(STAND, [height, block_number])


async def digest(connection: AsyncConnection, at: int | None, *tables: str) -> str:
    async with seen(connection, Asked(at=at), seconds=60) as state:
        found = await state.digest(tables)
        assert at is None or found.height == at
        return found.digest


async def grow(connection: AsyncConnection, height: int, block_number: int) -> None:
    """Write what a block writes into tables that only grow."""
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(
        "INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block) VALUES (%s, 'dev', %s, %s)",
        [f"h{height}", height, block_number],
    )
    await connection.execute("INSERT INTO plays (play_item_id, slot) VALUES (1, %s)", [height])
    await connection.execute(
        "INSERT INTO track_price_history (track_id, splits, total_price_cents, blocknumber, block_timestamp)"
        " VALUES (1, '[]', 1, %s, '2026-01-01'::timestamp + %s * interval '1 s')",
        [block_number, height],
    )
    await stand(connection, height, block_number)


async def test_a_table_that_only_grows_is_told_as_of_a_height(connection: AsyncConnection) -> None:
    tables = ("core_indexed_blocks", "track_price_history")
    await grow(connection, 10, 4)
    before = await digest(connection, 10, *tables)
    await grow(connection, 12, 5)
    assert await digest(connection, 10, *tables) == before != await digest(connection, 12, *tables)
    assert await digest(connection, 11, *tables) != await digest(connection, 12, *tables)


async def test_what_is_written_over_is_left_out_or_refused(connection: AsyncConnection) -> None:
    await stand(connection, 12, 5)
    async with seen(connection, Asked(at=10), seconds=60) as state:
        found = await state.digest()
        assert {table.table for table in found.tables} == {name for name, each in CONTENT.items() if each.growing}
        assert {*found.past} == CONTENT.keys() - {table.table for table in found.tables}
        for refusing in (state.buckets("users", [""]), state.rows("users", ["00"])):
            with pytest.raises(DigestError) as refused:
                await refusing
            assert refused.value.code == "digest_height_passed"


async def test_what_is_ahead_is_refused(connection: AsyncConnection) -> None:
    await stand(connection, 12, 5)
    with pytest.raises(DigestError) as refused:
        await digest(connection, 13)
    assert refused.value.code == "digest_height_not_reached"


async def test_an_empty_database_stands_at_nothing(connection: AsyncConnection) -> None:
    async with seen(connection, Asked(), seconds=60) as state:
        found = await state.digest()
    assert (found.height, found.chain_id, len(found.tables)) == (0, "", len(CONTENT))


async def test_a_table_that_no_state_has_is_refused(connection: AsyncConnection) -> None:
    with pytest.raises(ArgumentError) as refused:
        await digest(connection, None, "plays", "pg_class")
    assert refused.value.code == "digest_table_unknown"


async def test_a_table_that_this_database_lacks_is_left_out_or_refused(connection: AsyncConnection) -> None:
    await connection.execute("DROP TABLE reactions CASCADE")
    async with seen(connection, Asked(), seconds=60) as state:
        assert "reactions" not in {table.table for table in (await state.digest()).tables}
        with pytest.raises(ArgumentError) as refused:
            await state.rows("reactions", [""])
    assert refused.value.code == "digest_table_missing"


async def test_all_tables_are_of_one_height(connection: AsyncConnection, database_url: str) -> None:
    await grow(connection, 10, 4)
    async with await address.connect(address.parse(database_url), "test") as session:
        async with seen(session, Asked(), seconds=60) as state:
            before = await state.digest(["plays"])
            await grow(connection, 12, 5)
            assert await state.digest(["plays"]) == before
        assert await digest(session, None, "plays") != before.digest


class Sleepless(SystemClock):
    """A clock whose sleeps are over at once; at ``seconds`` something happens."""

    def __init__(self, seconds: float, happens: Callable[[], Awaitable[None]]) -> None:
        self.slept = 0.0
        self._seconds = seconds
        self._happens = happens

    def monotonic(self) -> float:
        return self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        if self.slept - seconds < self._seconds <= self.slept:
            await self._happens()


async def test_it_waits_for_a_height_and_no_longer(connection: AsyncConnection, database_url: str) -> None:
    await stand(connection, 12, 5)
    clock = Sleepless(5.0, partial(stand, connection, 14, 5))
    async with await address.connect(address.parse(database_url), "test") as session:
        for at, seconds, slept in ((None, 60, 0), (12, 60, 0), (13, 0, 0), (13, 2, 2), (13, 60, 5), (15, 2, 7)):
            await wait_until(session, at, clock, seconds=seconds)
            assert clock.slept == pytest.approx(slept, abs=0.3)
