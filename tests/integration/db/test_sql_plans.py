"""Every statement of the program, planned by PostgreSQL against the migrated schema: names, types and functions."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from pglast import ast, parse_sql
from psycopg.sql import SQL, Literal
from sql_examples import REFRESHES, made_of, statements
from sql_files import SqlFile, numbered, sql_files

from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe

PLANNED = (ast.SelectStmt, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
NOT_IN_A_TRANSACTION = (ast.CreatedbStmt, ast.DropdbStmt, ast.VacuumStmt)  # shown where they are used

FROM_18 = {"backbeat/jobs/session_cost.sql"}
"""Sent only to servers that know what a session has used."""

OF_THE_BOOTSTRAP_ROLE = "backbeat/db/roles_"  # no owner may do what these do; shown where they are used

OF_ROWS = "backbeat/index/rows_"

SHOWN_ELSEWHERE = {
    "backbeat/db/roles_set_password.sql",  # as above
    "backbeat/db/set_local.sql",  # goes before every statement of a pooled session: test_hostile_sessions.py
    "backbeat/incremental/refresh_blocking.sql",
    "backbeat/incremental/refresh_concurrently.sql",
    *(file.label for file in sql_files() if file.label.startswith(OF_ROWS)),
}
"""Templates with a test of their own."""

FILES = [file for file in sql_files() if not file.is_script]
STATEMENTS = [file for file in FILES if not file.is_template]


def kind(file: SqlFile) -> type:
    return type(parse_sql(file.plain[0])[0].stmt)


COMMANDS = [file for file in STATEMENTS if kind(file) not in (*PLANNED, ast.CopyStmt, *NOT_IN_A_TRANSACTION)]


def each(files: list[SqlFile]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("file", files, ids=lambda file: file.label)


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute("SET plan_cache_mode = force_generic_plan")
        yield connection


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return statements()


@pytest.fixture(scope="module")
def of_rows(module_database_url: str) -> list[str]:
    """What is made of templates for every type of row."""

    async def described() -> list[str]:
        async with await psycopg.AsyncConnection.connect(module_database_url) as connection:
            tables = (await describe(connection, ROW_TYPES)).values()
        return [
            text.decode()
            for table in tables
            for text in (
                *table.loads.values(),
                table.merge,
                table.patch,
                table.delete,
                *([table.last_id] * table.is_serial),
            )
        ]

    return asyncio.run(described())


@each([file for file in STATEMENTS if kind(file) in PLANNED])
def test_it_can_be_planned(session: psycopg.Connection, file: SqlFile) -> None:
    if file.label in FROM_18 and session.info.server_version < 18_00_00:
        pytest.skip("needs PostgreSQL 18")
    assert plan(session, *file.plain)


def plan(session: psycopg.Connection, text: str, values: int) -> list[tuple[str]]:
    """Return the generic plan of a statement."""
    with session.transaction(force_rollback=True):
        session.execute(SQL("PREPARE planned AS {}").format(SQL(text)))  # infers the type of every value
        nothing = SQL(", ").join([Literal(None)] * values)
        arguments = SQL("({})").format(nothing) if values else SQL("")
        found = session.execute(SQL("EXPLAIN EXECUTE planned {}").format(arguments)).fetchall()
        session.execute("DEALLOCATE planned")
    return found


@each([file for file in FILES if file.is_template and file.label not in SHOWN_ELSEWHERE])
def test_all_that_the_program_makes_of_a_template_can_be_planned(
    session: psycopg.Connection, texts: list[str], file: SqlFile
) -> None:
    filled = made_of(file, texts)
    assert filled, f"nothing that the program holds is made of {file.label}"
    for text in filled:
        plan(session, *numbered(text))


@each([file for file in FILES if file.is_template and file.label.startswith(OF_ROWS)])
def test_the_rows_of_every_table_can_be_planned(session: psycopg.Connection, of_rows: list[str], file: SqlFile) -> None:
    filled = made_of(file, of_rows)
    assert filled
    for text in filled:
        plan(session, *numbered(text))


def test_a_view_can_be_refreshed_either_way(session: psycopg.Connection) -> None:
    with session.transaction(force_rollback=True):
        for text in REFRESHES:
            session.execute(SQL(text))


@each([file for file in STATEMENTS if kind(file) is ast.CopyStmt])
def test_a_copy_of_nothing_is_accepted(session: psycopg.Connection, file: SqlFile) -> None:
    with session.transaction(force_rollback=True), session.cursor() as cursor:
        with cursor.copy(SQL(file.text)):
            pass
        assert cursor.rowcount == 0


@each([file for file in COMMANDS if not file.label.startswith(OF_THE_BOOTSTRAP_ROLE)])
def test_a_command_is_accepted(session: psycopg.Connection, file: SqlFile) -> None:
    with session.transaction(force_rollback=True):
        assert session.execute(SQL(file.text)).statusmessage
