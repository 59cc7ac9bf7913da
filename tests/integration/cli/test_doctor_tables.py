"""What the doctor says of tables: each that needs a hand with its statement, and none that autovacuum comes to."""

from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from backbeat.cli.doctor_tables import (
    BYTES_MIN,
    JUDGES,
    NAMED_MAX,
    PATIENCE_SECONDS,
    Table,
    of_tables,
    read_tables,
)
from backbeat.errors import Exit
from backbeat.observe.tree import Advice
from builders.terminal import backbeat

Connection = psycopg.AsyncConnection[Any]

OLD = 2 * PATIENCE_SECONDS
WELL = Table(
    name="public.plays",
    bytes=10 * BYTES_MIN,
    is_unknown=False,
    live_rows=1_000_000,
    dead_rows=900_000,
    changed_rows=400_000,
    vacuum_due=200_050.0,
    analyze_due=100_050.0,
    vacuumed_seconds=OLD,
    analyzed_seconds=OLD,
    prepared_seconds=OLD,
    is_left_out=False,
    age_share=1.1,
    multixact_share=0.0,
)


def advice(*tables: Table) -> dict[str, Advice]:
    """What is to be done, by check."""
    found = [judge(tables) for judge in JUDGES]
    assert all(check.ok for check in found)
    return {check.name: check for check in found if isinstance(check, Advice)}


def test_a_table_that_is_looked_after_needs_no_advice() -> None:
    assert advice() == advice(WELL) == {}


@pytest.mark.parametrize(
    ("change", "name", "detail", "statement"),
    [
        ({"is_unknown": True}, "statistics", "was never analysed", "ANALYZE public.plays"),
        ({"changed_rows": 600_000}, "statistics", "600,000 changes since", "ANALYZE public.plays"),
        ({"dead_rows": 1_100_000}, "dead rows", "1,100,000 dead rows, autovacuum acts at 200,050", "VACUUM (ANALYZE) "),
        ({"is_left_out": True}, "autovacuum of tables", "autovacuum_enabled is off", "RESET (autovacuum_enabled)"),
        ({"age_share": 1.6}, "freezing", "1.6 times the age", "VACUUM (FREEZE) public.plays"),
        ({"multixact_share": 2.0}, "freezing", "2.0 times the age", "VACUUM (FREEZE) public.plays"),
    ],
)
def test_each_need_is_named_with_its_statement(change: dict[str, Any], name: str, detail: str, statement: str) -> None:
    found = advice(msgspec.structs.replace(WELL, **change))
    assert list(found) == [name]
    assert found[name].detail.startswith("public.plays: ")
    assert detail in found[name].detail
    assert statement in found[name].cure


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"is_unknown": True, "bytes": BYTES_MIN - 1}, id="small"),
        pytest.param({"is_unknown": True, "prepared_seconds": 60.0}, id="first_hour"),
        pytest.param({"changed_rows": 900_000_000, "analyzed_seconds": 60.0}, id="analysed_a_minute_ago"),
        pytest.param({"dead_rows": 900_000_000, "vacuumed_seconds": 60.0}, id="vacuumed_a_minute_ago"),
        pytest.param({"dead_rows": 99_999, "vacuum_due": 200.0}, id="few_dead_rows"),
        pytest.param({"changed_rows": 99_999, "analyze_due": 50.0}, id="few_changes"),
    ],
)
def test_what_autovacuum_comes_to_or_is_a_second_of_work_is_left_to_it(change: dict[str, Any]) -> None:
    assert advice(msgspec.structs.replace(WELL, **change)) == {}


def test_the_largest_are_named_and_the_rest_counted() -> None:
    many = [msgspec.structs.replace(WELL, name=f"public.t{n}", is_left_out=True) for n in range(NAMED_MAX + 2)]
    [found] = advice(*many).values()
    assert found.detail.endswith("public.t4: autovacuum_enabled is off; and 2 more tables.")
    assert found.cure.count("ALTER TABLE") == NAMED_MAX


async def named(connection: Connection) -> dict[str, tuple[str, str]]:
    return {check.name: (check.detail, check.cure) for check in await of_tables(connection) if check.cure}


async def write(connection: Connection, *statements: str) -> None:
    for statement in statements:
        await connection.execute(statement.encode())
        await connection.execute("SELECT pg_stat_force_next_flush()")  # what it wrote, before the next one counts
    await connection.execute("SELECT pg_stat_clear_snapshot()")


async def seen(connection: Connection, name: str) -> Table:
    [table] = [each for each in await read_tables(connection) if each.name == name]
    return table


