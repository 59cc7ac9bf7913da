"""Connections whose server is gone without a word are given up; those it is at work for are not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from chaos.proxy import Proxy, proxy
from clusters import cluster_folder, tcp_url
from pgbouncer import pgbouncer
from psycopg import AsyncConnection
from psycopg_pool import PoolClosed

from backbeat.db import pool, watchdog
from backbeat.db.connection import LaneConnection
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import Lanes, open_lanes
from backbeat.settings import DatabaseSettings
from builders.waiting import eventually

pytestmark = pytest.mark.version_free

SILENCE_SECONDS = 1.0
SETTINGS = DatabaseSettings(silence_seconds=SILENCE_SECONDS)
GRACE_SECONDS = 20.0  # for a busy machine; without a watchdog it would be for ever
PATIENT = DatabaseSettings(silence_seconds=30.0)


@pytest.fixture
def direct_url(postgres: EmbeddedPostgres, database_url: str) -> str:
    return urlsplit(tcp_url(postgres))._replace(path=urlsplit(database_url).path).geturl()


@pytest.fixture(params=["direct", "pgbouncer"])
def server_url(request: pytest.FixtureRequest, direct_url: str) -> Iterator[str]:
    if request.param == "direct":
        yield direct_url
        return
    with cluster_folder() as folder, pgbouncer(Path(folder), direct_url) as url:
        yield url


@pytest.fixture
def between(server_url: str) -> Iterator[Proxy]:
    with proxy(urlsplit(server_url).port or 0) as running:
        yield running


@pytest.fixture
async def lanes(between: Proxy, server_url: str) -> AsyncIterator[Lanes]:
    async with await open_lanes(between.url(server_url), SETTINGS) as opened:
        yield opened


async def seconds_until_given_up(connection: AsyncConnection[object]) -> float:
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        await connection.execute("SELECT 1")
    return time.monotonic() - started


async def excused_again(connection: LaneConnection) -> bool:
    """Wait until the server is found at work for a connection once more."""
    before = connection.excused_at

    async def is_excused() -> bool:
        return connection.excused_at > before

    return await eventually(is_excused)


async def test_a_connection_that_fell_silent_is_given_up_and_replaced(lanes: Lanes, between: Proxy) -> None:
    async with lanes.jobs.connection() as connection:
        between.freeze()
        between.admit()
        assert await seconds_until_given_up(connection) < SILENCE_SECONDS + GRACE_SECONDS
    async with lanes.jobs.connection() as connection:
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_so_is_one_whose_server_answers_nobody(lanes: Lanes, between: Proxy) -> None:
    async with lanes.jobs.connection() as connection:
        between.freeze()
        assert await seconds_until_given_up(connection) < SILENCE_SECONDS + GRACE_SECONDS
        between.admit()


async def test_one_that_the_server_is_at_work_for_goes_on(
    between: Proxy, server_url: str, connection: AsyncConnection[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked after within 1.1 seconds, and the server may take 28.5 to answer."""
    monkeypatch.setattr(watchdog, "ASKING_SHARE", 0.95)
    monkeypatch.setattr(watchdog, "LOOKS_PER_SILENCE", 150)
    async with await open_lanes(between.url(server_url), PATIENT) as lanes, lanes.jobs.connection() as waiting:
        assert isinstance(waiting, LaneConnection)
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(7)")
            work = asyncio.create_task(waiting.execute("SELECT 1 FROM pg_advisory_xact_lock(7)"))
            for _ in range(2):
                assert await excused_again(waiting)
        assert await (await work).fetchone() == (1,)


async def test_a_pipeline_that_moves_goes_on_though_the_server_waits_for_more_of_it(
    lanes: Lanes, between: Proxy
) -> None:
    """8 MB at 64 kB in 20 ms take several times the silence admitted, and nearly all of it the server waits."""
    async with lanes.jobs.connection() as connection:
        between.pause_seconds = 0.02
        async with connection.cursor() as cursor:
            await cursor.executemany("SELECT length(%s)", [["x" * 8_000]] * 1_000)
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


async def test_a_pipeline_that_stands_still_does_not(lanes: Lanes, between: Proxy) -> None:
    async def stand_still() -> None:
        async with lanes.jobs.connection() as connection, connection.pipeline():
            await connection.execute("SELECT 1")
            between.freeze()
            between.admit()
            await (await connection.execute("SELECT 2")).fetchone()

    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        await stand_still()
    assert time.monotonic() - started < SILENCE_SECONDS + GRACE_SECONDS


async def test_what_it_left_on_the_server_holds_nobody_up(
    lanes: Lanes, between: Proxy, connection: AsyncConnection[object]
) -> None:
    async with lanes.jobs.connection() as silent:
        await silent.execute("BEGIN")
        await silent.execute("LOCK TABLE blocks IN ACCESS EXCLUSIVE MODE")
        between.freeze()
        between.admit()
        await seconds_until_given_up(silent)
    async with asyncio.timeout(SILENCE_SECONDS + GRACE_SECONDS):
        assert await (await connection.execute("SELECT count(*) FROM blocks")).fetchone() == (0,)


async def test_waiting_for_the_pool_ends_in_time_when_nobody_answers(
    lanes: Lanes, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TRUSTED_SECONDS", 0.0)  # what answered last did so long ago
    async with lanes.jobs.connection():
        pass  # there is one to try
    between.freeze()
    started = time.monotonic()
    with pytest.raises(psycopg.OperationalError):
        await lanes.jobs.getconn(timeout=0.3)
    assert time.monotonic() - started < 0.3 + GRACE_SECONDS
    between.admit()


async def test_cutting_off_wakes_whoever_waits(lanes: Lanes) -> None:
    async with lanes.jobs.connection() as connection:
        sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.1)
        lanes.cut()
        with pytest.raises(psycopg.OperationalError):
            await sleeping


async def test_cutting_off_ends_the_wait_for_a_connection_and_lends_no_more(
    lanes: Lanes, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "TRUSTED_SECONDS", 0.0)
    between.freeze()
    waiting = [asyncio.create_task(lanes.jobs.getconn()) for _ in range(3)]  # nobody answers any of them
    await asyncio.sleep(0.1)
    started = time.monotonic()
    lanes.cut()
    done, _ = await asyncio.wait(waiting, timeout=GRACE_SECONDS)
    assert {type(task.exception()) for task in done} == {PoolClosed}
    assert (len(done), time.monotonic() - started < GRACE_SECONDS) == (3, True)
    between.admit()
    with pytest.raises(PoolClosed):
        await lanes.jobs.getconn()
