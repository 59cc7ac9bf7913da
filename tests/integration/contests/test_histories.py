"""Whatever becomes of contests and whoever joins them: users hear what looking at everything would tell them."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from depth import at_depth
from psycopg import AsyncConnection

from harness.challenge_world import EPOCH
from harness.check import settle
from harness.contest_histories import history
from harness.contest_reference import WINDOWS, ContestReference
from harness.contest_world import ContestWorld, Step, job

LIMITS: tuple[dict[str, int], ...] = ({}, {"users_max": 2, "notices_max": 2, "rows_max": 2, "joined_max": 2})


async def check(steps: list[Step], world: ContestWorld, limits: dict[str, int]) -> list[str]:
    """Return the types that were told."""
    keeper, reference = job(**limits), ContestReference()
    for number, step in enumerate(steps):
        await world.apply(step)
        reference.apply(step)
        if not step.is_down:
            await settle(keeper, world.connection)
            reference.look(world.now)
        assert await world.rows() == reference.rows(), number
    return [row.type for row in reference.rows()]


@pytest.mark.parametrize("limits", LIMITS, ids=["at once", "in batches"])
@pytest.mark.parametrize("seed", range(at_depth(1, 3, 60)))
async def test_users_hear_what_the_rules_say(
    seed: int, limits: dict[str, int], connection: AsyncConnection[Any]
) -> None:
    assert await check(history(Random(seed)), await ContestWorld.empty(connection), limits)


def test_the_histories_tell_of_everything() -> None:
    heard: set[str] = set()
    for seed in range(10):
        reference, now = ContestReference(), EPOCH
        for step in history(Random(seed)):
            now += timedelta(hours=step.hours)
            reference.apply(step)
            reference.look(now)
        heard |= {row.type for row in reference.rows()}
    assert heard == set(WINDOWS)
