"""A death at any exchange, or a second worker, loses and repeats nothing; nor does anybody else's lock."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.full_pass import FULL_PASS
from backbeat.derived.scores.karma import KARMA, Karma
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.derived.scores.score import SCORE
from backbeat.derived.scores.users import USER_SCORES
from backbeat.incremental.transaction import Session
from harness import check_deaths, check_two_workers, settle
from harness.chain_writer import GENESIS, Play
from harness.check import Derived
from harness.keepers import jobs_of
from harness.score_world import AllAtOnce, Block, Challenge, Counts, Follows, Plays, Profile, ScoreWorld

PEOPLE = [Profile(user, "nobody") for user in range(1, 5)]
HOURS = [GENESIS - timedelta(hours=hour) for hour in range(3)]
HISTORY = [
    AllAtOnce([*PEOPLE, Follows([(1, 2), (1, 3), (2, 3), (3, 1)]), Counts(1, 4_000, 2), Plays([Play(1, 1, HOURS[0])])]),
    AllAtOnce(
        [
            Plays([*(Play(track, 1, at) for track, at in enumerate(HOURS)), Play(1, 2, HOURS[1])]),
            Profile(4, "Audius"),
            Follows([(4, 2), (2, 3)]),
            Counts(1, 6_100, 2),
            Challenge(2, "u", 100.0),
            Challenge(3, "p", 170.0),
            Block(1, 3),
        ]
    ),
]

PARTS = {USER_SCORES.name: [LISTENERS, EARLY_CHALLENGES, KARMA, SCORE]}
each = pytest.mark.parametrize(
    "derived", [part for job in jobs_of(__name__) for part in PARTS[job]], ids=lambda derived: derived.name
)


@pytest.mark.newest
@each
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    derived: Derived, database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_deaths(derived, HISTORY, database_url, connection, ScoreWorld) >= 6


@pytest.mark.newest
@each
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    derived: Derived, database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_two_workers(derived, HISTORY, database_url, connection, ScoreWorld) >= 6


async def test_a_locked_row_is_passed_over_and_comes_next_time(
    database_url: str, connection: AsyncConnection[Any]
) -> None:
    world = await ScoreWorld.empty(connection)
    for step in (*PEOPLE, *HISTORY):
        await world.apply(step)
    async with await AsyncConnection.connect(database_url) as block_loop:
        await block_loop.execute("UPDATE aggregate_user SET repost_count = 7 WHERE user_id = 2")
        await asyncio.wait_for(settle_but(USER_SCORES, connection), 10)
        behind = await world.scores()
        assert {user: score for user, score in behind.items() if user != 2} == {
            user: score for user, score in (await world.expected()).items() if user != 2
        }
        await block_loop.commit()
    await settle(USER_SCORES, connection)
    assert await world.scores() == await world.expected() != behind
    assert await world.all("SELECT repost_count FROM aggregate_user WHERE user_id = 2") == [(7,)]


async def settle_but(derived: Any, connection: AsyncConnection[Any]) -> None:
    """Run a few times; it never comes to rest while another session holds a row."""
    for _ in range(5):
        await derived.incremental(Session(connection))


async def test_a_run_never_waits_for_somebody_who_waits_for_it(
    database_url: str, connection: AsyncConnection[Any]
) -> None:
    """The row is new to both: the indexer wrote it and has not committed, so that no lock can be passed over."""
    world = await ScoreWorld.empty(connection)
    await world.apply(Profile(1))
    await connection.execute("DELETE FROM aggregate_user")
    async with await AsyncConnection.connect(database_url) as block_loop:
        await block_loop.execute("INSERT INTO aggregate_user (user_id) VALUES (1)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await settle(USER_SCORES, connection)
        await block_loop.commit()
    await settle(USER_SCORES, connection)
    assert await world.scores() == {1: -11}


async def test_scores_and_the_block_loop_write_the_same_rows_and_nobody_fails(
    database_url: str, connection: AsyncConnection[Any]
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce(Profile(user) for user in range(1, 41)))
    stop = asyncio.Event()

    async def follow(offset: int) -> None:
        async with await AsyncConnection.connect(database_url, autocommit=True) as session:
            mine = ScoreWorld(session)
            for turn in range(25):
                async with session.transaction():  # in both directions, as two blocks with crossed edges
                    for user in (range(1, 41), range(40, 0, -1))[turn % 2]:
                        await mine.apply(Follows([(user, 1 + (user + offset + turn) % 40)]))

    async def score() -> None:
        while not stop.is_set():
            await USER_SCORES.incremental(Session(connection))
            await asyncio.sleep(0.001)

    scoring = asyncio.create_task(score())
    await follow(3)
    stop.set()
    await scoring
    await settle(USER_SCORES, connection)
    assert await world.scores() == await world.expected()
    assert (await USER_SCORES.audit(connection)).is_clean


async def test_a_fan_out_beyond_the_limit_goes_on_in_the_next_run(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*(Profile(user) for user in range(1, 8)), Follows([(u, 7) for u in range(1, 7)])]))
    karma = Karma(fan_out_max=2)
    await settle(karma, connection)
    await world.apply(AllAtOnce(Counts(user, 1_000 + user, 1) for user in range(1, 7)))
    first = await karma.incremental(Session(connection))
    assert first.more
    assert await world.all("SELECT count(*) FROM backbeat.karma WHERE weight > 1000") == [(2,)]
    reports = await settle(karma, connection)
    assert len(reports) >= 3
    assert await world.all("SELECT follower_sum FROM backbeat.karma WHERE user_id = 7") == [(6_021,)]
    assert (await karma.audit(connection)).is_clean


async def test_followers_who_come_and_go_within_a_run_cost_nothing(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, Follows([(1, 2), (3, 1)])]))
    await settle(USER_SCORES, connection)
    await world.apply(AllAtOnce([Follows([(4, 1)]), Follows([(4, 1)])]))
    reports = await settle(USER_SCORES, connection)
    assert sum(report.rows_written for report in reports) == 0


async def test_a_pass_that_was_cut_off_goes_on_where_it_was(
    database_url: str, connection: AsyncConnection[Any]
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce(Profile(user, seconds=user) for user in range(1, 6)))
    passing = type(FULL_PASS)(users_max=2)
    assert (await passing.incremental(Session(connection))).keys == 2
    async with await AsyncConnection.connect(database_url, autocommit=True) as dead:
        await connection.execute("SELECT pg_terminate_backend(%s, 5000)", [dead.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            await passing.incremental(Session(dead))
    assert [(await passing.incremental(Session(connection))).keys for _ in range(2)] == [2, 1]
    assert await world.scores() == dict.fromkeys(range(1, 6), -11)
