"""Servers that do not start, do not answer or are not as we need them: each under a code of its own."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clusters import server
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.db import pool
from backbeat.db import server as facts
from backbeat.db.embedded import SETTLE_SECONDS_MAX, TURN_SECONDS_MAX, EmbeddedPostgres
from backbeat.db.filelock import FileLock
from backbeat.db.outage import OutageError
from backbeat.db.pool import open_lanes
from backbeat.errors import DatabaseError
from backbeat.settings import DatabaseSettings


class LeapingClock:
    """Each sleep takes as long as a caller waits at most."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        del seconds
        self.seconds += max(TURN_SECONDS_MAX, SETTLE_SECONDS_MAX) / 2 + 1


async def test_a_data_directory_that_cannot_be_made_is_named(data_dir: Path) -> None:
    data_dir.write_text("a file")  # noqa: ASYNC240 - a test may wait for its own files
    with pytest.raises(DatabaseError, match=str(data_dir)) as refused:
        await server(data_dir / "below").start()
    assert refused.value.code == "embedded_postgres_failed"


async def test_what_initdb_says_is_passed_on(data_dir: Path) -> None:
    programs = data_dir.parent / "bin"
    programs.mkdir()
    for name in ("postgres", "initdb", "pg_ctl"):
        program = programs / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.2: no space'\n[ $(basename $0) != initdb ]\n")
        program.chmod(0o755)
    with pytest.raises(DatabaseError, match="no space") as refused:
        await server(data_dir, DatabaseSettings(postgres_bin=str(programs))).start()
    assert refused.value.code == "postgres_init_failed"


async def test_a_turn_that_never_comes_ends_the_wait(data_dir: Path) -> None:
    data_dir.mkdir()  # noqa: ASYNC240 - as above
    hanging = FileLock(data_dir / "postgres.lock")
    assert hanging.try_exclusive()
    with pytest.raises(DatabaseError) as refused:
        await EmbeddedPostgres(data_dir, clock=LeapingClock()).start()
    hanging.release()
    assert refused.value.code == "postgres_start_busy"


async def test_a_server_that_runs_and_does_not_answer_is_named(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = server(data_dir)
    await running.start()
    await running.stop()
    pid_file = next(data_dir.glob("pg*/data")) / "postmaster.pid"  # noqa: ASYNC240 - as above
    pid_file.write_text(f"{os.getpid()}\n")  # a server that has not got as far as its port
    monkeypatch.setattr("backbeat.db.postmaster.runs", lambda pid, _: pid == os.getpid())
    with pytest.raises(DatabaseError) as refused:
        await EmbeddedPostgres(data_dir, running._settings, clock=LeapingClock()).start()
    pid_file.unlink()
    assert refused.value.code == "postgres_stuck"


async def test_a_server_that_is_too_old_is_refused(
    connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "VERSION_MIN", 990_000)
    with pytest.raises(DatabaseError, match="needs 99 or newer") as refused:
        await facts.read_info(connection)
    assert refused.value.code == "postgres_too_old"


async def test_a_server_that_does_not_know_its_own_session_is_refused(
    connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "READ_INFO", f"{facts.READ_INFO} LIMIT 0")
    with pytest.raises(DatabaseError) as refused:
        await facts.read_info(connection)
    assert refused.value.code == "role_unknown"


async def test_a_server_that_answers_once_and_then_no_more_is_told_from_one_that_never_did(
    database_url: str, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = facts.check_limits
    name = Identifier(database_url.rpartition("/")[2].partition("?")[0])

    def close_the_door(*args: Any) -> None:
        check(*args)
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))

    monkeypatch.setattr(pool, "check_limits", close_the_door)
    monkeypatch.setattr(pool, "OPEN_SECONDS_MAX", 0.5)
    with pytest.raises(DatabaseError) as refused:
        await open_lanes(database_url, DatabaseSettings())
    assert refused.value.code == "pools_not_opened"
    assert isinstance(refused.value, OutageError)  # it is tried again where a database is waited for
    assert "not currently accepting connections" in refused.value.message


async def test_a_server_that_admits_no_more_connections_than_the_first_is_named_so(
    database_url: str, admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = facts.check_limits
    name = Identifier(database_url.rpartition("/")[2].partition("?")[0])

    def limit(*args: Any) -> None:
        check(*args)
        admin.execute(SQL("ALTER DATABASE {} CONNECTION LIMIT 0").format(name))

    monkeypatch.setattr(pool, "check_limits", limit)
    monkeypatch.setattr(pool, "OPEN_SECONDS_MAX", 0.5)
    with pytest.raises(DatabaseError) as refused:
        await open_lanes(database_url, DatabaseSettings())
    assert refused.value.code == "database_out_of_connections"
    assert "too many connections for database" in refused.value.message
