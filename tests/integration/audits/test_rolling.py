"""Going round all derived tables: within its budget, cut off at any exchange, and never over rows that pay."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.derived.audits import AUDITS
from backbeat.derived.scores.users import USER_SCORES
from backbeat.derived.verification.rolling import NAME, Verification
from backbeat.incremental.ranges import Ranged
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import FLUSH_LATER, SNAPSHOT, Session
from bench.idle_hour import counted
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.check import die, disturbed, interleave
from harness.connections import scripted
from harness.keepers import jobs_of
from harness.score_world import AllAtOnce, Challenge, Follows, Plays, Profile, ScoreWorld

pytestmark = pytest.mark.newest

PEOPLE = [*map(Profile, range(1, 5)), Follows([(1, 2), (3, 2), (2, 4)]), Challenge(2, "u", 2.0)]
PLAYS = Plays([Play(n, 1, GENESIS - timedelta(hours=n)) for n in range(3)])
CHOSEN = ("aggregates.users", "scores.karma", "scores.early_challenges", "scores.listened_hours")
SPOIL = """
    UPDATE aggregate_user SET track_save_count = 9 WHERE user_id = 3;
    UPDATE user_score_features SET challenge_count = 5 WHERE user_id = 2;
    UPDATE backbeat.karma SET weight = 5000 WHERE user_id = 2;
    DELETE FROM backbeat.listened_hours WHERE user_id = 1
"""
DRIFT = [(name, 1) for name in sorted(CHOSEN)]


class Watch:
    """A clock that moves as far as it is told to at each look."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)
        self._seconds = seconds

    def now(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at

    def monotonic(self) -> float:
        self.at += timedelta(seconds=self._seconds)
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


def audits(*names: str) -> tuple[Ranged, ...]:
    return tuple(audit for audit in AUDITS if audit.name in names)


class Going:
    """The job, as the harness runs a derivation."""

    name = NAME

    def __init__(self) -> None:
        self._job = Verification(3_600, audits(*CHOSEN), Watch())

    async def incremental(self, session: Session) -> RunReport:
        return await self._job.run(session)


class Case:
    """A world that is spoilt again and again, and must come out whole."""

    def __init__(self, world: ScoreWorld, whole: list[tuple[Any, ...]]) -> None:
        self.going = Going()
        self._world = world
        self._whole = whole

    async def spoil(self) -> None:
        await self._world.execute("SET session_replication_role = replica")
        await self._world.execute(SPOIL)
        await self._world.execute("SET session_replication_role = origin")
        for statement in ("TRUNCATE backbeat.drift", "TRUNCATE backbeat.audits", "TRUNCATE backbeat.verification"):
            await self._world.execute(statement)

    async def check(self, told: str) -> None:
        connection = self._world.connection
        await settle(self.going, connection)
        found = await self._world.all("SELECT derivation, found_rows FROM backbeat.drift ORDER BY 1")
        assert found == DRIFT, told
        await settle(USER_SCORES, connection)
        assert await self._world.rows(None) == self._whole, told


@pytest.fixture
async def case(connection: AsyncConnection[Any]) -> Case:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, PLAYS]))
    await settle(USER_SCORES, connection)
    return Case(world, await world.rows(None))


async def exchanges_of(case: Case, url: str) -> int:
    assert case.going.name in jobs_of(__name__)
    await case.spoil()
    async with await scripted(url) as session:
        assert (await case.going.incremental(Session(session))).updated > 0
        exchanges = session.exchanges
    await case.check("undisturbed")
    return exchanges


@pytest.mark.slow
async def test_death_at_any_exchange_finds_everything_once(
    case: Case, database_url: str, connection: AsyncConnection[Any]
) -> None:
    exchanges = await exchanges_of(case, database_url)
    for at in disturbed(exchanges):
        await case.spoil()
        await die(case.going, database_url, at, "lost", connection)
        await case.check(f"died at exchange {at} of {exchanges}")


@pytest.mark.slow
async def test_second_worker_at_any_exchange_finds_nothing_twice(
    case: Case, database_url: str, connection: AsyncConnection[Any]
) -> None:
    exchanges = await exchanges_of(case, database_url)
    for at in disturbed(exchanges):
        await case.spoil()
        async with await scripted(database_url) as first, await scripted(database_url) as second:
            await interleave(case.going, first, second, at, connection)
        await case.check(f"second worker before exchange {at} of {exchanges}")


