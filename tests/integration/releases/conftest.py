from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db import address
from backbeat.db.pool import Lanes
from builders.told import ToldChain
from harness.challenge_world import ChallengeWorld


@pytest.fixture
async def chain(lanes: Lanes, connection: AsyncConnection[Any]) -> ToldChain:
    """A chain without a block, on an empty database."""
    return ToldChain(lanes, connection)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[ChallengeWorld]:
    """An empty world, in a session as the program's."""
    async with await address.connect(address.parse(database_url), "test") as session:
        yield ChallengeWorld(session)
