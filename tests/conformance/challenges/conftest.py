from collections.abc import AsyncIterator

import pytest
from psycopg import AsyncConnection

from harness.challenge_world import ChallengeWorld, wipe_challenges


@pytest.fixture
async def challenges(module_database_url: str) -> AsyncIterator[ChallengeWorld]:
    """An empty world with the production catalogue; the tests of a module share a database."""
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        await wipe_challenges(connection)
        yield ChallengeWorld(connection)
