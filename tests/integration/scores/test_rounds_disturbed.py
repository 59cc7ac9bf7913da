"""Verification and recounting, cut off at any exchange or by a second worker: what is wrong is found once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from psycopg import AsyncConnection

from backbeat.derived.aggregates.reconcile import ABSENT, SUBJECTS, Reconcile
from backbeat.derived.scores.users import USER_SCORES
from backbeat.derived.scores.verify import ROUND, Verification
from backbeat.incremental.report import RunReport
from backbeat.incremental.rolling import Rolling
from backbeat.incremental.transaction import Session
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.check import die, disturbed, interleave
from harness.connections import scripted
from harness.keepers import jobs_of
from harness.score_world import AllAtOnce, Challenge, Follows, Plays, Profile, ScoreWorld

pytestmark = pytest.mark.newest

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = [*map(Profile, range(1, 5)), Follows([(1, 2), (3, 2), (2, 4)]), Challenge(2, "u", 2.0)]
PLAYS = Plays([Play(n, 1, GENESIS - timedelta(hours=n)) for n in range(3)])
FIND_ROUNDS_BEGUN = """
    TRUNCATE backbeat.drift;
    DELETE FROM backbeat.rounds WHERE name = ANY (%(names)s::text[]);
    INSERT INTO backbeat.rounds (name, started_at) SELECT name, %(began)s FROM unnest(%(names)s::text[]) AS name
"""


async def a_day_later(_connection: AsyncConnection[Any]) -> datetime:
    return BEGAN + timedelta(days=1)


def late(rolling: Rolling) -> Rolling:
    """Return the round with all of its keys due."""
    return Rolling(rolling.name, rolling.table, rolling.column, rolling.seconds, rolling.keys_max, a_day_later)


class Round(NamedTuple):
    """A job that goes round, what it looks at, and what is spoilt for it to find."""

    name: str
    job: Any
    rounds: Sequence[str]
    spoil: str
    drift: Sequence[tuple[str, int]]

    async def incremental(self, session: Session) -> RunReport:
        """Run as the harness runs a derivation."""
        report: RunReport = await self.job.run(session)
        return report


VERIFY = Round(
    "scores.verify",
    Verification(late(ROUND)),
    [ROUND.name],
    """
    DELETE FROM backbeat.listened_hours WHERE user_id = 1;
    UPDATE user_score_features SET challenge_count = 5 WHERE user_id = 2;
    UPDATE backbeat.karma SET weight = 5000 WHERE user_id = 2;
    UPDATE aggregate_user SET score = score + 1 WHERE user_id = 3
    """,
    [("scores.early_challenges", 1), ("scores.karma", 1), ("scores.listeners", 1), ("scores.score", 2)],
)
RECONCILE = Round(
    "aggregates.reconcile",
    Reconcile(
        [one._replace(rolling=late(one.rolling)) for one in SUBJECTS],
        [one._replace(rolling=late(one.rolling)) for one in ABSENT],
    ),
    [one.rolling.name for one in (*SUBJECTS, *ABSENT)],
    """
    UPDATE aggregate_user SET follower_count = follower_count + 7, track_count = 9 WHERE user_id IN (2, 3);
    DELETE FROM aggregate_user WHERE user_id = 4
    """,
    [("aggregates.users", 3)],
)
ROUNDS = {VERIFY.name: VERIFY, RECONCILE.name: RECONCILE}
each = pytest.mark.parametrize("going", [ROUNDS[job] for job in jobs_of(__name__)], ids=lambda going: going.name)


class Case:
    """A world that is spoilt again and again, and must come out whole."""

    def __init__(self, going: Round, world: ScoreWorld, whole: list[tuple[Any, ...]]) -> None:
        self.going = going
        self._world = world
        self._whole = whole

    async def spoil(self) -> None:
        """Spoil it unseen by any trigger; all keys are due."""
        await self._world.execute("SET session_replication_role = replica")
        await self._world.execute(self.going.spoil)
        await self._world.execute("SET session_replication_role = origin")
        async with self._world.connection.transaction():
            for statement in FIND_ROUNDS_BEGUN.split(";"):
                values = {"names": list(self.going.rounds), "began": BEGAN} if "%" in statement else None
                await self._world.connection.execute(statement.encode(), values)

    async def check(self, told: str) -> None:
        """Run to the end; every wrong thing is right again, and was counted once."""
        connection = self._world.connection
        await settle(self.going, connection)
        assert await self._world.all("SELECT derivation, found_rows FROM backbeat.drift ORDER BY 1") == [
            *self.going.drift
        ], told
        await settle(USER_SCORES, connection)
        assert await self._world.rows(None) == self._whole, told


@pytest.fixture
async def case(going: Round, connection: AsyncConnection[Any]) -> Case:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, PLAYS]))
    await settle(USER_SCORES, connection)
    return Case(going, world, await world.rows(None))


async def exchanges_of(case: Case, url: str) -> int:
    await case.spoil()
    async with await scripted(url) as session:
        assert (await case.going.incremental(Session(session))).updated > 0
        exchanges = session.exchanges
    await case.check("undisturbed")
    return exchanges


@pytest.mark.slow
@each
async def test_death_at_any_exchange_finds_everything_once(
    case: Case, database_url: str, connection: AsyncConnection[Any]
) -> None:
    exchanges = await exchanges_of(case, database_url)
    for at in disturbed(exchanges):
        await case.spoil()
        await die(case.going, database_url, at, "lost", connection)  # the server has done it: the most that can be left
        await case.check(f"died at exchange {at} of {exchanges}")


@pytest.mark.slow
@each
async def test_second_worker_at_any_exchange_finds_nothing_twice(
    case: Case, database_url: str, connection: AsyncConnection[Any]
) -> None:
    exchanges = await exchanges_of(case, database_url)
    for at in disturbed(exchanges):
        await case.spoil()
        async with await scripted(database_url) as first, await scripted(database_url) as second:
            await interleave(case.going, first, second, at, connection)
        await case.check(f"second worker before exchange {at} of {exchanges}")
