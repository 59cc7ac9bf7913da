"""The program's rewards are those that follow from the rules, however blocks were batched and whenever jobs ran.

What follows is told a second time in ``naive_rewards``, from the network's rules alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
import pytest
from conftest import new_database
from depth import DEPTH, at_depth
from naive_rewards import written
from naive_rewards.comparing import differences, told
from naive_rewards.replaying import Pace, replay, write
from naive_rewards.rewards import IDS, Rewards, rewards, with_weeks
from naive_rewards.scenes import BEHIND, SCENES
from naive_rewards.scenes_of_weeks import CAUGHT_UP, SCENES_OF_WEEKS
from naive_rewards.stories import Step, Story
from psycopg import AsyncConnection

from backbeat.db.embedded import EmbeddedPostgres

EVERY_BLOCK = Pace(1, 1)
AT_THE_END = Pace(25, None)
PACES = (AT_THE_END, Pace(400, 40), Pace(1, 7, rows_max=3), Pace(7, None, rows_max=1))
EVERY_SECOND_BLOCK = Pace(1, 2)
BY_THE_LISTS_OF_THEN = "t"  # which ten tracks lead is noted by the job that looks, so it has to look at every block
EVERY_SCENE = SCENES | SCENES_OF_WEEKS
JUDGED_AT_EVERY_SECOND = BEHIND | {"a week that nobody looked at": CAUGHT_UP}
BLOCKS = at_depth(60, 100, 200)
SEEDS = range(at_depth(1, 2, 28))
TOLD_MAX = 20

pytestmark = [pytest.mark.newest, pytest.mark.slow]


class Expected(NamedTuple):
    """What follows from a history."""

    chain: written.Written
    rewards: Rewards


async def naive(url: str, steps: Sequence[Step]) -> Expected:
    async with await _session(url) as connection:
        await written.keep(connection)
        await write(url, steps, connection)
        chain = await written.read(connection)
        return Expected(chain, rewards(chain))


async def found(url: str, steps: Sequence[Step], pace: Pace, expected: Expected) -> list[str]:
    async with await _session(url) as connection:
        looks = await replay(url, connection, steps, pace)
        ids = IDS if pace == EVERY_BLOCK else [one for one in IDS if one != BY_THE_LISTS_OF_THEN]
        whole = with_weeks(expected.rewards, expected.chain, looks)
        return (await differences(connection, whole, ids))[:TOLD_MAX]


async def _session(url: str) -> AsyncConnection[Any]:
    return await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC")


@pytest.mark.parametrize("seed", SEEDS)
async def test_rewards_are_those_of_the_rules(
    seed: int, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    steps = list(Story(seed).steps(BLOCKS))
    with new_database(postgres, admin, template) as url:
        expected = await naive(url, steps)
    for pace in (EVERY_BLOCK, *PACES) if DEPTH == "long" else (PACES[seed % len(PACES)],):
        with new_database(postgres, admin, template) as url:
            assert not await found(url, steps, pace, expected), f"seed {seed}, {pace}"


@pytest.mark.parametrize("seed", SEEDS[1:] or SEEDS)
async def test_rows_that_come_late_are_judged_as_of_their_block(
    seed: int, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    steps = list(Story(seed, late=True).steps(BLOCKS))
    with new_database(postgres, admin, template) as url:
        expected = await naive(url, steps)
    for pace in (AT_THE_END, PACES[-1]) if DEPTH == "long" else (AT_THE_END,):  # what is complete before stays
        with new_database(postgres, admin, template) as url:
            assert not await found(url, steps, pace, expected), f"seed {seed}, {pace}"


@pytest.mark.parametrize("name", EVERY_SCENE)
async def test_scenes_are_paid_by_the_rules(
    name: str, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    steps = list(EVERY_SCENE[name]())
    with new_database(postgres, admin, template) as url:
        expected = await naive(url, steps)
    for pace in (AT_THE_END, EVERY_BLOCK)[: at_depth(1, 1, 2)]:
        with new_database(postgres, admin, template) as url:
            assert not await found(url, steps, pace, expected), told(steps)


@pytest.mark.parametrize("name", JUDGED_AT_EVERY_SECOND)
async def test_jobs_that_come_late_judge_what_was_before(
    name: str, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    steps = list(JUDGED_AT_EVERY_SECOND[name]())
    with new_database(postgres, admin, template) as url:
        expected = await naive(url, steps)
    with new_database(postgres, admin, template) as url:
        assert not await found(url, steps, EVERY_SECOND_BLOCK, expected), told(steps)
