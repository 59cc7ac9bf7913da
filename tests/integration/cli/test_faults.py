"""Ordinary faults of a database, under every verb that only answers: a code, a sentence, a cure, never a traceback."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from conftest import new_database
from psycopg import sql

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.errors import Exit
from backbeat.jobs.catalog import JOBS
from builders.terminal import backbeat
from builders.verbs import ASK_NO_DATABASE, arguments, verbs
from harness import ChainWriter, Play, Track, User

JOB = JOBS[0].name
SERVICES = {
    ("doctor",),
    ("up",),
    ("index",),
    ("web",),
    ("snapshot", "infer"),
    ("migrate",),
    ("adopt",),
    ("rejected", "replay"),
}
"""They try again, write what is missing, or tell of it in a list of checks."""
ANSWERING = [path for path in verbs() if path not in {*ASK_NO_DATABASE, *SERVICES}]
# export prints no JSON where it prints rows; watch asks its own database first, and --database is the other
ELSEWHERE = {("challenges", "export"), ("watch",)}
LOCK_SECONDS = {"BACKBEAT_DATABASE_LOCK_TIMEOUT_SECONDS": "2"}

EMPTIED = """
    DO $$ DECLARE each record; BEGIN
        FOR each IN SELECT schemaname, tablename FROM pg_tables
            WHERE schemaname IN ('public', 'backbeat') AND tablename NOT IN ('migrations', 'objects')
        LOOP EXECUTE format('DROP TABLE IF EXISTS %I.%I CASCADE', each.schemaname, each.tablename); END LOOP;
    END $$
"""


@pytest.fixture(scope="module")
def emptied(postgres: EmbeddedPostgres, admin: psycopg.Connection[Any], template: str) -> Iterator[str]:
    """A database whose ledger is whole and whose tables are gone."""
    with new_database(postgres, admin, template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(EMPTIED.encode())
        yield url


@pytest.fixture(scope="module")
def strange(postgres: EmbeddedPostgres, admin: psycopg.Connection[Any], template: str) -> Iterator[str]:
    """A whole database, for a role that may connect and nothing else."""
    with new_database(postgres, admin, template) as url:
        role = f"stranger_{uuid4().hex}"  # the server is other tests' as well
        admin.execute(f"CREATE ROLE {role} LOGIN".encode())
        yield url.replace(f"{url.split('//')[1].split('@')[0]}@", f"{role}@")
    admin.execute(f"DROP ROLE {role}".encode())


@contextmanager
def locked(url: str, table: str) -> Iterator[int]:
    """Hold a table, as a person who forgot a transaction does; give the process that holds it."""
    with psycopg.connect(url, application_name="somebodys psql") as connection:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(*table.split("."))))
        yield connection.info.backend_pid


def commit_plays(url: str) -> None:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await ChainWriter(connection).commit([User(1), Track(1, 1), Play(1, 1)])

    asyncio.run(write())


def told(path: tuple[str, ...], url: str, tmp_path: Path, **env: str) -> tuple[int, str, str]:
    recording = tmp_path / "one.jsonl"
    recording.write_text("")
    given = [
        *path,
        *([] if path[-1] == JOB else arguments(path, recording)),
        "--database",
        url,
        "--data-dir",
        str(tmp_path),
        "--json",
    ]
    answer = backbeat(*given, env=env)
    assert "Traceback" not in answer.out + answer.err
    if not answer.err:
        return answer.status, "", ""
    error = json.loads(answer.err.splitlines()[-1])["error"]
    assert error["message"]
    assert error["cure"]
    return answer.status, error["code"], error["message"]


@pytest.mark.parametrize("path", ANSWERING, ids=" ".join)
def test_missing_tables_are_no_defect(path: tuple[str, ...], emptied: str, tmp_path: Path) -> None:
    status, code, _ = told(path, emptied, tmp_path)
    assert status != Exit.SOFTWARE
    assert code or status in {Exit.OK, Exit.FAILURE, Exit.UNVERIFIED}


@pytest.mark.parametrize("path", [path for path in ANSWERING if path not in ELSEWHERE], ids=" ".join)
def test_a_role_that_may_not_is_told_so(path: tuple[str, ...], strange: str, tmp_path: Path) -> None:
    status, code, _ = told(path, strange, tmp_path)
    assert (status, code) == (Exit.FAILURE, "database_permission_denied")


@pytest.mark.parametrize(
    ("path", "table"),
    [
        (("challenges", "list"), "challenges"),
        (("jobs", "list"), "backbeat.jobs"),
        (("rejected", "list"), "backbeat.rejected_transactions"),
        (("status",), "backbeat.migrations"),
    ],
)
def test_a_lock_that_is_not_to_be_had_names_who_holds_it(
    path: tuple[str, ...], table: str, database_url: str, tmp_path: Path
) -> None:
    with locked(database_url, table) as pid:
        status, code, message = told(path, database_url, tmp_path, **LOCK_SECONDS)
    assert (status, code) == (Exit.UNAVAILABLE, "database_conflict")
    assert f"process {pid} (somebodys psql, idle in transaction for " in message
    assert ", in a transaction since 20" in message
    assert f"at {table}" in message


def test_a_job_that_waits_for_a_lock_fails_with_who_holds_it(database_url: str, tmp_path: Path) -> None:
    env = {**LOCK_SECONDS, "BACKBEAT_JOBS_LEASE_SECONDS": "3"}
    commit_plays(database_url)
    with locked(database_url, "indexing_checkpoints") as pid:
        status, code, message = told(("jobs", "run", JOB), database_url, tmp_path, **env)
    assert (status, code) == (Exit.UNAVAILABLE, "database_conflict")
    assert f"process {pid} (somebodys psql" in message
    shown = backbeat("jobs", "show", JOB, "--database", database_url, "--json").json
    assert shown["error"].endswith("[database_conflict]")
    assert f"process {pid}" in shown["error"]
    assert f"pg_terminate_backend({pid})" in shown["cure"]