LOADED = (
    "CREATE TABLE public.loaded (n integer, filler text) WITH (autovacuum_enabled = off)",  # or it may come in between
    "INSERT INTO public.loaded SELECT n, repeat('x', 60) FROM generate_series(1, 150000) AS n",
)
LONG_AGO = "UPDATE backbeat.migrations SET applied_at = '2026-01-01'"


async def test_a_fresh_database_gets_no_advice_nor_does_one_in_catch_up(connection: Connection) -> None:
    assert await named(connection) == {}
    await write(
        connection,
        *LOADED,
        "ALTER TABLE public.loaded RESET (autovacuum_enabled)",
        "UPDATE public.loaded SET n = n + 1",
    )
    assert await named(connection) == {}


async def test_a_table_that_was_loaded_is_named_until_it_is_analysed(connection: Connection) -> None:
    await write(connection, *LOADED, LONG_AGO)
    found = await seen(connection, "public.loaded")
    assert (found.is_unknown, found.changed_rows, found.is_left_out) == (True, 150_000, True)
    told = await named(connection)
    assert told["statistics"][0] == "public.loaded: was never analysed."
    assert told["statistics"][1].startswith("As their owner: ANALYZE public.loaded; otherwise ")
    assert told["autovacuum of tables"][1].startswith(
        "As their owner: ALTER TABLE public.loaded RESET (autovacuum_enabled);"
    )
    await write(connection, "ANALYZE public.loaded", "ALTER TABLE public.loaded RESET (autovacuum_enabled)")
    assert await named(connection) == {}


async def test_a_database_of_another_program_is_judged_as_it_is(
    empty_database_url: str,
) -> None:
    async with await psycopg.AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        await write(connection, *LOADED)
        assert (await named(connection))["statistics"][0] == "public.loaded: was never analysed."


async def test_dead_rows_are_counted_by_what_the_table_asks_for(connection: Connection) -> None:
    await write(
        connection,
        *LOADED,
        "ANALYZE public.loaded",
        "DELETE FROM public.loaded WHERE n > 20000",
        "ALTER TABLE public.loaded SET (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000)",
        "ALTER TABLE public.loaded SET (autovacuum_analyze_scale_factor = 0.2, autovacuum_analyze_threshold = 7)",
    )
    found = await seen(connection, "public.loaded")
    assert (found.live_rows, found.dead_rows, found.changed_rows) == (20_000, 130_000, 130_000)
    assert (found.vacuum_due, found.analyze_due) == (16_000.0, 30_007.0)
    late = msgspec.structs.replace(found, vacuumed_seconds=OLD, is_left_out=False)
    assert list(advice(late)) == ["dead rows"]
    assert found.vacuumed_seconds < PATIENCE_SECONDS  # the server started meanwhile
    await write(connection, "VACUUM (ANALYZE) public.loaded")
    found = await seen(connection, "public.loaded")
    assert (found.dead_rows, found.changed_rows, found.is_unknown) == (0, 0, False)


async def test_ages_are_held_to_what_the_table_and_the_server_allow(connection: Connection) -> None:
    await write(
        connection,
        "CREATE TABLE public.aged (n integer, filler text)",
        "ALTER TABLE public.aged SET (autovacuum_freeze_max_age = 100000, autovacuum_multixact_freeze_max_age = 10000)",
        "CREATE TABLE public.young (n integer)",
        # a transaction id for each row
        """
        DO $$ BEGIN FOR n IN 1..160000 LOOP
            BEGIN INSERT INTO public.young VALUES (n); EXCEPTION WHEN division_by_zero THEN NULL; END;
        END LOOP; END $$
        """,
    )
    aged, young = await seen(connection, "public.aged"), await seen(connection, "public.young")
    assert aged.age_share > 1.5
    assert young.age_share < 0.1
    assert (await named(connection))["freezing"][1].startswith("As their owner: VACUUM (FREEZE) public.aged; otherwise")
    await write(connection, "VACUUM (FREEZE) public.aged")
    assert (await seen(connection, "public.aged")).age_share < 0.1
    assert await named(connection) == {}


def test_it_is_advice_of_the_verb(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute('CREATE TABLE public."Mine" () WITH (autovacuum_enabled = off)')
    answer = backbeat("doctor", "--database", database_url, "--data-dir", str(tmp_path))
    assert answer.status == Exit.OK
    assert 'note autovacuum of tables: public."Mine": autovacuum_enabled is off.' in answer.out
    assert 'cure: As their owner: ALTER TABLE public."Mine" RESET (autovacuum_enabled)' in answer.out
    assert "ok   statistics: Plans know every large table." in answer.out
