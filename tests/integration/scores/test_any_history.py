"""Whatever happens, and whenever runs come: scores are what the rules say, a rebuild agrees, an audit finds nothing."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import AsyncConnection

from backbeat.derived.scores.users import USER_SCORES
from harness import settle
from harness.score_world import (
    ScoreWorld,
    histories,
)


@pytest.fixture
async def twin(database_url: str, admin: psycopg.Connection[Any], template: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A session on a second fresh database."""
    name = f"{database_url.rsplit('/', 1)[1].split('?', maxsplit=1)[0]}_twin"
    admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    url = database_url.replace(name.removesuffix("_twin"), name)
    try:
        async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as session:
            yield session
    finally:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@given(history=histories)
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here; histories are short anyway
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_scores_are_what_the_rules_say_after_each_step(
    history: Sequence[Any], connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    followed, rebuilt = await ScoreWorld.empty(connection), await ScoreWorld.empty(twin)
    for step in history:
        await followed.apply(step)
        await rebuilt.apply(step)
        await settle(USER_SCORES, connection)
        await USER_SCORES.rebuild(twin)
        assert await followed.scores() == await followed.expected()
        assert await followed.rows(None) == await rebuilt.rows(None)
        audit = await USER_SCORES.audit(connection)
        assert audit.is_clean, audit
        assert audit.pending == 0
