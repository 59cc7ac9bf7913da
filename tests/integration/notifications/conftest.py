from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from conftest import new_database
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import Lanes
from builders.told import NewChain, ToldChain, chain_on


@pytest.fixture
async def chain(lanes: Lanes, connection: AsyncConnection[Any]) -> ToldChain:
    """A chain without a block, on an empty database."""
    return ToldChain(lanes, connection)


@pytest.fixture
def new_chain(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> NewChain:
    """Chains without a block, each on an empty database of its own, told by jobs that take so many acts at once."""

    @asynccontextmanager
    async def new(acts_max: int) -> AsyncIterator[ToldChain]:
        with new_database(postgres, admin, template) as url:
            async with chain_on(url, acts_max) as chain:
                yield chain

    return new
