"""How a target is brought to what a query computes, whatever indexes the target has."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.incremental.merge import Merge, Target

LAY_OUT = """
CREATE TABLE shelf (member integer, kind integer, score integer, PRIMARY KEY (member, kind));
CREATE INDEX shelf_by_kind ON shelf (kind, score DESC);
INSERT INTO shelf SELECT member, kind, 0 FROM generate_series(1, 1500) AS member, generate_series(1, 2) AS kind
"""
QUERY = """
SELECT member, kind, 1 AS score
FROM generate_series(1, 1500) AS member, generate_series(1, 2) AS kind
WHERE %(keys)b::integer [] IS NULL
"""
SHELF = Merge(QUERY, Target(table="shelf", key=("member", "kind"), values=("score",), scope="member"))


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as session:
        await session.execute(LAY_OUT)
        yield session


async def test_a_whole_pass_does_not_merge_by_part_of_the_key(connection: AsyncConnection[Any]) -> None:
    async with connection.transaction():
        written = await SHELF.write(connection, None, {})
        assert await setting(connection) == "off"
    assert (written.computed, written.inserted, written.updated, written.deleted) == (3_000, 0, 3_000, 0)
    assert await setting(connection) == "on"


async def test_a_pass_for_some_keys_is_planned_as_ever(connection: AsyncConnection[Any]) -> None:
    async with connection.transaction():
        written = await SHELF.write(connection, [1, 2], {})
        assert await setting(connection) == "on"
    assert written.deleted == 4


async def setting(connection: AsyncConnection[Any]) -> str:
    found = await (await connection.execute("SHOW enable_mergejoin")).fetchone()
    assert found is not None
    return str(found[0])
