"""Every statement of the program, planned by PostgreSQL against the migrated schema: names, types and functions."""

from collections.abc import Iterator

import psycopg
import pytest
from pglast import ast, parse_sql
from psycopg.sql import SQL, Literal
from sql_files import SqlFile, sql_files

PLANNED = (ast.SelectStmt, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
NOT_IN_A_TRANSACTION = (ast.CreatedbStmt, ast.DropdbStmt, ast.VacuumStmt)  # shown where they are used

FROM_18 = {"backbeat/jobs/session_cost.sql"}
"""Sent only to servers that know what a session has used."""

OF_THE_BOOTSTRAP_ROLE = "backbeat/db/roles_"  # no owner may do what these do; shown where they are used

STATEMENTS = [file for file in sql_files() if not file.is_migration and not file.is_template]


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


@each([file for file in STATEMENTS if kind(file) in PLANNED])
def test_it_can_be_planned(session: psycopg.Connection, file: SqlFile) -> None:
    if file.label in FROM_18 and session.info.server_version < 18_00_00:
        pytest.skip("needs PostgreSQL 18")
    text, values = file.plain
    with session.transaction(force_rollback=True):
        session.execute(SQL("PREPARE planned AS {}").format(SQL(text)))  # infers the type of every value
        nothing = SQL(", ").join([Literal(None)] * values)
        arguments = SQL("({})").format(nothing) if values else SQL("")
        plan = session.execute(SQL("EXPLAIN EXECUTE planned {}").format(arguments)).fetchall()
        session.execute("DEALLOCATE planned")
    assert plan


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
