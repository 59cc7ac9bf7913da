"""Databases of another indexer, which hold what the first blocks of a history made."""

from collections.abc import AsyncIterator

import psycopg
import pytest
from conftest import new_database
from foreign_database import make_foreign
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


@pytest.fixture
async def foreign_url(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> AsyncIterator[str]:
    """The address of a database that another indexer has written up to :data:`HANDED_OVER`."""
    with new_database(postgres, admin, template) as url:
        await index_up_to(url, HANDED_OVER)
        make_foreign(url)
        yield url


@pytest.fixture
async def foreign(foreign_url: str) -> AsyncIterator[AsyncConnection]:
    """A session on it as the verb has it."""
    async with await address.connect(address.parse(foreign_url), "backbeat/adopt", statement_timeout=0) as session:
        yield session
