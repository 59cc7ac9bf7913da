from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from builders.told import ToldChain


@pytest.fixture
async def chain(lanes: Lanes, connection: AsyncConnection[Any]) -> ToldChain:
    """A chain without a block, on an empty database."""
    return ToldChain(lanes, connection)
