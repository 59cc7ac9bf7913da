"""Whatever a role, a database or the environment say of sessions, blocks and derivations come out the same."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from chaos.content import LEFT_OUT, Content, content
from clusters import cluster_folder, tcp_url
from conftest import new_database
from pgbouncer import pgbouncer
from psycopg.sql import SQL, Identifier, Literal
from sql_files import SOURCE

from backbeat.chain.networks import DEV
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.clock import SystemClock
from backbeat.db import address, migrate, pinned
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import Lanes, open_lanes
from backbeat.errors import ConfigError
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import catalog
from backbeat.settings import DatabaseSettings, Settings
from builders.chain import ListSource
from builders.indexing import index, rows

BLOCKS = 30
GENESIS_SECONDS = 1_780_000_000
ROUNDS_MAX = 12
NEWEST = 180_000

CHOSEN = {
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "sql_standard",
    "TimeZone": "Asia/Kathmandu",
    "timezone_abbreviations": "India",
    "client_encoding": "LATIN1",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "backslash_quote": "off",
    "xmloption": "document",
    "default_text_search_config": "pg_catalog.english",
    "gin_fuzzy_search_limit": "1",
    "stats_fetch_consistency": "none",
    "default_transaction_isolation": "serializable",
    "statement_timeout": "2ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
    "idle_session_timeout": "1ms",
    "transaction_timeout": "1s",
    "restrict_nonsystem_relation_kind": "view",
    "jit_above_cost": "0",
    "plan_cache_mode": "force_generic_plan",
    "force_parallel_mode": "regress",
    "debug_parallel_query": "regress",
    "geqo_threshold": "2",
    "join_collapse_limit": "1",
    "from_collapse_limit": "1",
    "constraint_exclusion": "on",
    "search_path": "evil",
    "work_mem": "64kB",
    "random_page_cost": "1000",
    "synchronous_commit": "off",
    "lc_time": "C.utf8",
    "lc_numeric": "C.utf8",
    "lc_monetary": "C.utf8",
}
"""And every switch that a user may throw is thrown."""
AS_OF_NOW = {
    "track_trending_scores": {"score", "magnitude", "created_at"},
    "playlist_trending_scores": {"score", "magnitude", "created_at"},
    "trending_leaders": {"id", "rank", "previous_rank", "since"},
}
SWITCHES = """
    SELECT name, CASE setting WHEN 'on' THEN 'off' ELSE 'on' END FROM pg_settings
    WHERE context = 'user' AND vartype = 'bool' AND name NOT LIKE 'transaction\\_%'
"""
KNOWN = "SELECT lower(name) FROM pg_settings"


POOLED = {
    # between transactions a session is the pooler's, and a transaction begins before it can say what it wants
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "400ms",
    "statement_timeout": "400ms",
}


def make_hostile(admin: psycopg.Connection, url: str, **milder: str) -> dict[str, str]:
    """Turn the database's defaults against us; return what they are now."""
    with psycopg.connect(url, autocommit=True) as inside:
        inside.execute("CREATE SCHEMA evil")
    known = {name for (name,) in admin.execute(KNOWN).fetchall()}
    chosen = {name: value for name, value in CHOSEN.items() if name.lower() in known}
    hostile = {**dict(admin.execute(SWITCHES.encode()).fetchall()), **chosen, **milder}
    for name, value in hostile.items():
        statement = SQL("ALTER DATABASE {} SET {} = {}")
        admin.execute(statement.format(Identifier(name_of(url)), Identifier(name), Literal(value)))
    return hostile


def name_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def chain() -> ListSource:
    maker = BlockMaker(7, 20.0, 1.0, DEV)
    made = [maker.block(height, (GENESIS_SECONDS + height) * 1_000_000) for height in range(1, BLOCKS + 1)]
    source = ListSource([], chain_id=made[0].chain_id)
    source.chain = made
    return source


