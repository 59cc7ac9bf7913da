"""Least privilege: whom the program is on its own server, and what it needs on another's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from clusters import server, tcp_url
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.pool import open_lanes
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import catalog
from backbeat.observe.status import read_sample, read_status
from backbeat.reads.rejected import read_rejected
from backbeat.reads.replays import NUMBER_MAX, read_replays
from backbeat.settings import DatabaseSettings, JobsSettings, Settings
from builders.chain import ListSource, entity, play, plays
from builders.indexing import index, rows

USER = 3_000_001
CHAIN = [[entity(1, USER, "User/Create", USER, '{"cid":null,"data":null}')], [plays(play(str(USER), "2000001"))]]

BEYOND_AN_OWNER = """
    SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
    FROM pg_roles WHERE rolname = current_user
"""
NOT_OURS = """
    SELECT 'relation', oid::regclass::text FROM pg_class
    WHERE relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND relowner <> current_user::regrole
    UNION ALL
    SELECT 'routine', oid::regprocedure::text FROM pg_proc
    WHERE pronamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND proowner <> current_user::regrole
    UNION ALL
    SELECT 'type', oid::regtype::text FROM pg_type
    WHERE typnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND typowner <> current_user::regrole
    UNION ALL
    SELECT 'schema', nspname FROM pg_namespace WHERE nspname = 'backbeat' AND nspowner <> current_user::regrole
    UNION ALL
    SELECT 'database', datname FROM pg_database WHERE datname = current_database() AND datdba <> current_user::regrole
"""
OPEN_TO_EVERYBODY = """
    SELECT 'routine', routine.oid::regprocedure::text
    FROM pg_proc AS routine, aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) AS granted
    WHERE routine.pronamespace = 'backbeat'::regnamespace AND granted.grantee = 0
    UNION ALL
    SELECT 'type', type.oid::regtype::text
    FROM pg_type AS type, aclexplode(coalesce(type.typacl, acldefault('T', type.typowner))) AS granted
    WHERE type.typnamespace = 'backbeat'::regnamespace AND type.typcategory <> 'A' AND granted.grantee = 0
    UNION ALL
    SELECT 'relation', class.oid::regclass::text
    FROM pg_class AS class, aclexplode(class.relacl) AS granted
    WHERE class.relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace) AND granted.grantee = 0
    UNION ALL
    SELECT 'schema', nspname
    FROM pg_namespace, aclexplode(nspacl) AS granted WHERE nspname = 'backbeat' AND granted.grantee = 0
