"""Several statements sent as one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.db.connection import LaneConnection
from backbeat.db.query import value
from backbeat.db.together import KEEPS_PLANS_SINCE, Question, Write, answers, kept, long_rows, write, write_if

NUMBERED = "SELECT number, number * number AS square FROM generate_series(1, %(upto)s) AS number"
ADD = "INSERT INTO things (number, label) VALUES (%(number)s, %(label)s)"
EMPTY = "DELETE FROM others WHERE number = %(number)s AND number %% 2 = 1"


class Squared(msgspec.Struct, frozen=True):
    number: int
    square: int


class Named(msgspec.Struct, frozen=True):
    length: int
    name: str


@pytest.fixture
async def shared(database_url: str) -> AsyncIterator[LaneConnection]:
    """A session behind a pooler, whose own way to write dates is not ours."""
    async with await LaneConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("SET datestyle = 'SQL, DMY'")
        await connection.pin_transactions({})
        yield connection


MOMENT = datetime(2026, 2, 1, 10, 30, tzinfo=UTC)
TELL = "SELECT '2026-02-01 10:30:00+00'::timestamptz AS moment, pg_current_xact_id()::text AS place"


class Told(NamedTuple):
    moment: datetime
    place: str


class Divided(NamedTuple):
    label: str | None
    number: int
    rest: list[int] | None


DIVIDE = """
SELECT %(label)s::text AS label, %(number)s::bigint AS number, kept.rest
FROM (VALUES (%(number)s::bigint)) AS asked (number)
LEFT JOIN (VALUES (ARRAY[%(divisor)s::bigint])) AS kept (rest) ON asked.number %% 2 = 1 -- odd"""


async def test_questions_asked_together_each_keep_their_values_columns_and_row(
    connection: AsyncConnection[Any],
) -> None:
    divided = [
        Question(Divided, DIVIDE, {"label": label, "number": number, "divisor": 7, "unused": 0})
        for label, number in (("odd", 3), (None, 4))
    ]
    squared = Question(Squared, NUMBERED.encode(), {"upto": 1})
    found = await answers(connection, [divided[0], squared, divided[1]])
    assert found == [Divided("odd", 3, [7]), Squared(1, 1), Divided(None, 4, None)]
    assert await answers(connection, divided[:1]) == found[:1]
    assert await answers(connection, []) == []


async def test_a_long_statement_binds_its_values_by_name(connection: AsyncConnection[Any]) -> None:
    assert await long_rows(connection, Squared, NUMBERED, {"upto": 3, "unused": 0}) == [
        Squared(number, number**2) for number in (1, 2, 3)
    ]
    odd = {"label": "odd", "number": 3, "divisor": 7}
    assert await long_rows(connection, Divided, DIVIDE.encode(), odd) == [Divided("odd", 3, [7])]


async def test_questions_asked_together_are_one_exchange_that_the_driver_prepares(database_url: str) -> None:
    async with await LaneConnection.connect(database_url, autocommit=True) as connection:
        connection.prepare_threshold = 1
        asked = [Question(Squared, NUMBERED, {"upto": 1})] * 3
        await answers(connection, asked)
        before = connection.exchanges
        await answers(connection, asked)
        assert connection.exchanges == before + 1
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%square%%'"
        assert await value(connection, prepared, prepare=False) == 1


async def test_a_question_among_several_that_answers_no_row_is_a_defect(connection: AsyncConnection[Any]) -> None:
    with pytest.raises(AssertionError):
        await answers(connection, [Question(Squared, NUMBERED, {"upto": upto}) for upto in (1, 0)])


async def test_what_is_asked_together_of_a_shared_session_is_one_transaction_with_our_dates(
    shared: LaneConnection,
) -> None:
    found = await answers(shared, [Question(Told, TELL)] * 3)
    assert {told.moment for told in found} == {MOMENT}
    assert len({told.place for told in found}) == 1


@pytest.fixture
async def things(connection: AsyncConnection[Any]) -> None:
    await connection.execute("CREATE TEMPORARY TABLE things (number integer PRIMARY KEY, label text)")
    await connection.execute("CREATE TEMPORARY TABLE others AS SELECT generate_series(1, 3) AS number")


WRITES = [Write(ADD, {"number": 1, "label": "one"}), Write(EMPTY.encode(), {"number": 3, "unused": 0})]


async def test_a_fixed_question_has_its_values_in_its_text(connection: AsyncConnection[Any]) -> None:
    query = "SELECT array_length(%(names)s::text [], 1) AS length, %(name)s::text AS name"
    asked = Question(Named, query, {"names": ["a", "b%", "c'"], "name": "50%"}, is_fixed=True)
    assert await answers(connection, [asked, asked]) == [Named(3, "50%")] * 2
    assert await answers(connection, [asked]) == [Named(3, "50%")]


async def test_a_plan_is_kept_for_few_rows_where_sessions_read_by_key(connection: AsyncConnection[Any]) -> None:
    is_new = connection.info.server_version >= KEEPS_PLANS_SINCE
    assert kept(connection, few=True) is (None if is_new else False)
    assert kept(connection, few=False) is False


@pytest.mark.usefixtures("things")
@pytest.mark.parametrize("count", range(3))
async def test_writes_are_all_done(connection: AsyncConnection[Any], count: int) -> None:
    await write(connection, WRITES[:count])
    assert await value(connection, "SELECT count(*) FROM things") == min(count, 1)
    assert await value(connection, "SELECT count(*) FROM others") == 3 - count // 2


@pytest.mark.usefixtures("things")
async def test_one_write_that_fails_leaves_nothing_of_the_others(connection: AsyncConnection[Any]) -> None:
    await write(connection, WRITES[:1])
    with pytest.raises(psycopg.errors.UniqueViolation):
        await write(connection, WRITES)
    assert await value(connection, "SELECT count(*) FROM others") == 3


@pytest.mark.parametrize("count", range(3))
@pytest.mark.parametrize("number", [2, 4])
async def test_writes_with_a_proof_are_one_exchange(database_url: str, count: int, number: int) -> None:
    proof = Write("SELECT FROM kept WHERE number = %(number)s FOR SHARE", {"number": number})
    async with await LaneConnection.connect(database_url, autocommit=True) as connection:
        for made in ("things (number integer, label text)", "others AS SELECT generate_series(1, 3) AS number"):
            await connection.execute(f"CREATE TEMPORARY TABLE {made}".encode())
        await connection.execute("CREATE TEMPORARY TABLE kept AS SELECT 2 AS number")
        before = connection.exchanges
        assert await write_if(connection, WRITES[:count], proof) is (number == 2)
        assert connection.exchanges == before + 1
        assert await value(connection, "SELECT count(*) FROM things") == min(count, 1)
        assert await value(connection, "SELECT count(*) FROM others") == 3 - count // 2
