"""Triggers of another program are found and judged by what their functions do."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.foreign_triggers import Harm, read_triggers, refusal

BODIES = {
    "INSERT INTO aggregate_plays VALUES (1, 1);": Harm.COUNTS,
    "insert into public.aggregate_user (user_id) values (1);": Harm.COUNTS,
    'UPDATE "aggregate_track" SET save_count = 1;': Harm.COUNTS,
    "DELETE FROM aggregate_playlist;": Harm.COUNTS,
    "PERFORM pg_notify(tg_table_name, row_to_json(new)::text);": Harm.NOTIFIES,
    "SELECT count INTO n FROM aggregate_plays;": Harm.OTHER,
    "MERGE INTO aggregate_plays AS kept USING plays ON false WHEN NOT MATCHED THEN DO NOTHING;": Harm.COUNTS,
    "INSERT INTO notification (type) VALUES ('x');": Harm.OTHER,
}
BY_TABLE = {
    ("user_challenges", "RETURN NULL;"): Harm.TELLS,
    ("challenge_disbursements", "RETURN NULL;"): Harm.TELLS,
    ("trending_results", "INSERT INTO notification (type) VALUES ('x');"): Harm.TELLS,
    ("trending_results", "RETURN NULL;"): Harm.OTHER,
    ("events", "INSERT INTO notification (type) VALUES ('x');"): Harm.OTHER,
    ("usdc_purchases", "PERFORM pg_notify('x', '');"): Harm.OTHER,
    ("notification", "PERFORM pg_notify('x', '');"): Harm.OTHER,
}
"""What a trigger does where its table tells as well."""


async def make(connection: AsyncConnection[Any], body: str, *, table: str = "plays", each: str = "ROW") -> None:
    await connection.execute("SET search_path = public")
    function = (
        "CREATE FUNCTION theirs() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ DECLARE n bigint; BEGIN {body} RETURN NULL; END $$"
    )
    await connection.execute(function.encode())
    trigger = f"CREATE TRIGGER on_row AFTER INSERT ON {table} FOR EACH {each} EXECUTE FUNCTION theirs()"
    await connection.execute(trigger.encode())


@pytest.mark.parametrize("body", BODIES)
async def test_a_trigger_is_judged_by_its_function(connection: AsyncConnection[Any], body: str) -> None:
    assert await read_triggers(connection) == []
    await make(connection, body)
    [found] = await read_triggers(connection)
    assert (found.table, found.name, found.function, found.is_enabled) == ("plays", "on_row", "theirs", True)
    assert found.harm == BODIES[body]
    assert found.forbids_blocks == (BODIES[body] is Harm.COUNTS)


@pytest.mark.parametrize(("table", "body"), BY_TABLE)
async def test_a_trigger_is_judged_by_its_table(connection: AsyncConnection[Any], table: str, body: str) -> None:
    await make(connection, body, table=table)
    [found] = await read_triggers(connection)
    assert (found.table, found.harm) == (table, BY_TABLE[table, body])


async def test_one_for_statements_is_found_as_well(connection: AsyncConnection[Any]) -> None:
    await make(connection, "UPDATE aggregate_plays SET count = 1;", each="STATEMENT")
    assert [found.forbids_blocks for found in await read_triggers(connection)] == [True]


async def test_one_that_is_disabled_forbids_nothing(connection: AsyncConnection[Any]) -> None:
    await make(connection, "INSERT INTO aggregate_plays VALUES (1, 1);")
    await connection.execute("ALTER TABLE plays DISABLE TRIGGER on_row")
    [found] = await read_triggers(connection)
    assert not found.is_enabled
    assert not found.forbids_blocks


async def test_the_refusal_names_each_with_the_statement_that_disables_it(connection: AsyncConnection[Any]) -> None:
    await make(connection, "UPDATE aggregate_user SET score = 1;", table="follows")
    refused = refusal(await read_triggers(connection))
    assert refused.code == "foreign_trigger_enabled"
    assert "follows.on_row" in refused.message
    assert "ALTER TABLE follows DISABLE TRIGGER on_row" in refused.cure
