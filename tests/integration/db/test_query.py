"""One statement, and its rows as the caller wants them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.db import query
from backbeat.db.connection import LaneConnection

NUMBERED = "SELECT number, number * number AS square FROM generate_series(1, %(upto)s) AS number"


class Squared(NamedTuple):
    number: int
    square: int


class Strict(msgspec.Struct, frozen=True):
    number: int
    square: int


@pytest.mark.parametrize("row", [Squared, Strict])
async def test_rows_become_the_class_by_the_names_of_their_columns(
    connection: AsyncConnection[Any], row: type[Squared | Strict]
) -> None:
    found = await query.every(connection, row, NUMBERED, {"upto": 3})
    assert found == [row(1, 1), row(2, 4), row(3, 9)]
    assert await query.first(connection, row, NUMBERED, {"upto": 3}) == row(1, 1)
    assert await query.one(connection, row, NUMBERED, {"upto": 1}) == row(1, 1)


async def test_rows_may_be_tuples_or_dictionaries(connection: AsyncConnection[Any]) -> None:
    assert await query.every(connection, tuple, NUMBERED, {"upto": 2}) == [(1, 1), (2, 4)]
    assert await query.one(connection, dict, NUMBERED, {"upto": 1}) == {"number": 1, "square": 1}


async def test_without_a_row_there_is_no_first_and_all_are_none(connection: AsyncConnection[Any]) -> None:
    assert await query.first(connection, Squared, NUMBERED, {"upto": 0}) is None
    assert await query.value(connection, NUMBERED, {"upto": 0}) is None
    assert await query.every(connection, Squared, NUMBERED, {"upto": 0}) == []
    assert await query.column(connection, NUMBERED, {"upto": 0}) == []


async def test_a_statement_that_was_to_answer_one_row_and_answers_none_is_a_defect(
    connection: AsyncConnection[Any],
) -> None:
    with pytest.raises(AssertionError):
        await query.one(connection, Squared, NUMBERED, {"upto": 0})


async def test_values_come_without_their_rows(connection: AsyncConnection[Any]) -> None:
    assert await query.value(connection, "SELECT 7") == 7
    assert await query.value(connection, "SELECT NULL") is None
    assert await query.column(connection, NUMBERED, {"upto": 3}) == [1, 2, 3]


async def test_a_statement_is_prepared_only_where_the_caller_lets_it(connection: AsyncConnection[Any]) -> None:
    connection.prepare_threshold = 1
    await query.every(connection, tuple, NUMBERED, {"upto": 2}, prepare=False)
    await query.column(connection, NUMBERED, {"upto": 2}, prepare=False)
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%square%%'"
    assert await query.value(connection, prepared, prepare=False) == 0
    await query.every(connection, tuple, NUMBERED, {"upto": 2})
    assert await query.value(connection, prepared, prepare=False) == 1


@pytest.fixture
async def shared(database_url: str) -> AsyncIterator[LaneConnection]:
    """A session behind a pooler, whose own way to write dates is not ours."""
    async with await LaneConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("SET datestyle = 'SQL, DMY'")
        await connection.pin_transactions({})
        yield connection


MOMENT = datetime(2026, 2, 1, 10, 30, tzinfo=UTC)
TELL = "SELECT '2026-02-01 10:30:00+00'::timestamptz"


async def test_a_transaction_within_a_pipeline_of_a_shared_session_reads_our_dates(shared: LaneConnection) -> None:
    async with shared.pipeline(), shared.transaction():
        assert await query.value(shared, TELL) == MOMENT