async def rounds(connection: AsyncConnection[Any]) -> Sequence[str]:
    rows = await connection.execute("SELECT audit FROM backbeat.audits WHERE ended_at IS NOT NULL ORDER BY audit")
    return [row[0] for row in await rows.fetchall()]


@pytest.mark.usefixtures("case")
async def test_a_run_ends_when_its_share_is_used_up(connection: AsyncConnection[Any]) -> None:
    slow = Verification(36, audits(*CHOSEN), Watch(seconds=1.0))  # a look is a second: more than 0.6 of a minute's
    assert (await slow.run(Session(connection))).keys > 0
    assert len(await rounds(connection)) == 1
    assert (await slow.run(Session(connection))).is_quiet  # it waits a hundred times what it took
    await connection.execute("UPDATE backbeat.verification SET next_at = now()")
    await slow.run(Session(connection))
    assert len(await rounds(connection)) == 2


@pytest.mark.usefixtures("case")
async def test_without_a_budget_nothing_is_visited(connection: AsyncConnection[Any]) -> None:
    assert (await Verification(0, audits(*CHOSEN), Watch()).run(Session(connection))).is_quiet
    assert await rounds(connection) == []


@pytest.mark.usefixtures("case")
async def test_a_table_is_gone_round_once_a_day(connection: AsyncConnection[Any]) -> None:
    going = Verification(3_600, audits(*CHOSEN))
    assert (await going.run(Session(connection))).keys > 0
    await connection.execute("UPDATE backbeat.verification SET next_at = now()")
    assert (await going.run(Session(connection))).keys == 0
    await connection.execute("UPDATE backbeat.audits SET ended_at = ended_at - interval '25 hours'")
    assert (await going.run(Session(connection))).keys > 0


@pytest.mark.usefixtures("case")
async def test_a_clock_that_was_ahead_holds_no_round_up(connection: AsyncConnection[Any]) -> None:
    going, key = Verification(3_600, audits(*CHOSEN)), "UPDATE user_score_features SET challenge_count = 5"
    await going.run(Session(connection))
    await connection.execute("UPDATE backbeat.verification SET next_at = next_at + interval '1 year'")
    await connection.execute("UPDATE backbeat.audits SET ended_at = ended_at + interval '1 year'")
    await connection.execute(key)
    assert (await going.run(Session(connection))).updated > 0


@pytest.mark.usefixtures("case")
async def test_rows_that_pay_are_reported_and_stay(connection: AsyncConnection[Any]) -> None:
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("UPDATE user_challenges SET user_id = 999")
    await connection.execute("SET session_replication_role = origin")
    report = await Verification(3_600, audits("challenges.told"), Watch()).run(Session(connection))
    assert report.updated > 0
    found = await connection.execute("SELECT derivation FROM backbeat.drift")
    assert [row[0] for row in await found.fetchall()] == ["challenges.told"]
    left = await connection.execute("SELECT DISTINCT user_id FROM user_challenges")
    assert [row[0] for row in await left.fetchall()] == [999]


@pytest.mark.usefixtures("case")
async def test_what_was_visited_before_a_range_that_fails_stays_visited(connection: AsyncConnection[Any]) -> None:
    first, second = audits("aggregates.users", "scores.karma")
    broken = msgspec.structs.replace(second, query="SELECT no_such_column")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        await Verification(3_600, (first, broken), Watch()).run(Session(connection))
    assert await rounds(connection) == [first.name]


@pytest.mark.usefixtures("case")
async def test_ranges_of_a_run_share_a_snapshot_and_a_commit(connection: AsyncConnection[Any]) -> None:
    with counted() as texts:
        assert (await Verification(3_600, audits(*CHOSEN), Watch()).run(Session(connection))).keys > 0
    assert len(await rounds(connection)) == len(CHOSEN)
    assert (texts[SNAPSHOT], texts[FLUSH_LATER]) == (1, 2), "the ranges; what was found, and when to come again"