"""


async def ask(url: str, question: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        answer = await conn.execute(question.encode())
        return await answer.fetchall() if answer.description else []


@pytest.mark.version_free
async def test_the_program_is_an_ordinary_role_that_owns_its_database(data_dir: Path) -> None:
    async with server(data_dir) as running:
        await migrate(running.url, clock=SystemClock())
        assert await ask(running.url, BEYOND_AN_OWNER) == [(False,)]
        assert await ask(running.url, NOT_OURS) == []
        assert await ask(tcp_url(running), "SELECT current_user::text") == [("backbeat",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await ask(running.url, "COPY (SELECT 1) TO PROGRAM 'true'")
        bootstrap = urlsplit(tcp_url(running))
        impostor = bootstrap._replace(netloc=bootstrap.netloc.replace("backbeat:", "backbeat_bootstrap:", 1)).geturl()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await ask(impostor, "SELECT 1")


@pytest.mark.version_free
@pytest.mark.parametrize("killed", ["never", "with two superusers", "half-way renamed"])
async def test_a_cluster_whose_owner_was_the_superuser_is_handed_over_whole(data_dir: Path, killed: str) -> None:
    async with server(data_dir) as running:
        await migrate(running.url, clock=SystemClock())
        async with await open_lanes(running.url, DatabaseSettings()) as lanes:
            await index(lanes, ListSource(CHAIN))
        await _make_old(running)
        if killed != "never":
            await ask(_as(running, "backbeat", "postgres"), "CREATE ROLE backbeat_moving SUPERUSER LOGIN")
        if killed == "half-way renamed":
            await ask(_as(running, "backbeat_moving", "postgres"), "ALTER ROLE backbeat RENAME TO backbeat_bootstrap")
    for plays_there in (1, 2):
        async with server(data_dir) as running:
            assert await ask(running.url, BEYOND_AN_OWNER) == [(False,)]
            assert await ask(running.url, NOT_OURS) == []
            assert await ask(tcp_url(running), "SELECT count(*) FROM plays") == [(plays_there,)]
            assert await ask(running.url, "SELECT FROM pg_roles WHERE rolname = 'backbeat_moving'") == []
            await migrate(running.url, clock=SystemClock())
            async with await open_lanes(running.url, DatabaseSettings()) as lanes:
                await index(lanes, ListSource([*CHAIN, [plays(play(str(USER), "2000001"))]]))


@pytest.mark.version_free
@pytest.mark.parametrize("is_old", [False, True])
async def test_a_standby_keeps_the_roles_of_its_primary(data_dir: Path, *, is_old: bool) -> None:
    async with server(data_dir) as running:
        if is_old:
            await _make_old(running)
    _make_standby(data_dir)
    async with server(data_dir) as running:
        assert await ask(
            running.url, "SELECT pg_is_in_recovery(), rolsuper FROM pg_roles WHERE rolname = 'backbeat'"
        ) == [(True, is_old)]


def _make_standby(data_dir: Path) -> None:
    [files] = data_dir.glob("pg*/data")
    (files / "standby.signal").touch()


async def _make_old(running: EmbeddedPostgres) -> None:
    """Turn the cluster's roles into those of an older version: one superuser called backbeat, which owns all."""
    await ask(running.bootstrap_url, "REASSIGN OWNED BY backbeat TO backbeat_bootstrap")
    for statement in (
        "ALTER DATABASE backbeat OWNER TO backbeat_bootstrap",
        "DROP OWNED BY backbeat",
        "DROP OWNED BY backbeat_reader",
        "DROP ROLE backbeat",
        "DROP ROLE backbeat_reader",
        "CREATE ROLE backbeat_moving SUPERUSER LOGIN",
    ):
        await ask(running.bootstrap_url, statement)
    await ask(_as(running, "backbeat_moving", "postgres"), "ALTER ROLE backbeat_bootstrap RENAME TO backbeat")
    await ask(_as(running, "backbeat", "postgres"), "DROP ROLE backbeat_moving")


def _as(running: EmbeddedPostgres, role: str, database: str) -> str:
    parts = urlsplit(running.url)
    return parts._replace(netloc=f"{role}@", path=f"/{database}").geturl()


async def test_nothing_of_ours_is_open_to_everybody(connection: psycopg.AsyncConnection[Any]) -> None:
    assert await rows(connection, OPEN_TO_EVERYBODY) == []


