"""A database that is there and cannot be used: read-only, full of sessions, restarting in the middle of a migration."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import structlog
from clusters import tcp_url
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier, Literal

from backbeat.app import opened
from backbeat.clock import SystemClock
from backbeat.codes import Part
from backbeat.db import pool
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.migration_files import Folders
from backbeat.db.outage import OutageError, is_away
from backbeat.db.pool import LanePool, Lanes, open_lanes
from backbeat.observe.presence import Presence
from backbeat.observe.reader import StatusReader
from backbeat.settings import DatabaseSettings, Settings

READ_ONLY = "SET default_transaction_read_only = on"


async def pid(connection: AsyncConnection[Any]) -> int:
    return connection.info.backend_pid


async def test_a_session_that_can_only_read_is_left_for_another_where_the_lane_writes(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TRUSTED_SECONDS", 0.0)  # its last answer is old
    async with lanes.control.connection() as connection:
        spent = await pid(connection)
        await connection.execute(READ_ONLY)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as refused:
        async with lanes.control.connection():
            pass
    assert is_away(refused.value)
    async with lanes.control.connection() as connection:
        assert await pid(connection) != spent
        await connection.execute("UPDATE backbeat.jobs SET paused = false")


async def test_a_session_that_becomes_read_only_while_it_is_lent_does_not_come_back(lanes: Lanes) -> None:
    spent = 0

    async def write() -> None:
        nonlocal spent
        async with lanes.jobs.connection() as connection:
            spent = await pid(connection)
            await connection.execute(READ_ONLY)
            await connection.execute("UPDATE backbeat.jobs SET paused = false")

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await write()
    async with lanes.jobs.connection() as connection:
        assert await pid(connection) != spent
    assert isinstance(lanes.jobs, LanePool)
    [noted] = lanes.jobs.troubles.recent()
    assert (noted.lane, noted.trouble.kind.code) == ("jobs", "database_read_only")


async def test_reading_goes_on_where_only_reading_is_possible(lanes: Lanes) -> None:
    async with lanes.reads.connection() as connection:
        await connection.execute(READ_ONLY)
    async with lanes.reads.connection() as connection:
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_page_by_itself_goes_on_where_only_reading_is_possible(database_url: str) -> None:
    async with await opened(database_url, Settings(), {Part.WEB}) as lanes:
        async with lanes.control.connection() as connection:
            spent = await pid(connection)
            await connection.execute(READ_ONLY)
        presence = Presence(lanes.control, SystemClock(), [Part.WEB], str)
        with structlog.testing.capture_logs() as logs:
            await presence.tell()
        assert [(line["event"], "read-only" in line["error"]) for line in logs] == [("presence_not_told", True)]
        status = await StatusReader(lanes.status, SystemClock()).status()
        assert status.obstacles == ()
        async with lanes.control.connection() as connection:
            assert await pid(connection) != spent


async def test_the_status_names_what_keeps_a_lane_from_working(lanes: Lanes) -> None:
    with pytest.raises(psycopg.errors.DiskFull):
        async with lanes.indexing.connection() as connection:
            await connection.execute("DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$")
    status = await StatusReader(lanes.status, SystemClock()).status()
    [check] = [check for check in status.checks if check.name == "indexing lane"]
    assert not check.ok
    assert "disk is full" in check.detail
    assert "Make room" in check.cure
    assert [obstacle.code for obstacle in status.obstacles] == ["database_disk_full"]


async def test_a_server_that_admits_no_more_sessions_is_named_as_such(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, database_url: str
) -> None:
    role = f"guest_{uuid4().hex}"
    admin.execute(SQL("CREATE ROLE {} LOGIN PASSWORD 'guest'").format(Identifier(role)))
    try:
        address = urlsplit(tcp_url(postgres))
        netloc = f"{role}:guest@{address.hostname}:{address.port}"
        url = address._replace(netloc=netloc, path=urlsplit(database_url).path).geturl()
        async with await open_lanes(url, DatabaseSettings(), {"status"}) as lanes:
            admin.execute(SQL("ALTER ROLE {} CONNECTION LIMIT 0").format(Identifier(role)))
            end = SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {}")
            admin.execute(end.format(Literal(role)))
            with pytest.raises(OutageError) as failed:
                await StatusReader(lanes.status, SystemClock()).status()
        assert failed.value.code == "database_out_of_connections"
        assert "too many connections for role" in failed.value.message
        assert "max_connections" in failed.value.cure
    finally:
        admin.execute(SQL("DROP ROLE {}").format(Identifier(role)))


async def test_a_restart_during_a_migration_is_told_as_one(empty_database_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_slow.sql").write_text("SELECT pg_sleep(60);")
    migrating = asyncio.create_task(
        migrate(empty_database_url, clock=SystemClock(), folders=Folders(tmp_path, tmp_path))
    )
    ended = False
    async with await AsyncConnection.connect(empty_database_url, autocommit=True) as executioner:
        while not ended:
            found = await executioner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"
            )
            ended = found.rowcount > 0
            await asyncio.sleep(0.01)
    with pytest.raises(OutageError) as failed:
        await migrating
    assert failed.value.code == "database_restarting"
    assert "0001_slow was interrupted" in failed.value.message
    assert "migrate` again" in failed.value.cure
