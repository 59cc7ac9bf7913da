"""How a target is brought to what a query computes, whatever indexes the target has."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.incremental.merge import Merge, Shared, Target

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


KEPT = "SELECT generic_plans FROM pg_prepared_statements WHERE statement LIKE '%INTO \"shelf\"%'"
SOME = """
SELECT member, kind, member %% 7 AS score
FROM generate_series(1, 1500) AS member, generate_series(1, 2) AS kind
WHERE %(keys)b::integer [] IS NULL OR member = ANY (%(keys)b::integer [])
"""


@pytest.mark.newest  # before, sessions of jobs may read a table whole, and a plan that does must not be kept
async def test_a_plan_is_kept_for_a_few_keys_and_made_for_many(connection: AsyncConnection[Any]) -> None:
    merge = Merge(SOME, Target(table="shelf", key=("member", "kind"), values=("score",), scope="member"))
    assert (await merge.write(connection, [], {})).computed == 0
    for first in range(1, 60, 3):
        written = await merge.write(connection, [first, first + 1, first + 2], {})
        assert written.computed == 6
        assert written.updated == 2 * sum(key % 7 > 0 for key in range(first, first + 3))
    kept = await (await connection.execute(KEPT)).fetchall()
    assert len(kept) == 1
    assert kept[0][0] > 0
    assert (await merge.write(connection, list(range(1, 1501)), {})).computed == 3_000
    assert await (await connection.execute(KEPT)).fetchall() == kept


HALVES = """
SELECT member, 1 AS kind, %(since)s::integer AS score
FROM generate_series(1, 1500) AS member
WHERE member = ANY (%(keys)b::integer []) AND %(since)s::integer > -1
UNION ALL
SELECT DISTINCT unnest(%(keys)b::integer []), 2, %(since)s::integer + 100
WHERE %(since)s::integer = -1
"""


@pytest.mark.newest
async def test_a_query_that_is_told_of_blocks_has_a_plan_without_its_other_half(
    connection: AsyncConnection[Any],
) -> None:
    merge = Merge(HALVES, Target(table="shelf", key=("member", "kind"), values=("score",), scope="member"))
    for since in range(20):
        assert (await merge.write(connection, [1, 2], {"since": since})).computed == 2
    rows = "SELECT kind, score FROM shelf WHERE member = 2"
    assert await (await connection.execute(rows)).fetchall() == [(1, 19)]
    kept = await (await connection.execute(KEPT)).fetchall()
    assert len(kept) == 1
    assert kept[0][0] > 0
    assert (await merge.write(connection, [1, 2], {"since": -1})).computed == 2
    assert await (await connection.execute(rows)).fetchall() == [(2, 99)]


async def setting(connection: AsyncConnection[Any], name: str = "enable_mergejoin") -> str:
    found = await (await connection.execute(f"SHOW {name}".encode())).fetchone()
    assert found is not None
    return str(found[0])


OWNED = """
CREATE TABLE owned (name text PRIMARY KEY, owner integer, score integer, note text);
INSERT INTO owned VALUES ('mine', 1, 0, NULL), ('theirs', 2, 0, NULL), ('nobodys', NULL, 0, NULL), ('same', 1, 5, NULL)
"""
OURS = """
SELECT name, 5 AS score, 1 AS owner
FROM unnest(ARRAY['mine', 'theirs', 'nobodys', 'same', 'new']) AS name
WHERE %(keys)b::text [] IS NULL OR name = ANY (%(keys)b::text [])
"""
BY_OWNER = Target(
    table="owned",
    key=("name",),
    values=("score",),
    once=("owner",),
    owner="owner",
    scope="name",
    scope_type="text[]",
    keeps_vanished=True,
)


@pytest.mark.parametrize("keys", [None, ["mine", "theirs", "nobodys", "same", "new"]])
async def test_a_row_of_another_owner_stays_as_it_is(connection: AsyncConnection[Any], keys: list[str] | None) -> None:
    await connection.execute(OWNED)
    merge = Merge(OURS, BY_OWNER)
    async with connection.transaction():
        written = await merge.write(connection, keys, {})
    assert (written.inserted, written.updated, written.deleted) == (1, 1, 0)
    found = await (await connection.execute("SELECT name, owner, score FROM owned ORDER BY name")).fetchall()
    assert found == [("mine", 1, 5), ("new", 1, 5), ("nobodys", None, 0), ("same", 1, 5), ("theirs", 2, 0)]
    audit = await merge.audit(connection, [], {})
    assert (audit.compared, audit.missing, audit.extra) == (3, 0, 0)
    assert await merge.find_drift(connection, ["mine", "theirs", "nobodys", "same", "new"], {}) == []


@pytest.mark.parametrize("shared", [None, Shared("nullable", 10)], ids=["own", "shared"])
async def test_null_is_a_value_that_differs(connection: AsyncConnection[Any], shared: Shared | None) -> None:
    """From and to NULL is a change; NULL and NULL is none."""
    await connection.execute(
        """
        CREATE TABLE nullable (id integer PRIMARY KEY, score integer);
        INSERT INTO nullable VALUES (1, NULL), (2, 7), (3, NULL), (4, 7)
        """
    )
    query = """
        SELECT id, score
        FROM (VALUES (1, 5), (2, NULL), (3, NULL), (4, 7)) AS fresh (id, score)
        WHERE %(keys)b::integer [] IS NULL
    """
    merge = Merge(query, Target(table="nullable", key=("id",), values=("score",), scope="id", shared=shared))
    assert (await merge.audit(connection, [], {})).missing == 2
    async with connection.transaction():
        written = await merge.write(connection, None, {})
    assert (written.inserted, written.updated, written.deleted) == (0, 2, 0)
    found = await (await connection.execute("SELECT id, score FROM nullable ORDER BY id")).fetchall()
    assert found == [(1, 5), (2, None), (3, None), (4, 7)]


@pytest.mark.parametrize(("shared", "waits"), [(None, "7s"), (Shared("shelf", 10), "500ms")], ids=["own", "shared"])
async def test_only_rows_that_others_write_too_are_not_waited_for(
    connection: AsyncConnection[Any], shared: Shared | None, waits: str
) -> None:
    await connection.execute("SET lock_timeout = '7s'")
    target = Target(table="shelf", key=("member", "kind"), values=("score",), scope="member", shared=shared)
    async with connection.transaction():
        await Merge(QUERY, target).write(connection, [1, 2], {})
        assert await setting(connection, "lock_timeout") == waits
    assert await setting(connection, "lock_timeout") == "7s"


@pytest.mark.parametrize(("rows_max", "left"), [(1, ["2", "3"]), (2, ["3"]), (3, [])])
async def test_new_rows_that_do_not_fit_are_logged_and_no_others(
    connection: AsyncConnection[Any], rows_max: int, left: list[str]
) -> None:
    await connection.execute("CREATE TABLE grown (id integer PRIMARY KEY, score integer)")
    query = "SELECT id, 1 AS score FROM unnest(%(keys)b::integer []) AS id"
    target = Target(table="grown", key=("id",), values=("score",), scope="id", shared=Shared("grown", rows_max))
    async with connection.transaction():
        written = await Merge(query, target).write(connection, [1, 2, 3], {})
    assert (written.inserted, written.beyond) == (rows_max, 3 - rows_max)
    found = await connection.execute(
        "SELECT unnest(keys) AS key FROM backbeat.changes WHERE stream = 'grown' ORDER BY 1"
    )
    assert [key for (key,) in await found.fetchall()] == left


async def test_which_keys_differ_names_each_once_and_no_final_row(connection: AsyncConnection[Any]) -> None:
    await connection.execute(
        """
        CREATE TABLE sealed (name text, part integer, score integer, final boolean, PRIMARY KEY (name, part));
        INSERT INTO sealed VALUES
        ('final', 1, 0, true), ('same', 1, 5, false), ('twice', 1, 0, false), ('vanished', 3, 5, NULL)
        """
    )
    query = """
        SELECT name, 1 + part AS part, 5 AS score
        FROM unnest(%(keys)b::text [], ARRAY[0, 0, 0, 0, 0]) AS asked (name, part)
        WHERE name <> 'vanished'
        UNION ALL SELECT 'twice', 2, 5
    """
    key = ("name", "part")
    target = Target(table="sealed", key=key, values=("score",), scope="name", scope_type="text[]", frozen="final")
    found = await Merge(query, target).find_drift(connection, ["final", "new", "same", "twice", "vanished"], {})
    assert found == ["new", "twice", "vanished"]
