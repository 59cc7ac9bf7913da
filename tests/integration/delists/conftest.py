"""A notifier, and a chain that its decisions are about."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from harness.delist_stage import Stage
from harness.notifier import ScriptedNotifier


@pytest.fixture
async def stage(connection: AsyncConnection[Any]) -> AsyncIterator[Stage]:
    async with ScriptedNotifier.open() as notifier:
        yield Stage(connection, notifier)
