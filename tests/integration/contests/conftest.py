from typing import Any

import pytest
from psycopg import AsyncConnection

from harness.contest_world import ContestWorld


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> ContestWorld:
    """An empty database with one block."""
    return await ContestWorld.empty(connection)
