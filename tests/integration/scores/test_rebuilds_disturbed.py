"""A rebuild is done when asked for, whatever a worker does to the same positions meanwhile."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from integration.scores.test_first_runs import by_ranges
from psycopg import AsyncConnection

from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.karma import KARMA
from backbeat.derived.scores.users import Chain
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.check import interleave
from harness.connections import scripted
from harness.score_world import AllAtOnce, Challenge, Follows, Plays, Profile, ScoreWorld

pytestmark = pytest.mark.newest

PEOPLE = [*map(Profile, range(1, 8)), Follows([(1, 2), (3, 2), (2, 4)]), Challenge(2, "u", 2.0)]
PLAYS = Plays([Play(n, 1 + n % 7, GENESIS - timedelta(hours=n)) for n in range(14)])
TRIES_MAX = 10
SPOIL = """
    UPDATE user_distinct_play_tracks SET track_count = 9;
    UPDATE user_score_features SET challenge_count = 5;
    UPDATE backbeat.karma SET follower_sum = 50;
    UPDATE aggregate_user SET score = 77
"""


class Asked(NamedTuple):
    """A derivation that an operator's session rebuilds, until it says that it is done, and a worker's runs."""

    derived: Any
    operator: AsyncConnection[Any]

    @property
    def name(self) -> str:
        return str(self.derived.name)

    async def incremental(self, session: Session) -> RunReport:
        run = self.derived.rebuild if session.connection is self.operator else self.derived.incremental
        for _ in range(TRIES_MAX):
            report: RunReport = await run(session)
            if session.connection is not self.operator or not report.more:
                return report
        raise AssertionError("the rebuild never comes to its end")


LISTENERS, SCORE = by_ranges(8)
ALL = Chain("scores.users", (LISTENERS, EARLY_CHALLENGES, KARMA, SCORE))


@pytest.mark.parametrize("derived", [LISTENERS, KARMA, SCORE, ALL], ids=lambda derived: derived.name)
async def test_a_run_before_any_exchange_of_a_rebuild_leaves_nothing_as_it_was(
    derived: Any, database_url: str, connection: AsyncConnection[Any]
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, PLAYS]))
    await settle(ALL, connection)
    parts = getattr(derived, "parts", [derived])
    at, exchanges = 2, 2
    while at <= exchanges:
        await world.execute("SET session_replication_role = replica")  # no trigger sees it
        for statement in SPOIL.split(";"):
            await world.execute(statement)
        await world.execute("SET session_replication_role = origin")
        await world.apply(AllAtOnce([Plays([Play(100 + at, 1)]), Profile(2, f"n{at}"), Follows([(5, 6)])]))
        async with await scripted(database_url) as first, await scripted(database_url) as second:
            await interleave(Asked(derived, first), first, second, at, connection)
            exchanges = first.exchanges
        for part in parts:
            await settle(part, connection)
            audit = await part.audit(connection)
            assert (audit.is_clean, audit.pending) == (True, 0), f"a run before exchange {at} of {exchanges}"
        at += len(parts)
