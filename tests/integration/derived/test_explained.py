"""What `explain` says of who has earned nothing is what the jobs make of the same rows."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.reads import challenges
from harness.challenge_jobs import challenges_of
from harness.challenge_life import IDS
from harness.challenge_world import (
    ChallengeWorld,
    arrival,
    contest,
    playlist,
    purchase,
    track,
    user,
    wipe_challenges,
)

BIG = 2_147_483_647  # the highest id that a column holds
PAYS = "the next run of its job pays"
NAMED: tuple[Any, ...] = (
    [BIG], [str(BIG)], [BIG - 1, str(BIG)], [float(BIG)], [f"{BIG}.0"], [BIG + 1], [str(BIG + 1)], [f"0{BIG}"],
    [f" {BIG}"], [[BIG]], [{"track": BIG}], [None], [True], [10**30], [], BIG, str(BIG), {"track": BIG}, None,
)  # fmt: skip


@pytest.fixture
async def world(module_database_url: str) -> AsyncIterator[ChallengeWorld]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        await wipe_challenges(connection)
        await connection.execute("UPDATE challenges SET active = true")
        yield ChallengeWorld(connection)


async def verdict(world: ChallengeWorld, user_id: int, challenge_id: str) -> str:
    return (await challenges.explain(world.connection, user_id, challenge_id)).verdict


@pytest.mark.parametrize("verified", [False, True])
async def test_who_did_nothing_is_promised_nothing(world: ChallengeWorld, verified: bool) -> None:
    await world.block(user(1, verified=verified), user(2, verified=True), arrival(1), playlist(7, 1))
    await world.block(track(7, 2), purchase(3, 7, 5_000_000))  # number 7 is a track of another's, and it sold
    await world.run(*challenges_of(world))
    promised = [key for key in IDS if key != "v" and PAYS in await verdict(world, 1, key)]
    assert promised == []


@pytest.mark.parametrize("verified", [False, True])
async def test_whom_a_job_is_about_to_pay_is_told_so(world: ChallengeWorld, verified: bool) -> None:
    await world.block(user(1, verified=verified), user(2), arrival(2, referrer=1), playlist(7, 1, 8, is_album=True))
    await world.block(purchase(2, 7, 5_000_000, "album"))
    told = {key: PAYS in await verdict(world, 1, key) for key in ("r", "rv", "s")}
    await world.run(*challenges_of(world))
    earned = {row.split("|")[0] for row in await world.rows("r", "rv", "s")}
    assert {key for key, pays in told.items() if pays} == earned == ({"rv", "s"} if verified else {"r"})


@pytest.mark.parametrize("named", NAMED, ids=str)
async def test_who_is_named_is_who_is_paid(world: ChallengeWorld, named: Any) -> None:
    await world.block(user(1, verified=True), user(2), track(BIG, 2), contest(16, 1, named))
    pays = PAYS in await verdict(world, 2, "w")
    await world.run(REMIX_CONTEST_WINNER)
    assert await world.rows("w") == (["w|10:2|2|yes|1|1000"] if pays else [])
