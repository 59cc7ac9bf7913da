"""Databases of another indexer, which hold what the first blocks of a history made."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from conftest import new_database
from foreign_database import make_foreign
from integration.adopt.beside import adopted_for_jobs
from integration.index.test_splits import history
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource
from builders.indexing import index
from builders.waiting import eventually

Blocks = list[list[core_pb2.SignedTransaction]]

BLOCKS: Blocks = history(1)
SESSIONS = """
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'backbeat/%' AND application_name <> 'backbeat/adopt'
"""
HANDED_OVER = len(BLOCKS) - 30
"""The height at which Backbeat takes over."""


async def index_up_to(url: str, height: int) -> None:
    """Have the block loop go on to a height of the history, and be gone."""
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        await index(lanes, ListSource(BLOCKS[:height]), batch_blocks_max=7)
    async with await AsyncConnection.connect(url, autocommit=True) as observer:

        async def are_gone() -> bool:
            return (await observer.execute(SESSIONS)).rowcount == 0

        assert await eventually(are_gone)  # the server ends a session some time after it was told goodbye


@pytest.fixture(scope="session")
def foreign_template(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """The name of a database that another indexer has written up to :data:`HANDED_OVER`, to be copied."""
    with new_database(postgres, admin, template) as url:
        asyncio.run(index_up_to(url, HANDED_OVER))
        make_foreign(url)
        yield name_of(url)


@pytest.fixture(scope="session")
def beside_template(postgres: EmbeddedPostgres, admin: psycopg.Connection, foreign_template: str) -> Iterator[str]:
    """The name of such a database that was adopted for jobs alone."""
    with new_database(postgres, admin, foreign_template) as url:
        asyncio.run(adopt_for_jobs(url))
        yield name_of(url)


@pytest.fixture(scope="session")
def followed_template(postgres: EmbeddedPostgres, admin: psycopg.Connection, foreign_template: str) -> Iterator[str]:
    """The name of one whose jobs follow to the newest block, which may not be whole."""
    with new_database(postgres, admin, foreign_template) as url:
        asyncio.run(adopt_for_jobs(url, blocks_behind=0))
        yield name_of(url)


@pytest.fixture
def foreign_url(postgres: EmbeddedPostgres, admin: psycopg.Connection, foreign_template: str) -> Iterator[str]:
    """The address of a database that another indexer has written up to :data:`HANDED_OVER`."""
    with new_database(postgres, admin, foreign_template) as url:
        yield url


@pytest.fixture
async def foreign(foreign_url: str) -> AsyncIterator[AsyncConnection]:
    """A session on it as the verb has it."""
    async with await as_the_verb(foreign_url) as session:
        yield session


@pytest.fixture
def beside_url(postgres: EmbeddedPostgres, admin: psycopg.Connection, beside_template: str) -> Iterator[str]:
    """The address of a database beside whose indexer jobs run."""
    with new_database(postgres, admin, beside_template) as url:
        yield url


@pytest.fixture
async def beside(beside_url: str) -> AsyncIterator[AsyncConnection]:
    """A session on it as the verb has it."""
    async with await as_the_verb(beside_url) as session:
        yield session


@pytest.fixture
def followed_url(postgres: EmbeddedPostgres, admin: psycopg.Connection, followed_template: str) -> Iterator[str]:
    """The address of one whose jobs follow to the newest block."""
    with new_database(postgres, admin, followed_template) as url:
        yield url


@pytest.fixture
async def followed(followed_url: str) -> AsyncIterator[AsyncConnection]:
    """A session on it as the verb has it."""
    async with await as_the_verb(followed_url) as session:
        yield session


async def adopt_for_jobs(url: str, **chosen: Any) -> None:
    """Adopt a database for jobs alone."""
    async with await as_the_verb(url) as session:
        await adopted_for_jobs(session, **chosen)


async def as_the_verb(url: str) -> AsyncConnection[Any]:
    """Open a session as `backbeat adopt` has it."""
    return await address.connect(address.parse(url), "backbeat/adopt", statement_timeout=0)


def name_of(url: str) -> str:
    """Return the name of the database of an address."""
    return urlsplit(url).path.removeprefix("/")
