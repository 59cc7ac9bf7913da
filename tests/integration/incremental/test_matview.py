"""Refreshing materialized views: concurrently, blocking where the server says no, and not at all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import AsyncConnection
from structlog.testing import capture_logs

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.errors import ConfigError, DatabaseError, JobError, LeaseLostError
from backbeat.incremental.matview import refresh
from backbeat.incremental.transaction import Session, checked_by
from backbeat.jobs import operate
from backbeat.jobs.catalog import catalog
from backbeat.jobs.job import Weight
from backbeat.jobs.runner import Runner
from backbeat.settings import JobsSettings, Settings
from builders.indexed import seed
from builders.waiting import eventually

VIEW = "mine.top_tracks"
JOB = f"refresh.{VIEW}"


@pytest.fixture
async def rival(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(database_url, autocommit=True) as session:
        yield session


async def make(connection: AsyncConnection[Any], *more: LiteralString, populated: LiteralString = "") -> None:
    await connection.execute("CREATE SCHEMA mine")
    await connection.execute("CREATE TABLE mine.plays (track_id integer)")
    query = "SELECT track_id, count(*) AS plays FROM mine.plays GROUP BY track_id"
    await connection.execute(f"CREATE MATERIALIZED VIEW mine.top_tracks AS {query} {populated}")
    for statement in more:
        await connection.execute(statement)
    await connection.execute("INSERT INTO mine.plays SELECT 7 FROM generate_series(1, 3)")


UNIQUE: LiteralString = "CREATE UNIQUE INDEX ON mine.top_tracks (track_id)"


async def rows(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute("SELECT * FROM mine.top_tracks")).fetchall()


async def test_a_view_with_a_unique_index_is_refreshed_beside_its_readers(
    connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    await make(connection, UNIQUE)
    async with rival.transaction():
        assert await rows(rival) == []
        with capture_logs() as logs:
            done = await refresh(Session(connection), VIEW)
    assert (done.view, done.concurrently, done.why, done.cure) == (VIEW, True, "", "")
    assert done.seconds > 0
    assert logs == []
    assert await rows(connection) == [(7, 3)]


async def test_a_view_without_a_unique_index_is_refreshed_blocking_and_that_is_told(
    connection: AsyncConnection[Any],
) -> None:
    await make(connection)
    with capture_logs() as logs:
        done = await refresh(Session(connection), VIEW)
    assert not done.concurrently
    assert "concurrently" in done.why
    assert "unique index" in done.cure
    [told] = logs
    assert (told["event"], told["view"], told["why"]) == ("view_refreshed_blocking", VIEW, done.why)
    assert await rows(connection) == [(7, 3)]


async def test_17_a_view_that_was_never_populated_is_refreshed_blocking_once(connection: AsyncConnection[Any]) -> None:
    await make(connection, UNIQUE, populated="WITH NO DATA")
    first, second = await refresh(Session(connection), VIEW), await refresh(Session(connection), VIEW)
    assert (first.concurrently, second.concurrently) == (False, True)
    assert "populated" in first.why
    assert await rows(connection) == [(7, 3)]


@pytest.mark.parametrize("name", ["public.nothing", "nowhere.nothing"])
async def test_a_view_that_does_not_exist_is_an_error_that_says_so(connection: AsyncConnection[Any], name: str) -> None:
    await make(connection)
    with pytest.raises(DatabaseError, match=f"no materialized view {name}") as missing:
        await refresh(Session(connection), name)
    assert missing.value.code == "view_missing"
    assert "refresh_views" in missing.value.cure


async def test_a_view_upon_a_table_that_is_gone_is_not_called_missing(connection: AsyncConnection[Any]) -> None:
    await make(connection, UNIQUE)
    await connection.execute(
        "CREATE FUNCTION mine.broken() RETURNS bigint LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN (SELECT count(*) FROM mine.gone); END $$"
    )
    await connection.execute("CREATE MATERIALIZED VIEW mine.upon AS SELECT mine.broken() AS one WITH NO DATA")
    with pytest.raises(psycopg.errors.UndefinedTable):
        await refresh(Session(connection), "mine.upon")


async def test_a_lock_that_is_not_to_be_had_is_an_error_and_no_reason_to_block(
    connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    await make(connection, UNIQUE)
    await connection.execute("SET lock_timeout = '50ms'")
    async with rival.transaction(force_rollback=True):
        await rival.execute("REFRESH MATERIALIZED VIEW mine.top_tracks")
        with capture_logs() as logs, pytest.raises(psycopg.errors.LockNotAvailable):
            await refresh(Session(connection), VIEW)
    assert logs == []
    assert await rows(connection) == []


async def test_a_refresh_that_is_cancelled_is_an_error_and_no_reason_to_block(
    connection: AsyncConnection[Any], rival: AsyncConnection[Any]
) -> None:
    await make(connection, UNIQUE)
    pid = connection.info.backend_pid

    async def waits() -> bool:
        query = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)"
        return bool((await (await rival.execute(query, [pid])).fetchall())[0][0])

    async with rival.transaction(force_rollback=True):
        await rival.execute("REFRESH MATERIALIZED VIEW mine.top_tracks")
        with capture_logs() as logs:
            refreshing = asyncio.create_task(refresh(Session(connection), VIEW))
            assert await eventually(waits)
            await rival.execute("SELECT pg_cancel_backend(%s)", [pid])
            with pytest.raises(psycopg.errors.QueryCanceled):
                await refreshing
    assert logs == []
    assert await rows(connection) == []


async def test_a_failing_query_is_an_error_after_the_second_try_too(connection: AsyncConnection[Any]) -> None:
    """What the view reads was never populated: the same code as a missing index, and a plain refresh meets it again."""
    await make(connection, UNIQUE)
    await connection.execute("CREATE MATERIALIZED VIEW mine.empty AS SELECT 1 AS one WITH NO DATA")
    await connection.execute("CREATE MATERIALIZED VIEW mine.upon AS SELECT one FROM mine.empty WITH NO DATA")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        await refresh(Session(connection), "mine.upon")


async def test_it_must_not_be_within_a_transaction(connection: AsyncConnection[Any]) -> None:
    await make(connection, UNIQUE)
    async with connection.transaction():
        with pytest.raises(DatabaseError) as refused:
            await refresh(Session(connection), VIEW)
    assert refused.value.code == "refresh_in_transaction"


async def test_a_worker_whose_lease_is_gone_refreshes_nothing(connection: AsyncConnection[Any]) -> None:
    async def fence(_: AsyncConnection[Any]) -> None:
        raise LeaseLostError("job_lease_lost", "Another worker took over.", cure="Nothing.")

    await make(connection, UNIQUE)
    with pytest.raises(LeaseLostError):
        await refresh(Session(connection, checked_by(fence)), VIEW)
    assert await rows(connection) == []


async def test_the_settings_make_a_job_of_a_view(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await seed(connection)
    await make(connection, UNIQUE)
    settings = JobsSettings(refresh_views={VIEW: 600.0})
    [job] = [job for job in catalog(Settings(jobs=settings)) if job.name == JOB]
    assert (job.group, job.weight, job.every_seconds) == ("views", Weight.HEAVY, 600.0)
    await Runner(lanes, catalog(Settings(jobs=settings)), settings, SystemClock()).run_once(JOB)
    assert await rows(connection) == [(7, 3)]
    view = await operate.show(connection, JOB, settings)
    assert (view.state, view.weight, view.error) == ("fresh", "heavy", "")
    await operate.pause(connection, JOB, settings)
    assert (await operate.show(connection, JOB, settings)).state == "paused"
    with pytest.raises(JobError, match="no job"):
        await operate.show(connection, JOB)


def test_an_interval_has_to_be_above_zero() -> None:
    with pytest.raises(ConfigError, match="refresh_views"):
        catalog(Settings(jobs=JobsSettings(refresh_views={VIEW: 0.0})))
