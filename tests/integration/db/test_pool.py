"""The lanes: sizes, sessions, limits, and what happens when connections run out or break."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
import pytest
from clusters import server, tcp_url
from psycopg.abc import PQGen
from psycopg.pq import PipelineStatus
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from backbeat.db.connection import LaneConnection
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import verify
from backbeat.db.pool import Lanes, Pool, open_lanes
from backbeat.errors import ConfigError, DatabaseError
from backbeat.settings import DatabaseSettings


async def shown(pool: Pool, name: str) -> str:
    async with pool.connection() as connection:
        row = await (await connection.execute("SELECT current_setting(%s)", [name])).fetchone()
        assert row is not None
        return str(row[0])


async def test_every_session_is_in_utc_autocommit_and_named(lanes: Lanes) -> None:
    for name, pool in lanes.pools.items():
        assert await shown(pool, "timezone") == "UTC"
        assert await shown(pool, "application_name") == f"backbeat/{name}"
        async with pool.connection() as connection:
            assert connection.autocommit


async def test_sessions_stay_in_utc_when_the_server_says_otherwise(database_url: str) -> None:
    name = urlsplit(database_url).path.removeprefix("/")
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(SQL("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'").format(Identifier(name)))
    async with await open_lanes(database_url, DatabaseSettings()) as lanes:
        assert {await shown(pool, "timezone") for pool in lanes.pools.values()} == {"UTC"}


async def test_timeouts_follow_the_settings_lane_by_lane(database_url: str) -> None:
    settings = DatabaseSettings(statement_timeout_seconds=20, lock_timeout_seconds=3, idle_timeout_seconds=7)
    async with await open_lanes(database_url, settings) as lanes:
        found = {name: await shown(pool, "statement_timeout") for name, pool in lanes.pools.items()}
        assert found == {"indexing": "0", "control": "10s", "jobs": "20s", "status": "20s", "reads": "20s"}
        for pool in lanes.pools.values():
            assert await shown(pool, "lock_timeout") == "3s"
            assert await shown(pool, "idle_in_transaction_session_timeout") == "7s"


async def test_jobs_alone_find_rows_by_index_where_plans_may_be_weighed_all_the_same(lanes: Lanes) -> None:
    found = {name for name, pool in lanes.pools.items() if await shown(pool, "enable_seqscan") == "off"}
    assert found == ({"jobs"} if lanes.info.major >= 18 else set())


async def test_a_job_that_takes_too_long_is_cut_off_and_a_block_is_not(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(statement_timeout_seconds=0.05)) as lanes:
        async with lanes.indexing.connection() as connection:
            await connection.execute("SELECT pg_sleep(0.1)")
        async with lanes.jobs.connection() as connection:
            with pytest.raises(psycopg.errors.QueryCanceled):
                await connection.execute("SELECT pg_sleep(10)")


async def test_the_jobs_lane_takes_its_size_from_the_address(database_url: str) -> None:
    async with await open_lanes(f"{database_url}&pool_max_conns=33", DatabaseSettings()) as lanes:
        assert lanes.jobs.max_size == 33
        assert await shown(lanes.jobs, "application_name") == "backbeat/jobs"


async def test_more_than_the_server_admits_is_refused_at_start(database_url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        await open_lanes(database_url, DatabaseSettings(pool_max_conns=200))
    assert refused.value.code == "pools_exceed_server"
    assert "indexing 2 + control 3 + jobs 200 + status 2 + reads 4" in refused.value.message
    assert "admits 97" in refused.value.message


async def test_more_than_the_database_admits_is_refused_at_start(database_url: str) -> None:
    name = urlsplit(database_url).path.removeprefix("/")
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(SQL("ALTER DATABASE {} CONNECTION LIMIT 25").format(Identifier(name)))
    with pytest.raises(ConfigError, match="admits 25"):
        await open_lanes(database_url, DatabaseSettings())


async def test_a_server_that_does_not_answer_is_named_as_such() -> None:
    with pytest.raises(DatabaseError) as failed:
        await open_lanes("postgresql://nobody@127.0.0.1:1/none", DatabaseSettings())
    assert failed.value.code == "database_unreachable"


async def test_a_full_lane_waits_within_bounds_and_leaves_the_others_alone(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(reads_pool=1)) as lanes, lanes.reads.connection():
        with pytest.raises(PoolTimeout):
            await lanes.reads.getconn(timeout=0.05)
        assert await shown(lanes.control, "timezone") == "UTC"


async def test_a_broken_connection_is_replaced_before_it_is_handed_out(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(control_pool=1)) as lanes:
        async with lanes.control.connection() as connection:
            pid = connection.info.backend_pid
        async with lanes.jobs.connection() as killer:
            await killer.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        async with lanes.control.connection() as connection:
            assert connection.info.backend_pid != pid


async def test_a_pipeline_whose_start_was_cancelled_is_not_lent_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver counts a pipeline before it waits for what was sent earlier; cancelled there, it is never left."""
    wait = LaneConnection.wait

    async def cancelled_after(self: LaneConnection, gen: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
        answer = await wait(self, gen, *args, **kwargs)
        if getattr(gen, "__name__", "") == "_enter_gen":
            raise asyncio.CancelledError
        return answer

    async def cancelled_at_its_start(pool: Pool) -> None:
        async with pool.connection() as connection, connection.pipeline():
            pytest.fail("it was cancelled before")

    async with await open_lanes(database_url, DatabaseSettings(control_pool=1)) as lanes:
        with monkeypatch.context() as patched:
            patched.setattr(LaneConnection, "wait", cancelled_after)
            with pytest.raises(asyncio.CancelledError):
                await cancelled_at_its_start(lanes.control)
        async with lanes.control.connection() as connection:
            assert connection.info.pipeline_status is PipelineStatus.OFF
            async with connection.cursor() as cursor, cursor.copy("COPY (SELECT 1) TO STDOUT") as copied:
                assert [row async for row in copied.rows()] == [("1",)]


async def test_a_connection_that_answered_a_moment_ago_is_lent_untried(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await open_lanes(database_url, DatabaseSettings(control_pool=1)) as lanes:
        async with lanes.control.connection() as connection:
            assert isinstance(connection, LaneConnection)
            await connection.execute("SELECT 1")
            exchanges = connection.exchanges
        async with lanes.control.connection():
            assert connection.exchanges == exchanges
        monkeypatch.setattr("backbeat.db.pool.TRUSTED_SECONDS", 0.0)
        async with lanes.control.connection():
            assert connection.exchanges == exchanges + 1


async def test_a_connection_whose_last_question_got_no_answer_is_tried(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(control_pool=1)) as lanes:
        async with lanes.control.connection() as connection:
            assert isinstance(connection, LaneConnection)
            with pytest.raises(psycopg.errors.DivisionByZero):
                await connection.execute("SELECT 1 / 0")
            connection.answered_at = None  # as a wait that was cut off leaves it
            exchanges = connection.exchanges
        async with lanes.control.connection():
            assert connection.exchanges == exchanges + 1


async def test_the_connection_that_came_back_last_is_lent_first(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(control_pool=3)) as lanes:
        async with lanes.control.connection() as last, lanes.control.connection(), lanes.control.connection() as first:
            pass
        for _ in range(3):
            async with lanes.control.connection() as lent:
                assert lent is last
        await lanes.control._shrink_pool()  # the first look only begins to count
        async with lanes.control.connection():
            pass
        await lanes.control._shrink_pool()
        assert first.closed
        assert not last.closed


async def test_a_user_gets_the_connection_that_served_it_before(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(), {"jobs"}) as lanes:
        async with lanes.jobs.connection(user="one") as first, lanes.jobs.connection(user="other") as second:
            pass
        for _ in range(2):
            async with lanes.jobs.connection(user="other") as lent:
                assert lent is second
            async with lanes.jobs.connection(user="one") as lent:
                assert lent is first
        async with lanes.jobs.connection(user="one"), lanes.jobs.connection(user="one") as lent:
            assert lent is second
        async with lanes.jobs.connection(user="one") as lent:
            assert lent is first, "it came back first, and served the user more often"


async def test_a_session_whose_statements_answer_other_types_by_now_is_lent_no_more(database_url: str) -> None:
    asked = "SELECT number FROM changing WHERE number = %s::integer"
    async with await open_lanes(database_url, DatabaseSettings(), {"jobs"}) as lanes:
        async with lanes.jobs.connection(user="one") as connection:
            await connection.execute("CREATE TABLE changing (number integer)")
            for _ in range(5):
                await connection.execute(asked, [1])
        with psycopg.connect(database_url, autocommit=True) as migration:
            migration.execute("ALTER TABLE changing ALTER COLUMN number TYPE bigint")
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            async with lanes.jobs.connection(user="one") as connection:
                await connection.execute(asked, [1])
        async with lanes.jobs.connection(user="one") as connection:
            await connection.execute(asked, [1])


async def test_one_plan_is_kept_of_what_leases_and_schedules_ask(lanes: Lanes) -> None:
    found = {name for name, pool in lanes.pools.items() if await shown(pool, "plan_cache_mode") != "auto"}
    assert found == {"control"}
    assert await shown(lanes.control, "plan_cache_mode") == "force_generic_plan"


async def test_lanes_outlive_a_server_that_is_killed_and_started_again(data_dir: Path) -> None:
    async with server(data_dir) as running, await open_lanes(running.url, DatabaseSettings()) as lanes:
        address = running.url
        os.kill(running.pid, signal.SIGKILL)
        assert await running.start() == address
        for pool in lanes.pools.values():
            assert await shown(pool, "timezone") == "UTC"


async def test_json_travels_both_ways(lanes: Lanes) -> None:
    value = {"title": "Überraschung", "genres": ["a", None], "count": 9_007_199_254_740_993, "score": 0.25}
    async with lanes.jobs.connection() as connection:
        row = await (await connection.execute("SELECT %s::jsonb", [Jsonb(value)])).fetchone()
    assert row == (value,)


@pytest.mark.parametrize(("wanted", "prepared"), [("auto", 1), ("on", 1), ("off", 0)])
async def test_prepared_statements_can_be_switched_off(
    database_url: str, wanted: Literal["auto", "on", "off"], prepared: int
) -> None:
    async with (
        await open_lanes(database_url, DatabaseSettings(prepared_statements=wanted)) as lanes,
        lanes.jobs.connection() as connection,
    ):
        for number in range(10):
            await connection.execute("SELECT %s::int + 1", [number])
        found = await connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement ~ '[+] 1'")
        assert await found.fetchone() == (prepared,)


async def test_the_server_behind_the_lanes_is_known(lanes: Lanes) -> None:
    assert lanes.info.major >= 15
    assert lanes.info.connections_max == 100
    async with lanes.reads.connection() as connection:
        await verify(connection)
    assert not lanes.info.pooled


async def test_a_process_opens_only_the_lanes_that_it_needs(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings(), {"reads"}) as lanes:
        assert list(lanes.pools) == ["reads"]
        assert await shown(lanes.reads, "timezone") == "UTC"


async def test_of_several_hosts_the_one_that_lives_is_found(postgres: EmbeddedPostgres, database_url: str) -> None:
    parts = urlsplit(tcp_url(postgres))
    hosts = f"{parts.username}:{parts.password}@127.0.0.1:1,127.0.0.1:{parts.port}"
    url = parts._replace(netloc=hosts, path=urlsplit(database_url).path).geturl()
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        assert await shown(lanes.control, "timezone") == "UTC"
        assert await shown(lanes.control, "transaction_read_only") == "off"
