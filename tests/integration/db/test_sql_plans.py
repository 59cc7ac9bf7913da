"""Every statement of the program, planned by PostgreSQL against the migrated schema: names, types and functions.

The network's conditions are functions of the schema whose files begin with ``-- inlined``: the planner puts their text
in their place, so indexes and estimates are those of the conditions. A plan that calls one by its name is a fault.
"""

import asyncio
import re
from collections.abc import Iterator
from functools import cache

import psycopg
import pytest
from pglast import ast, parse_sql
from psycopg.sql import SQL, Composable, Identifier, Literal
from sql_examples import REFRESHES, made_of, statements
from sql_files import NAME, SqlFile, numbered, sql_files

from backbeat.db import objects
from backbeat.incremental.glance import Glance
from backbeat.index.rows import ROW_TYPES
from backbeat.index.state import IDENTITY
from backbeat.index.tables import describe
from backbeat.jobs.catalog import JOBS

PLANNED = (ast.SelectStmt, ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
NOT_IN_A_TRANSACTION = (ast.CreatedbStmt, ast.DropdbStmt, ast.VacuumStmt)  # shown where they are used

FROM_18 = {"backbeat/jobs/session_cost.sql", "backbeat/jobs/used_since.sql"}
"""Sent only to servers that know what a session has used."""

OF_THE_BOOTSTRAP_ROLE = "backbeat/db/roles_"  # no owner may do what these do; shown where they are used

OF_ROWS = "backbeat/index/rows_"

OF_A_GLANCE = (
    "backbeat/incremental/glance",
    "backbeat/incremental/stamp_newest.sql",
    "backbeat/incremental/due_newest.sql",
    "backbeat/incremental/recurring_moved.sql",
    "backbeat/incremental/rolling_moved.sql",
    "backbeat/derived/notifications/acts_newest.sql",
    "backbeat/derived/trending/edges_moved.sql",
    "backbeat/derived/releases/due_moved.sql",
)
"""Parts of one statement, which is planned as a whole."""

SHOWN_ELSEWHERE = {
    "backbeat/db/roles_set_password.sql",  # as above
    *(file.label for file in sql_files() if file.label.startswith("backbeat/adopt/") and file.is_template),
    *(file.label for file in sql_files() if file.label.startswith("backbeat/watch/") and file.is_template),
    *(f"backbeat/digest/{name}.sql" for name in ("sums", "buckets", "rows")),  # of every table: digest/test_tables.py
    "backbeat/db/set_local.sql",  # goes before every statement of a pooled session: test_hostile_sessions.py
    "backbeat/derived/challenges/audited_judged_excuses.sql",  # parts of audits, which are planned as a whole
    "backbeat/derived/challenges/audited_told_excuses.sql",
    "backbeat/incremental/ranges_size.sql",  # how much an audit goes through: cli/test_progress.py
    "backbeat/incremental/sweep_progress.sql",  # and a rebuild
    "backbeat/incremental/refresh_blocking.sql",
    "backbeat/incremental/refresh_concurrently.sql",
    *(file.label for file in sql_files() if file.label.startswith((OF_ROWS, *OF_A_GLANCE))),
}
"""Templates with a test of their own."""

FUNCTIONS = {key.name: each for key, each in objects.read().items() if key.kind == "functions"}
INLINED = sorted(name for name, each in FUNCTIONS.items() if each.script.startswith("-- inlined\n"))
CALL = re.compile(rf"\b(?:{'|'.join(INLINED)})\(")  # qualified or not, as the search path wants

SIGNATURE = """
    SELECT proretset, ARRAY(SELECT format_type(type, NULL) FROM unnest(proargtypes) AS type)
    FROM pg_proc
    WHERE pronamespace = 'backbeat'::regnamespace AND proname = %s
"""
VIEWS = """
    SELECT oid::regclass::text, CASE WHEN relkind = 'm' THEN pg_get_viewdef(oid) ELSE 'TABLE ' || oid::regclass END
    FROM pg_class
    WHERE relkind IN ('m', 'v') AND relnamespace IN ('backbeat'::regnamespace, 'public'::regnamespace)
"""

FILES = [file for file in sql_files() if not file.is_script]
STATEMENTS = [file for file in FILES if not file.is_template]


@cache
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
                *(table.load(by) for by in (IDENTITY, *table.row.indexes)),
                table.merge,
                table.patch,
                table.delete,
                *([table.keep, table.end_changed] if table.keep else ()),
                *([table.last_id] * table.is_serial),
            )
        ]

    return asyncio.run(described())


