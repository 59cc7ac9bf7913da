"""The same blocks give the same rows of rewards, however jobs take them up: all columns are compared."""

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from depth import at_depth
from psycopg import AsyncConnection

from harness.same_rows import EVERY_BLOCK, JUDGED_AS_OF_THE_BLOCK, PACES, ChangingLife, taken_up

pytestmark = pytest.mark.slow

SEEDS = at_depth(1, 2, 8)
STEPS = 16


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_the_pace_of_jobs_does_not_show(session: AsyncConnection[Any], seed: int) -> None:
    steps = ChangingLife(random.Random(seed), JUDGED_AS_OF_THE_BLOCK).history(STEPS)
    expected = await taken_up(session, steps, JUDGED_AS_OF_THE_BLOCK, EVERY_BLOCK)
    assert len({row[0] for row in expected}) >= len(JUDGED_AS_OF_THE_BLOCK) - 2
    for pace in PACES:
        assert await taken_up(session, steps, JUDGED_AS_OF_THE_BLOCK, pace) == expected, pace
