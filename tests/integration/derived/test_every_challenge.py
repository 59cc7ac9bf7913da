"""Random lives of a small network, taken up in batches of any size, by one worker and by two.

After every tick each challenge has paid what the naive reference pays, a rebuild gives the same, nothing that was
complete has changed and nobody is paid twice. ``BACKBEAT_CHALLENGE_SEEDS`` sets how many lives.
"""

import asyncio
import copy
import os
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from depth import at_depth
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from reference_challenges import Reference, load_tables

from backbeat.incremental.transaction import Session
from harness.chain_writer import CatalogEdit
from harness.challenge_jobs import FOLLOWED, JUDGED, challenges_of
from harness.challenge_life import STEPPED, Life, apply
from harness.challenge_world import ChallengeWorld, wipe_challenges

pytestmark = pytest.mark.slow

SEEDS = int(os.environ.get("BACKBEAT_CHALLENGE_SEEDS", at_depth(1, 2, 12)))  # each of about three seconds, twice
STEPS = 10
EXAMPLES = SEEDS  # of Hypothesis, which looks for lives that chance does not lead
REBUILD_STRIDE = at_depth(5, 3, 1)  # a rebuild of everything takes as long as the steps between
BATCHES = (None, 1, 3)  # None: as in production, where a batch is more than such a life brings

BY_BLOCK = (
    "u", "fp", "p", "v", "cs", "c", "cp", "m", "r", "rv", "rd", "e", "p1", "p2", "p3", "t", "b", "s", "ft",
)  # fmt: skip
"""Completed at the end of a block. So are prizes of contests, but those that had to wait."""

DATED = ("cs", "e", "w", "b", "s", "ft")
"""A row of these tells when it was earned."""

# What may be paid once, whatever the specifier says: (challenges, by what).
ONCE = (
    (("u", "fp", "p", "v", "p1", "p2", "p3", "m", "rd", "ft"), "challenge_id || user_id"),
    (("r", "rv"), "specifier"),
)


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
async def rival(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """The session of a second worker that holds no lease."""
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


async def small_world(session: AsyncConnection[Any]) -> ChallengeWorld:
    """A world in which short histories reach thresholds and caps."""
    await wipe_challenges(session)
    world = ChallengeWorld(session)
    await session.execute("UPDATE challenges SET active = true")
    for challenge_id, step_count in STEPPED.items():
        await world.set(challenge_id, step_count=step_count)
    return world


async def live(
    session: AsyncConnection[Any],
    rival: AsyncConnection[Any],
    life: Life,
    *,
    workers: int,
    rows_max: int | None,
    steps: int = STEPS,
) -> None:
    """Hold every tick of a life against the reference."""
    world, reference = await small_world(session), Reference()
    everything = challenges_of(world, rows_max)
    final: dict[Any, Any] = {}
    for number, step in enumerate(life.steps(steps), 1):
        for part in [step] if isinstance(step, CatalogEdit) else [[block] for block in step]:
            await apply(world, part)
            if not isinstance(part, CatalogEdit):
                reference.tick(await load_tables(session))
        if workers == 2:
            for one in everything:
                await asyncio.gather(one.incremental(Session(session)), one.incremental(Session(rival)))
        await world.run(*everything)
        if world.height:
            reference.run(await load_tables(session))
        await check_equal(world, reference)
        final = await check_final(world, final)
        if number % REBUILD_STRIDE == 0:
            await check_rebuilds(world, reference)
    await check_rebuilds(world, reference)
    for derived in FOLLOWED:
        assert not (await derived.rebuild(Session(session))).rows_written, derived.name
        assert (await derived.audit(session)).is_clean, derived.name


async def check_equal(world: ChallengeWorld, reference: Reference) -> None:
    assert await world.rows() == told(reference)
    streaks = await world.all(
        "SELECT user_id, last_listen_date, listen_streak, began_at FROM challenge_listen_streak ORDER BY 1"
    )
    assert [tuple(row) for row in streaks] == [(user, *state) for user, state in sorted(reference.streaks.items())]
    steps = await world.all(
        """
        SELECT user_id, profile_description, profile_name, profile_picture, profile_cover_photo, follows, reposts,
            favorites
        FROM challenge_profile_completion ORDER BY 1
        """
    )
    assert [tuple(row) for row in steps] == [(user, *state) for user, state in sorted(reference.steps.items())]
    dated = """
        SELECT challenge_id, specifier, created_at AT TIME ZONE 'UTC' FROM user_challenges WHERE challenge_id = ANY (%s)
    """
    times = {(key, specifier): at for key, specifier, at in await world.all(dated, list(DATED))}
    blocks = "SELECT challenge_id, specifier, completed_blocknumber FROM user_challenges WHERE challenge_id = ANY (%s)"
    found = {(key, specifier): block for key, specifier, block in await world.all(blocks, list(BY_BLOCK))}
    assert found == {key: row.block for key, row in reference.rows.items() if key[0] in BY_BLOCK}
    assert times == {key: row.at for key, row in reference.rows.items() if row.at}


async def check_final(world: ChallengeWorld, final: dict[Any, Any]) -> dict[Any, Any]:
    """Complete rows never change, say when they were completed, and nobody is paid twice."""
    found = await world.all("SELECT challenge_id, specifier, u FROM user_challenges AS u WHERE is_complete")
    complete = {(key, specifier): row for key, specifier, row in found}
    assert final.items() <= complete.items()
    undated = (
        "SELECT FROM user_challenges WHERE is_complete AND (completed_at IS NULL OR completed_blocknumber IS NULL)"
    )
    assert not await world.all(undated)
    for ids, by in ONCE:
        query = f"SELECT {by} FROM user_challenges WHERE challenge_id = ANY (%s) GROUP BY 1 HAVING count(*) > 1"  # noqa: S608 - written above
        assert not await world.all(query, list(ids))
    return complete


async def check_rebuilds(world: ChallengeWorld, reference: Reference) -> None:
    """What follows the facts is as a rebuild makes it; what was judged once is judged again, and pays nothing twice."""
    anew = copy.deepcopy(reference, {id(reference.past): reference.past})
    async with world.connection.transaction(force_rollback=True):
        for followed in FOLLOWED:
            assert not (await followed.rebuild(Session(world.connection))).rows_written, followed.name
        for judged in JUDGED:
            await judged.rebuild(Session(world.connection))
        if world.height:
            anew.run(await load_tables(world.connection))
        assert await world.rows() == told(anew)


def told(reference: Reference) -> list[str]:
    ordered = sorted(reference.rows.items(), key=lambda item: (item[0][0], len(item[0][1]), item[0][1]))
    return [
        f"{key}|{specifier}|{row.user_id}|{'yes' if row.complete else 'no'}|{row.steps}|{row.amount}"
        for (key, specifier), row in ordered
    ]


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.newest)])
@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_challenge_pays_what_the_reference_pays(
    session: AsyncConnection[Any], rival: AsyncConnection[Any], seed: int, workers: int
) -> None:
    life = Life(random.Random(10 * seed + workers))
    await live(session, rival, life, workers=workers, rows_max=BATCHES[(seed + workers) % len(BATCHES)])


@given(source=st.randoms(use_true_random=False), rows_max=st.sampled_from([None, 1, 2, 5]))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
async def test_any_life_in_any_batches(
    session: AsyncConnection[Any], rival: AsyncConnection[Any], source: random.Random, rows_max: int | None
) -> None:
    await live(session, rival, Life(source), workers=1, rows_max=rows_max, steps=4)
