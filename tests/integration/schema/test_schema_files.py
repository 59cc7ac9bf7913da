"""The schema is what its files say, whatever way a database came to it."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from catalog_dump import differences, dump
from psycopg.sql import SQL
from sql_files import sql_files

from backbeat.clock import SystemClock
from backbeat.db import objects
from backbeat.db.migrate import migrate
from backbeat.db.migration_files import FOLDERS, Folders, read

TRIGGER = re.compile(
    r"^CREATE (?:OR REPLACE|CONSTRAINT) TRIGGER (\w+).*?\bON (?:backbeat\.)?(\w+)", re.MULTILINE | re.DOTALL
)
CAPTURED = re.compile(r"^SELECT backbeat\.capture(?:_edits)?\(\s*'([\w.]+)'", re.MULTILINE)

FUNCTIONS = """
    SELECT CASE WHEN prorettype = 'trigger'::regtype THEN 'triggers' ELSE 'functions' END, proname
    FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
"""
VIEWS = """
    SELECT 'views', relname FROM pg_class
    WHERE relkind IN ('v', 'm') AND relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
"""
TRIGGERS = """
    SELECT tgname, relname, proname
    FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid
    JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal
"""

PINNED = """
    SELECT proname, split_part(setting, '=', 2) FROM pg_proc CROSS JOIN unnest(proconfig) AS setting
    WHERE pronamespace = 'backbeat'::regnamespace AND setting LIKE 'search_path=%'
"""
UNPINNED = """
    SELECT proname FROM pg_proc
    WHERE pronamespace = 'backbeat'::regnamespace AND (prorettype = 'trigger'::regtype OR prosecdef)
        AND coalesce(array_to_string(proconfig, ';'), '') NOT LIKE '%search_path=%'
"""


@pytest.fixture
async def module_connection(module_database_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(module_database_url, autocommit=True) as connection:
        yield connection


async def rows(connection: psycopg.AsyncConnection, question: str) -> set[tuple[str, ...]]:
    return set(await (await connection.execute(SQL(question))).fetchall())


def texts(kind: str) -> dict[str, str]:
    return {key.name: each.script for key, each in objects.read().items() if key.kind == kind}


def captures() -> dict[str, str]:
    """Return the stream of every capture by the name of its function."""
    return {
        f"log_{table if '.' in table else f'public.{table}'}_to_{stream}".replace(".", "_"): stream
        for stream, text in texts("captures").items()
        for table in CAPTURED.findall(text)
    }


async def test_every_function_and_view_has_its_file_and_every_file_its_object(
    connection: psycopg.AsyncConnection,
) -> None:
    found = await rows(connection, FUNCTIONS) | await rows(connection, VIEWS)
    files = {(kind, name) for kind, name in objects.read() if kind != "captures"}
    assert found == files | {("triggers", name) for name in captures()}


async def test_every_trigger_is_made_by_the_file_of_its_function(connection: psycopg.AsyncConnection) -> None:
    made = {(name, table, of) for of, text in texts("triggers").items() for name, table in TRIGGER.findall(text)}
    captured = set(captures())
    found = await rows(connection, TRIGGERS)
    assert {each for each in found if each[2] not in captured} == made
    assert {of for _, _, of in found} >= captured


def test_objects_stand_in_no_migration() -> None:
    made = re.compile(r"\b(?:FUNCTION|PROCEDURE|TRIGGER|VIEW)\b|backbeat\.capture", re.IGNORECASE)
    assert [file.label for file in sql_files() if file.is_migration and made.search(file.text)] == []


def test_a_table_is_made_in_one_place() -> None:
    altered = [file.label for file in sql_files() if file.is_migration and "ALTER TABLE" in file.text]
    assert altered == [], "before the first release the migrations hold the tables as they are"


async def test_a_database_made_step_by_step_equals_one_made_at_once(
    database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    for migration in read().values():
        shutil.copy(str(FOLDERS.migrations / f"{migration.label}.sql"), tmp_path)
        for kind, name in migration.needs:
            (tmp_path / "schema" / kind).mkdir(parents=True, exist_ok=True)
            shutil.copy(str(FOLDERS.objects / kind / f"{name}.sql"), tmp_path / "schema" / kind)
        await migrate(empty_database_url, clock=SystemClock(), folders=Folders(tmp_path, tmp_path / "schema"))
    await migrate(empty_database_url, clock=SystemClock(), phase="pre")
    await migrate(empty_database_url, clock=SystemClock(), phase="post")
    assert list(differences(dump(empty_database_url), dump(database_url))) == []


async def test_objects_that_are_put_over_themselves_stay_what_they_are(database_url: str) -> None:
    before = dump(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE backbeat.objects SET checksum = 'of another text'")
    report = await migrate(database_url, clock=SystemClock())
    assert {each.key for each in report.objects.changed} == set(objects.read())
    assert list(differences(before, dump(database_url))) == []


async def test_what_an_older_version_left_is_gone_afterwards(database_url: str) -> None:
    before = dump(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("""
            CREATE FUNCTION backbeat.audio(amount text, digits integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE TRIGGER count_truncated AFTER TRUNCATE ON follows EXECUTE FUNCTION backbeat.count_follows();
            CREATE FUNCTION backbeat.count_plays(plays integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
            SELECT backbeat.capture('shares', 'tips', ARRAY['user_id']);
            CREATE OR REPLACE VIEW backbeat.contest_prizes AS
            SELECT backbeat.from_hex('0') AS event_id, now() AS paid_at, 1 AS more;
            UPDATE backbeat.objects SET checksum = 'of another text';
        """)
    await migrate(database_url, clock=SystemClock())
    assert list(differences(before, dump(database_url))) == []


@pytest.mark.parametrize("key", objects.read(), ids=str)
async def test_every_body_is_right_once_all_that_it_names_is_there(
    module_connection: psycopg.AsyncConnection, key: objects.ObjectKey
) -> None:
    """Of plpgsql this is the syntax; its statements are run by the tests of what it does."""
    script = objects.read()[key].script
    async with module_connection.transaction(force_rollback=True):
        await module_connection.execute("SET LOCAL search_path = public")
        await module_connection.execute("SET LOCAL check_function_bodies = on")
        await module_connection.execute(SQL(script))


async def test_no_temporary_table_comes_before_ours_where_a_function_pins_its_path(
    connection: psycopg.AsyncConnection,
) -> None:
    found = await (await connection.execute(PINNED)).fetchall()
    assert {path for _, path in found} == {"pg_catalog, public, pg_temp", "pg_catalog, pg_temp"}
    unpinned = await (await connection.execute(UNPINNED)).fetchall()
    assert unpinned == []