@each([file for file in STATEMENTS if kind(file) in PLANNED])
def test_it_can_be_planned(session: psycopg.Connection, file: SqlFile) -> None:
    if file.label in FROM_18 and session.info.server_version < 18_00_00:
        pytest.skip("needs PostgreSQL 18")
    assert plan(session, *file.plain)


def plan(session: psycopg.Connection, text: str, values: int) -> str:
    """Return the generic plan of a statement, which calls no condition."""
    with session.transaction(force_rollback=True):
        session.execute(SQL("PREPARE planned AS {}").format(SQL(text)))  # infers the type of every value
        nothing = SQL(", ").join([Literal(None)] * values)
        arguments = SQL("({})").format(nothing) if values else SQL("")
        found = explained(session, SQL("EXECUTE planned {}").format(arguments))
        session.execute("DEALLOCATE planned")
    assert CALL.findall(found) == []
    return found


def explained(session: psycopg.Connection, statement: Composable) -> str:
    return "\n".join(line for (line,) in session.execute(SQL("EXPLAIN (VERBOSE) {}").format(statement)).fetchall())


@pytest.mark.parametrize("name", INLINED)
def test_a_condition_is_inlined(session: psycopg.Connection, name: str) -> None:
    [(is_set, types)] = session.execute(SIGNATURE, [name]).fetchall()
    columns = [Identifier(f"value_{place}") for place, _ in enumerate(types)]
    given = [SQL("NULL::{} AS {}").format(SQL(of), column) for of, column in zip(types, columns, strict=True)]
    call = SQL("backbeat.{}({})").format(Identifier(name), SQL(", ").join(columns))
    statement = SQL("SELECT * FROM (SELECT {}) AS given, {}" if is_set else "SELECT {1} FROM (SELECT {0}) AS given")
    values = SQL("{} OFFSET 0").format(SQL(", ").join(given))  # no constants, from which anything is computed at once
    assert CALL.findall(explained(session, statement.format(values, call))) == []


def test_a_condition_that_is_not_inlined_is_seen(session: psycopg.Connection) -> None:
    with session.transaction(force_rollback=True):
        session.execute("ALTER FUNCTION backbeat.is_public_track STRICT")
        assert CALL.findall(explained(session, SQL("SELECT FROM tracks AS t WHERE backbeat.is_public_track(t)")))


def test_no_view_calls_a_condition(session: psycopg.Connection) -> None:
    views = session.execute(VIEWS).fetchall()
    plans = {name: explained(session, SQL(text.rstrip(";"))) for name, text in views}
    assert {name: called for name, text in plans.items() if (called := CALL.findall(text))} == {}


@each([file for file in FILES if file.is_template and file.label not in SHOWN_ELSEWHERE])
def test_all_that_the_program_makes_of_a_template_can_be_planned(
    session: psycopg.Connection, texts: list[str], file: SqlFile
) -> None:
    filled = made_of(file, texts)
    assert filled, f"nothing that the program holds is made of {file.label}"
    for text in filled:
        if "pg_stat_get_backend_io" not in text or session.info.server_version >= 18_00_00:
            plan(session, *numbered(text))


@each([file for file in FILES if file.is_template and file.label.startswith(OF_ROWS)])
def test_the_rows_of_every_table_can_be_planned(session: psycopg.Connection, of_rows: list[str], file: SqlFile) -> None:
    filled = made_of(file, of_rows)
    assert filled
    for text in filled:
        plan(session, *numbered(text))


def test_the_glance_of_all_jobs_can_be_planned(session: psycopg.Connection) -> None:
    text = Glance({job.name: job.feeds for job in JOBS})._all_but(frozenset()).statement.decode()
    assert not [name for name in re.findall(NAME, text) if name in {"place", "after", "now", "window"}]
    assert plan(session, *numbered(text))


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