async def live(lanes: Lanes) -> None:
    """Index the chain in small batches, with every job in between and until all are quiet."""
    source = chain()
    whole = source.chain
    for upto in (BLOCKS // 2, BLOCKS):
        source.chain = whole[:upto]
        await index(lanes, source, batch_blocks_max=4)
        async with lanes.jobs.connection() as conn:
            for _ in range(ROUNDS_MAX):
                reports = [await job.run(Session(conn)) for job in catalog(Settings())]
                if all(report.is_quiet for report in reports):
                    break


def held(url: str) -> Content:
    """Return what the database holds, but for what follows the time of day; audits compare that."""
    with pytest.MonkeyPatch.context() as patch:
        for table, columns in AS_OF_NOW.items():
            patch.setitem(LEFT_OUT, table, columns)
        return content(url)


async def audited(url: str) -> set[str]:
    """Return the jobs whose table is not what a calm session computes."""
    async with await open_lanes(url, DatabaseSettings()) as lanes, lanes.jobs.connection() as conn:
        audits = [await job.audit(conn) for job in catalog(Settings()) if job.audit]
    return {audit.name for audit in audits if not audit.is_clean}


@pytest.fixture(scope="module")
def expected(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Content:
    async def undisturbed(url: str) -> None:
        async with await open_lanes(url, DatabaseSettings()) as lanes:
            await live(lanes)

    with new_database(postgres, admin, template) as url:
        asyncio.run(undisturbed(url))
        found = held(url)
    assert found["public.plays"][0] > 100
    assert found["public.user_challenges"][0] > 10
    return found


@asynccontextmanager
async def calm_afterwards(admin: psycopg.Connection, url: str) -> AsyncIterator[None]:
    yield
    admin.execute(SQL("ALTER DATABASE {} RESET ALL").format(Identifier(name_of(url))))


@pytest.mark.slow
async def test_hostile_defaults_of_the_database_change_no_row(
    admin: psycopg.Connection, empty_database_url: str, expected: Content
) -> None:
    async with calm_afterwards(admin, empty_database_url):
        hostile = make_hostile(admin, empty_database_url)
        await migrate.migrate(empty_database_url, clock=SystemClock())
        async with await open_lanes(empty_database_url, DatabaseSettings()) as lanes:
            await live(lanes)
            async with lanes.indexing.connection() as conn:
                found = dict(await rows(conn, "SELECT name, setting FROM pg_settings"))
    assert held(empty_database_url) == expected
    assert await audited(empty_database_url) == set()
    wanted = {**pinned.VALUES, **pinned.afterwards(NEWEST), "search_path": "public"}
    turned = {name for name, value in hostile.items() if wanted.get(name, value) != value}
    assert len(turned) > 40
    assert {name for name in turned if found[name] == hostile[name]} == set()


@pytest.mark.slow
async def test_hostile_defaults_behind_a_pooler_that_drops_options_change_no_row(
    admin: psycopg.Connection, postgres: EmbeddedPostgres, empty_database_url: str, expected: Content
) -> None:
    direct = urlsplit(tcp_url(postgres))._replace(path=urlsplit(empty_database_url).path).geturl()
    with cluster_folder() as folder, pgbouncer(folder, direct, more="ignore_startup_parameters = options") as url:
        async with calm_afterwards(admin, empty_database_url):
            make_hostile(admin, empty_database_url, **POOLED)
            await migrate.migrate(url, clock=SystemClock())
            async with await open_lanes(url, DatabaseSettings()) as lanes:
                assert lanes.info.pooled
                await live(lanes)
    assert held(empty_database_url) == expected
    assert await audited(empty_database_url) == set()


async def test_hostile_defaults_of_the_role_and_in_the_address_are_overruled_too(
    admin: psycopg.Connection, database_url: str
) -> None:
    async with calm_afterwards(admin, database_url):
        owner = SQL("ALTER ROLE backbeat IN DATABASE {} SET DateStyle = 'SQL, DMY'").format(
            Identifier(name_of(database_url))
        )
        admin.execute(owner)
        asked = f"{database_url}&options=-c%20bytea_output%3Descape%20-c%20jit%3Don&client_encoding=LATIN1"
        async with await open_lanes(asked, DatabaseSettings()) as lanes, lanes.jobs.connection() as conn:
            shown = {name: (await rows(conn, f"SHOW {name}"))[0][0] for name in ("DateStyle", "bytea_output", "jit")}
            assert shown == {"DateStyle": "ISO, MDY", "bytea_output": "hex", "jit": "off"}
            assert await rows(conn, "SHOW client_encoding") == [("UTF8",)]


ENVIRONMENT = {
    "PGOPTIONS": "-c jit=on -c DateStyle=German",
    "PGDATESTYLE": "SQL, DMY",
    "PGTZ": "Asia/Kathmandu",
    "PGGEQO": "off",
    "PGCLIENTENCODING": "LATIN1",
    "PGAPPNAME": "somebody",
}
ASKED = ("DateStyle", "TimeZone", "geqo", "client_encoding", "jit")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("environment")
async def test_the_environment_is_overruled_in_every_kind_of_session(database_url: str) -> None:
    ours = ["ISO, MDY", "UTC", "on", "UTF8", "off"]
    async with await address.connect(address.parse(database_url), "backbeat/cli") as conn:
        assert [(await rows(conn, f"SHOW {name}"))[0][0] for name in ASKED] == ours
    async with await open_lanes(database_url, DatabaseSettings()) as lanes:
        for name, pool in lanes.pools.items():
            async with pool.connection() as conn:
                assert [(await rows(conn, f"SHOW {each}"))[0][0] for each in ASKED] == ours
                assert await rows(conn, "SHOW application_name") == [(f"backbeat/{name}",)]


@pytest.mark.version_free
def test_the_embedded_server_is_found_whatever_the_environment_points_to(data_dir: Path) -> None:
    elsewhere = {
        "PGHOST": "nowhere.invalid",
        "PGHOSTADDR": "127.0.0.2",
        "PGPORT": "1",
        "PGUSER": "nobody",
        "PGDATABASE": "none",
        "PGSERVICE": "no_such_service",
        "PGSSLMODE": "verify-full",
        "PGREQUIREAUTH": "scram-sha-256",
        "PGTARGETSESSIONATTRS": "standby",
        "PGREQUIREPEER": "nobody-at-all",
    }
    data_dir.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "backbeat", "migrate", "--data-dir", data_dir],
        env={**os.environ, **ENVIRONMENT, **elsewhere, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "0001_chain_and_users" in done.stdout


@pytest.fixture(params=["SQL_ASCII", "LATIN1"])
def encoded_url(request: pytest.FixtureRequest, admin: psycopg.Connection, postgres: EmbeddedPostgres) -> Iterator[str]:
    name = f"test_{request.param.lower()}"
    statement = SQL("CREATE DATABASE {} OWNER backbeat TEMPLATE template0 ENCODING {} LOCALE 'C'")
    admin.execute(statement.format(Identifier(name), Literal(request.param)))
    try:
        yield urlsplit(postgres.url)._replace(path=f"/{name}").geturl()
    finally:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def test_a_database_in_another_encoding_is_refused_before_anything_is_written(encoded_url: str) -> None:
    for start in (migrate.migrate(encoded_url, clock=SystemClock()), open_lanes(encoded_url, DatabaseSettings())):
        with pytest.raises(ConfigError) as refused:
            await start
        assert refused.value.code == "database_encoding_unsupported"
        assert "ENCODING 'UTF8'" in refused.value.cure
    assert written(encoded_url) == []


async def test_a_database_whose_sessions_pass_by_triggers_is_refused_before_anything_is_written(
    admin: psycopg.Connection, empty_database_url: str
) -> None:
    statement = SQL("ALTER DATABASE {} SET session_replication_role = replica")
    admin.execute(statement.format(Identifier(name_of(empty_database_url))))
    for start in (
        migrate.migrate(empty_database_url, clock=SystemClock()),
        open_lanes(empty_database_url, DatabaseSettings()),
    ):
        with pytest.raises(ConfigError) as refused:
            await start
        assert refused.value.code == "triggers_disabled"
    assert written(empty_database_url) == []


def written(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname = 'backbeat' "
            "UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchall()
