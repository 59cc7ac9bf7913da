"""One PostgreSQL for the whole run, one database for each test that asks for one."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from clusters import cluster_folder, server
from psycopg.sql import SQL, Identifier
from shared_dir import SHARED
from sql_files import sql_files

import backbeat.chain  # noqa: F401 - settles gRPC's fork handlers before a test file imports grpc by itself
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.pool import Lanes, open_lanes
from backbeat.settings import DatabaseSettings

RUN_DIR = "BACKBEAT_TEST_RUN_DIR"
LENT_DIR = "BACKBEAT_TEST_LENT_DIR"  # set by who keeps a server for many runs
SERVERS = {"postgres", "data_dir"}  # what a test asks for that meets a server, at first or second hand
SCRIPTS = [file.path for file in sql_files() if file.is_script]
# Named after what it is made of: a server that outlives a run (see mutants) may meet another schema.
TEMPLATE = "template_" + hashlib.sha256(b"".join(map(Path.read_bytes, SCRIPTS))).hexdigest()[:12]

# What tests do and the program never does: write past triggers, have the disk flushed.
BEYOND_AN_OWNER = "GRANT SET ON PARAMETER session_replication_role TO backbeat; GRANT pg_checkpoint TO backbeat"


# Entered by the process that pytest was called as; its workers find the folder in their environment.
RUN = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        os.environ[RUN_DIR] = os.environ.get(LENT_DIR) or str(RUN.enter_context(cluster_folder()))


@pytest.hookimpl(tryfirst=True)  # before markers are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what meets no server, and start with what takes long.

    Begun last, it would keep one process busy while the others have nothing left.
    """
    for item in items:
        if SERVERS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.version_free)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        RUN.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The run's server. Workers share it; the last one to leave stops it."""
    running = server(Path(os.environ[RUN_DIR]))
    asyncio.run(running.start())
    try:
        yield running
    finally:
        asyncio.run(running.stop())


@pytest.fixture(scope="session")
def admin(postgres: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A superuser's session, for creating and dropping databases."""
    with psycopg.connect(postgres.bootstrap_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres, admin: psycopg.Connection) -> str:
    """The name of a database with every migration applied, made by whichever worker comes first."""
    return template_on(postgres, admin)


def template_on(postgres: EmbeddedPostgres, admin: psycopg.Connection) -> str:
    """Make that database where there is none yet; return its name."""
    with admin.transaction():
        admin.execute("SELECT pg_advisory_xact_lock(1)")
        made = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone()
        if not made:
            # A database cannot be created within a transaction, so a second session does it.
            with psycopg.connect(postgres.bootstrap_url, autocommit=True) as maker:
                maker.execute(BEYOND_AN_OWNER)
                _make_template(postgres, maker)
    return TEMPLATE


def _make_template(postgres: EmbeddedPostgres, maker: psycopg.Connection) -> None:
    building = f"{TEMPLATE}_building"
    maker.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(building)))
    maker.execute(SQL("CREATE DATABASE {} OWNER backbeat").format(Identifier(building)))
    asyncio.run(migrate(_url(postgres, building), clock=SystemClock()))
    maker.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(building)))
    maker.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(building), Identifier(TEMPLATE)))


def _url(postgres: EmbeddedPostgres, database: str) -> str:
    return urlsplit(postgres.url)._replace(path=f"/{database}").geturl()


@contextmanager
def new_database(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """Yield the address of a copy of ``template`` that is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    admin.execute(
        SQL("CREATE DATABASE {} OWNER backbeat TEMPLATE {} STRATEGY file_copy").format(
            Identifier(name), Identifier(template)
        )
    )
    try:
        yield _url(postgres, name)
    finally:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(scope="module")
def module_database_url(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """Like ``database_url``, one for the tests of a module that leave nothing behind."""
    with new_database(postgres, admin, template) as url:
        yield url


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """The address of a fresh database with every migration applied."""
    with new_database(postgres, admin, template) as url:
        yield url


@pytest.fixture
async def twin(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> AsyncIterator[psycopg.AsyncConnection]:
    """An autocommit session on a second fresh database that begins as the program's do."""
    with new_database(postgres, admin, template) as url:
        async with await _session(url) as session:
            yield session


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[str]:
    """The address of a fresh database with nothing in it."""
    with new_database(postgres, admin, "template0") as url:
        yield url


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """An autocommit session on ``database_url`` that begins as the program's do."""
    async with await _session(database_url) as session:
        yield session


async def _session(url: str) -> psycopg.AsyncConnection:
    session = address.parse(url).session("test", search_path='"$user",public')  # tests need not name the schema
    return await psycopg.AsyncConnection.connect(autocommit=True, **session)


@pytest.fixture
async def lanes(database_url: str) -> AsyncIterator[Lanes]:
    """The five pools on ``database_url``."""
    async with await open_lanes(database_url, DatabaseSettings()) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The recordings and domain documents that stand beside the checkout; skips where they are absent."""
    if not SHARED.is_dir():
        pytest.skip(f"there is no {SHARED}; set BACKBEAT_SHARED_DIR to where it is")
    return SHARED
