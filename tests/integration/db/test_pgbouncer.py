"""Sessions behind a real PgBouncer in transaction mode."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from clusters import cluster_folder, tcp_url
from pgbouncer import POOL_SIZE, pgbouncer
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.pool import Lanes, Pool, open_lanes
from backbeat.settings import DatabaseSettings
from builders.terminal import backbeat

# refused: it does not know what to do with them; dropped: told to ignore them
OPTIONS = {"refused": "", "dropped": "ignore_startup_parameters = options"}
ASKED = "SELECT current_setting(%s)"


@pytest.fixture
def folder() -> Iterator[Path]:
    with cluster_folder() as made:
        yield made


def over_tcp(postgres: EmbeddedPostgres, url: str) -> str:
    return urlsplit(tcp_url(postgres))._replace(path=urlsplit(url).path).geturl()


@pytest.fixture(params=OPTIONS)
def pooled_url(
    request: pytest.FixtureRequest, folder: Path, postgres: EmbeddedPostgres, database_url: str
) -> Iterator[str]:
    name = urlsplit(database_url).path.removeprefix("/")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(SQL("ALTER DATABASE {} SET timezone = 'Asia/Tokyo'").format(Identifier(name)))
    with pgbouncer(folder, over_tcp(postgres, database_url), more=OPTIONS[request.param]) as url:
        yield url


async def shown(pool: Pool, name: str) -> tuple[str, str]:
    """Return a setting within a transaction and outside of any."""
    async with pool.connection() as conn:
        async with conn.transaction():
            inside = await (await conn.execute(ASKED, [name])).fetchone()
        outside = await (await conn.execute(ASKED, [name])).fetchone()
    assert inside is not None
    assert outside is not None
    return inside[0], outside[0]


async def test_sessions_are_in_utc_and_transactions_keep_the_limits_of_their_lane(pooled_url: str) -> None:
    async with await open_lanes(pooled_url, DatabaseSettings()) as lanes:
        assert lanes.info.pooled
        for pool in lanes.pools.values():
            assert await shown(pool, "timezone") == ("UTC", "UTC")
            assert (await shown(pool, "lock_timeout"))[0] == "15s"
        limits = {name: (await shown(pool, "statement_timeout"))[0] for name, pool in lanes.pools.items()}
        assert limits == {"indexing": "0", "control": "10s", "jobs": "5min", "status": "30s", "reads": "30s"}


async def test_more_connections_than_sessions_take_turns(pooled_url: str) -> None:
    async def work(lanes: Lanes) -> int:
        async with lanes.jobs.connection() as conn, conn.transaction(), conn.pipeline():
            # often enough to be prepared, where that is allowed
            asked = [await conn.execute("SELECT count(*) FROM users WHERE user_id = %s", [1]) for _ in range(10)]
            row = await asked[-1].fetchone()
            return row[0] if row else -1

    async with await open_lanes(pooled_url, DatabaseSettings()) as lanes:
        assert await asyncio.gather(*(work(lanes) for _ in range(3 * POOL_SIZE))) == [0] * 3 * POOL_SIZE


async def test_migrations_make_their_tables_where_they_belong(
    folder: Path, postgres: EmbeddedPostgres, empty_database_url: str
) -> None:
    """The role is called backbeat as a schema is, which its search_path would prefer."""
    with pgbouncer(folder, over_tcp(postgres, empty_database_url)) as url:
        await migrate(url, clock=SystemClock())
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('public.users') IS NOT NULL").fetchone() == (True,)
        both = """
            SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v')
            AND relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
            GROUP BY relname HAVING count(*) > 1
        """
        assert conn.execute(both).fetchall() == []


def test_doctor_tells_of_the_pooler(pooled_url: str, tmp_path: Path) -> None:
    told = backbeat("doctor", "--database", pooled_url, "--data-dir", str(tmp_path), "--json").json["checks"]
    pooler = next(check for check in told if check["name"] == "pooler")
    assert pooler["ok"]
    assert "not prepared" in pooler["detail"]
    prepared = {"BACKBEAT_DATABASE_PREPARED_STATEMENTS": "on"}
    answer = backbeat("doctor", "--database", pooled_url, "--data-dir", str(tmp_path), env=prepared)
    assert "FAIL pooler" in answer.out
    assert answer.status == 1
