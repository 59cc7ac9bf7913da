"""Whatever happens, and whenever runs come: scores are what the rules say, a rebuild agrees, an audit finds nothing."""

from collections.abc import Sequence
from typing import Any

from depth import at_depth
from hypothesis import HealthCheck, Phase, given, settings
from psycopg import AsyncConnection

from backbeat.derived.scores.users import USER_SCORES
from backbeat.incremental.transaction import Session
from harness import settle
from harness.score_world import (
    ScoreWorld,
    histories,
)


@given(history=histories)
@settings(
    max_examples=at_depth(5, 20, 200),
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
        await USER_SCORES.rebuild(Session(twin))
        assert await followed.scores() == await followed.expected()
        assert await followed.rows(None) == await rebuilt.rows(None)
        audit = await USER_SCORES.audit(connection)
        assert audit.is_clean, audit
        assert audit.pending == 0
