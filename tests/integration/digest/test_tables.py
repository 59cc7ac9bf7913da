"""Of every table of a state: a row that was changed, added, removed or doubled is found by comparing, and named."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from conftest import new_database
from psycopg.sql import SQL, Identifier

from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.digest import columns
from backbeat.digest.answers import Asked
from backbeat.digest.columns import Piece, read_shapes
from backbeat.digest.compare import Comparison, TableDifference, compare
from backbeat.digest.content import CONTENT, NOT_CONTENT
from backbeat.digest.rows import CHANGED, ONLY_HERE, ONLY_THERE
from backbeat.digest.state import State, seen, statement
from builders.filled import add, change, fill, is_single, refill, remove

pytestmark = pytest.mark.newest  # that older servers make the same sums is shown by test_servers.py

ROWS = 30
ADDED = 40
ASKED = Asked(key="5a")
TABLES = """
SELECT CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'backbeat')
"""
each = pytest.mark.parametrize("table", CONTENT)


@pytest.fixture(scope="module")
def here(module_database_url: str) -> str:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        fill(connection, ROWS)
    return module_database_url


@pytest.fixture(scope="module")
def there(postgres: EmbeddedPostgres, admin: psycopg.Connection, here: str) -> Iterator[str]:
    with new_database(postgres, admin, urlsplit(here).path.strip("/")) as url:
        yield url


@contextmanager
def refilled(url: str, table: str) -> Iterator[psycopg.Connection]:
    """Lend a session, and put the table back afterwards."""
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            yield connection
        finally:
            refill(connection, table, ROWS)


async def compared(here: str, there: str, table: str, *, exact: bool = False) -> Comparison:
    asked = Asked(key="5a", exact=exact)
    async with (
        await address.connect(address.parse(here), "test") as one,
        await address.connect(address.parse(there), "test") as other,
        seen(one, asked, seconds=60) as mine,
        seen(other, asked, seconds=60) as others,
    ):
        return await compare(mine, others, [table])


def known_by(url: str, table: str) -> tuple[str, ...]:
    async def read() -> tuple[str, ...]:
        async with await address.connect(address.parse(url), "test") as connection:
            return (await read_shapes(connection, [table]))[0].names

    return asyncio.run(read())


def difference(here: str, there: str, table: str) -> TableDifference:
    """Return the one difference there is."""
    found = asyncio.run(compared(here, there, table))
    (one,) = found.differing
    assert (one.table, one.is_whole, found.tables) == (table, True, 1)
    return one


def test_every_table_of_the_schema_is_in_the_list(here: str) -> None:
    with psycopg.connect(here) as connection:
        assert {row[0] for row in connection.execute(TABLES)} == CONTENT.keys() | NOT_CONTENT.keys()


@each
def test_every_column_that_is_left_aside_is_there(here: str, table: str) -> None:
    async def read() -> tuple[str, ...]:
        async with await address.connect(address.parse(here), "test") as connection:
            return (await read_shapes(connection, [table], exact=True))[0].columns

    kept = asyncio.run(read())
    assert CONTENT[table].aside.keys() <= {*kept}
    growing = CONTENT[table].growing
    assert growing is None or growing.column in kept


def test_a_copy_is_equal_in_every_column(here: str, there: str) -> None:
    async def both() -> Comparison:
        exact = Asked(exact=True)
        async with (
            await address.connect(address.parse(here), "test") as one,
            await address.connect(address.parse(there), "test") as other,
            seen(one, exact, seconds=60) as mine,
            seen(other, exact, seconds=60) as others,
        ):
            return await compare(mine, others)

    found = asyncio.run(both())
    assert (found.is_equal, found.tables) == (True, len(CONTENT))
    assert found.rows > 20 * len(CONTENT)


@each
def test_what_was_changed_is_named(here: str, there: str, table: str) -> None:
    keys = known_by(there, table)
    with refilled(there, table) as connection:
        column = change(connection, table, keys)
        found = difference(here, there, table)
    if column in keys:
        assert sorted(row.how for row in found.differences) == [ONLY_HERE, ONLY_THERE]
        return
    (row,) = found.differences
    assert (row.how, {column} <= {*row.columns}, {*row.row}) == (CHANGED, True, {*keys})


@pytest.mark.parametrize("table", [name for name in CONTENT if name != "backbeat.cursor"])  # whose row says which chain
def test_what_was_removed_is_named(here: str, there: str, table: str) -> None:
    with refilled(there, table) as connection:
        remove(connection, table)
        found = difference(here, there, table)
    assert found.rows_here == (found.rows_there or 0) + 1
    assert [row.how for row in found.differences] == [ONLY_HERE]


@each
def test_what_was_added_is_named(here: str, there: str, table: str) -> None:
    with refilled(there, table) as connection:
        if is_single(connection, table):
            return
        add(connection, table, ADDED)
        found = difference(here, there, table)
    assert [row.how for row in found.differences] == [ONLY_THERE]


@pytest.mark.parametrize("table", ["user_events", "reactions", "skipped_transactions", "etl_plays"])
def test_a_row_that_is_there_twice_is_once_too_many(here: str, there: str, table: str) -> None:
    with refilled(there, table) as connection:
        for times in (1, 2):  # of an exclusive or, two more would be none
            connection.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1000 + %s)", [table, times])
            add(connection, table, 5, without=["id"])
            found = difference(here, there, table)
            assert [row.how for row in found.differences] == [ONLY_THERE] * times


BY_TYPE = [(name, each) for name, table in CONTENT.items() for each in table.types_aside]


@pytest.mark.parametrize(("table", "left"), BY_TYPE)
def test_rows_of_a_type_that_is_left_aside_do_not_count(here: str, there: str, table: str, left: str) -> None:
    with refilled(there, table) as connection:
        add(connection, table, ADDED)
        connection.execute(
            SQL("UPDATE {} SET type = %s WHERE id = (SELECT max(id) FROM {})").format(*[Identifier(table)] * 2), [left]
        )
        found = asyncio.run(compared(here, there, table))
        exact = asyncio.run(compared(here, there, table, exact=True))
    assert (found.is_equal, exact.is_equal) == (True, False)


def test_acts_between_blocks_do_not_count(here: str, there: str) -> None:
    """They stand in front of the block that an instance came to next: of two, each has its own."""
    table = "backbeat.acts"
    with refilled(there, table) as connection:
        add(connection, table, ADDED)
        connection.execute(
            "UPDATE backbeat.acts SET place = -1 WHERE blocknumber = (SELECT max(blocknumber) FROM backbeat.acts)"
        )
        found = asyncio.run(compared(here, there, table))
        exact = asyncio.run(compared(here, there, table, exact=True))
    assert (found.is_equal, exact.is_equal) == (True, False)


async def test_a_table_that_is_read_in_pieces_has_the_same_sum(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with await address.connect(address.parse(here), "test") as connection:
        (shape,) = await read_shapes(connection, ["tracks"])
        assert len([*shape.pieces()]) == 1
        async with seen(connection, ASKED, seconds=60) as state:
            whole = await state.digest(["tracks"])
            monkeypatch.setattr(columns, "PIECE_PAGES", 1)
            told = list[int]()
            assert await state.digest(["tracks"], told.append) == whole
        assert told == [*range(1, shape.pages + 1)]
        assert shape.pages > 1
        text = statement("sums.sql", shape, ASKED, Piece(1, 2))
        plan = await (await connection.execute(SQL("EXPLAIN {}").format(text), {"key": ""})).fetchall()
        assert any("Tid Range Scan" in line for (line,) in plan)


async def test_the_key_makes_other_sums_of_the_same_rows(here: str) -> None:
    async with await address.connect(address.parse(here), "test") as connection:
        found = []
        for asked in (Asked(), Asked(), Asked(key="00")):
            async with seen(connection, asked, seconds=60) as state:
                assert isinstance(state, State)
                found.append((await state.digest(["plays"])).digest)
    assert found[0] == found[1] != found[2]