async def test_whoever_is_not_us_can_call_nothing_of_ours(
    admin: psycopg.Connection, postgres: EmbeddedPostgres, database_url: str
) -> None:
    with stranger(admin) as name:
        url = urlsplit(database_url)._replace(netloc=f"{name}@").geturl()
        for question in (
            "SELECT backbeat.log_everything('tips')",
            "SELECT 1::backbeat.disbursement",
            "SELECT * FROM backbeat.cursor",
            "SELECT * FROM users",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await ask(url, question)
    assert postgres.pid


async def test_the_reads_lane_is_a_reader_that_can_write_nothing(database_url: str) -> None:
    async with await open_lanes(database_url, DatabaseSettings()) as lanes, lanes.reads.connection() as conn:
        assert await rows(conn, "SELECT current_user::text, session_user::text") == [("backbeat_reader", "backbeat")]
        assert await rows(conn, "SELECT count(*) FROM backbeat.profile_steps, users") == [(0,)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await conn.execute("DELETE FROM users")
        await conn.execute("SET default_transaction_read_only = off")
        for statement in ("DELETE FROM users", "TRUNCATE backbeat.cursor", "CREATE TABLE more ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await conn.execute(statement.encode())


@pytest.mark.version_free
async def test_a_reader_of_our_own_server_reads_all_that_is_shown(data_dir: Path) -> None:
    async with server(data_dir) as running:
        for _ in range(2):
            await migrate(running.url, clock=SystemClock())
            async with await open_lanes(running.url, DatabaseSettings()) as lanes, lanes.reads.connection() as conn:
                assert await rows(conn, "SELECT current_user::text") == [("backbeat_reader",)]
                status = await read_status(conn, SystemClock(), JobsSettings())
                assert status.database.size_bytes > 1_000_000
                await read_sample(conn, SystemClock())
                await read_rejected(conn)
                await read_replays(conn, before=NUMBER_MAX, limit=1)
            # as a cluster is whose tables were laid out before readers were let in
            await ask(running.bootstrap_url, "REVOKE CONNECT ON DATABASE backbeat FROM backbeat_reader")


async def test_a_reader_that_may_not_enter_the_database_is_nobody(
    foreign_url: str, admin: psycopg.Connection, postgres: EmbeddedPostgres
) -> None:
    parts = urlsplit(foreign_url)
    admin.execute(SQL("GRANT backbeat_reader TO {}").format(Identifier(str(parts.username))))
    within = urlsplit(postgres.bootstrap_url)._replace(path=parts.path).geturl()
    await migrate(foreign_url, clock=SystemClock())
    [(owns,)] = await ask(
        foreign_url, "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    )
    for enters in (owns, True):
        async with await open_lanes(foreign_url, DatabaseSettings()) as lanes, lanes.reads.connection() as conn:
            assert lanes.info.has_reader is enters
            assert (await read_status(conn, SystemClock())).database.size_bytes > 0
        await ask(within, f'GRANT CONNECT ON DATABASE "{parts.path[1:]}" TO backbeat_reader')


@contextmanager
def stranger(admin: psycopg.Connection, attributes: str = "LOGIN") -> Iterator[str]:
    """Yield the name of a role that was granted nothing; what it came to own is dropped with its database."""
    name = f"stranger_{uuid4().hex[:12]}"
    admin.execute(SQL("CREATE ROLE {} {}").format(Identifier(name), SQL(attributes)))
    try:
        yield name
    finally:
        admin.execute(SQL("DROP ROLE {}").format(Identifier(name)))


@pytest.fixture(params=["owner", "guest"])
def foreign_url(request: pytest.FixtureRequest, admin: psycopg.Connection, postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of a server that is not ours: the least role owns it, or another role does."""
    with stranger(admin) as name:
        database = f"test_{uuid4().hex}"
        owner = name if request.param == "owner" else "backbeat_bootstrap"
        admin.execute(
            SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 STRATEGY file_copy").format(
                Identifier(database), Identifier(owner)
            )
        )
        admin.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(database)))
        if request.param == "guest":
            admin.execute(
                SQL("GRANT CONNECT, CREATE ON DATABASE {} TO {}").format(Identifier(database), Identifier(name))
            )
            within = urlsplit(postgres.bootstrap_url)._replace(path=f"/{database}").geturl()
            with psycopg.connect(within, autocommit=True) as inside:
                inside.execute(SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(Identifier(name)))
        try:
            yield urlsplit(postgres.url)._replace(netloc=f"{name}@", path=f"/{database}").geturl()
        finally:
            admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(database)))


async def test_the_least_role_of_a_foreign_server_migrates_indexes_and_runs_every_job(foreign_url: str) -> None:
    await migrate(foreign_url, clock=SystemClock())
    assert await ask(foreign_url, BEYOND_AN_OWNER) == [(False,)]
    async with await open_lanes(foreign_url, DatabaseSettings()) as lanes:
        assert not lanes.info.has_reader
        await index(lanes, ListSource(CHAIN))
        async with lanes.jobs.connection() as conn:
            for job in [*catalog(Settings()), *catalog(Settings(jobs=JobsSettings(trending_mode="refresh")))]:
                await job.run(Session(conn))
                if job.audit:
                    await job.audit(conn)
        async with lanes.reads.connection() as conn:
            assert await rows(conn, "SELECT count FROM aggregate_plays") == [(1,)]
            assert (await read_status(conn, SystemClock())).indexer is not None
    assert await ask(foreign_url, OPEN_TO_EVERYBODY) == []
