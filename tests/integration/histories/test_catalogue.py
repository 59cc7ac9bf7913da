"""The catalogue as of any block: an edit holds for what comes behind the cursor that it is committed at."""

from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from builders.indexing import rows
from harness.challenge_world import ChallengeWorld, play, wipe_challenges

FIRST = 100_000_000


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> ChallengeWorld:
    await wipe_challenges(connection)
    return ChallengeWorld(connection)


async def amounts(world: ChallengeWorld, *blocks: int) -> list[str | None]:
    asked = "SELECT max(amount) FROM backbeat.rule_as_of('p', %s)"
    return [(await rows(world.connection, asked, FIRST + block))[0][0] for block in blocks]


async def test_the_seed_holds_from_the_first_block_on(connection: AsyncConnection[Any]) -> None:
    seeded = await rows(connection, "SELECT id, amount, active, step_count, starting_block FROM challenges ORDER BY id")
    asked = """
        SELECT rule.challenge_id, rule.amount, rule.active, rule.step_count, rule.starting_block
        FROM challenges AS reward CROSS JOIN LATERAL backbeat.rule_as_of(reward.id, 0) AS rule
        ORDER BY 1
    """
    assert await rows(connection, asked) == seeded


async def test_an_edit_before_the_first_block_holds_from_that_on(world: ChallengeWorld) -> None:
    await world.set("p", amount="9")
    await world.block()
    assert await amounts(world, -FIRST, 0, 1) == ["9", "9", "9"]


async def test_an_edit_holds_from_the_next_block_on(world: ChallengeWorld) -> None:
    await world.block()
    await world.set("p", amount="2")
    await world.set("p", amount="3")
    await world.block()
    await world.block()
    await world.set("p", amount="4", step_count=6)
    assert await amounts(world, 1, 2, 3, 4, 5) == ["1", "3", "3", "4", "4"]
    kept = "SELECT count(*) FROM backbeat.past_challenges WHERE challenge_id = 'p'"
    assert await rows(world.connection, kept) == [(3,)]
    await world.set("p", step_count=6)
    assert await rows(world.connection, kept) == [(3,)], "what changes nothing is no version"


async def test_an_edit_holds_for_plays_and_times_behind_the_cursor(world: ChallengeWorld) -> None:
    await world.block(play(1), play(1))
    edited_at = world.now
    await world.set("p1", amount="7")
    await world.block(play(1))
    kept = "SELECT from_play, from_time, amount FROM backbeat.past_challenges WHERE challenge_id = %s AND from_play > 0"
    assert await rows(world.connection, kept, "p1") == [(3, edited_at, "7")]


async def test_a_row_that_is_taken_away_holds_no_more(world: ChallengeWorld) -> None:
    await world.block()
    await world.connection.execute("DELETE FROM challenges WHERE id = 'p'")
    await world.block()
    assert await amounts(world, 1, 2) == ["1", None]
    await world.connection.execute(
        "INSERT INTO challenges (id, type, amount, active, step_count) VALUES ('p', 'numeric', '5', true, 7)"
    )
    assert await amounts(world, 2, 3) == [None, "5"]


async def test_what_counts_is_when_the_edit_is_committed(world: ChallengeWorld, database_url: str) -> None:
    await world.block()
    async with await psycopg.AsyncConnection.connect(database_url) as operator:
        await operator.execute("UPDATE challenges SET amount = '2' WHERE id = 'p'")
        await world.block()
        await world.block()
        await operator.commit()
    assert await amounts(world, 1, 2, 3, 4) == ["1", "1", "1", "2"]
