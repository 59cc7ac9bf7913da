"""`backbeat challenges`, on a small network that earned a few rewards."""

import asyncio
from typing import Any

import psycopg
import pytest

from backbeat.derived.challenges.all import FACTS_OF
from backbeat.derived.challenges.names import NAMES
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.reads import challenges
from builders.terminal import backbeat
from harness.challenge_world import ChallengeWorld, contest, remix, repost, track, user


@pytest.fixture(scope="module")
def network(module_database_url: str) -> str:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(
            module_database_url, autocommit=True, options="-c timezone=UTC"
        ) as connection:
            world = ChallengeWorld(connection)
            await world.block(
                user(1, verified=True), user(2), track(1, 1), track(2, 2), remix(1, 2), repost(1, 2),
                contest(16, 1, [2]),
            )  # fmt: skip
            await world.run(TRACK_UPLOAD, PROFILE_VERIFIED)

    asyncio.run(write())
    return module_database_url


def test_the_catalogue_with_what_it_led_to(network: str) -> None:
    offers = {one["id"]: one for one in backbeat("challenges", "list", "--database", network, "--json").json}
    assert (offers["v"]["complete"], offers["u"]["incomplete"], offers["e"]["active"]) == (1, 2, False)
    assert {id_: one["name"] for id_, one in offers.items()} == {id_: NAMES[id_] for id_ in offers}
    listed = backbeat("challenges", "list", "--database", network).out
    assert "28350000" in listed
    assert "track upload" in listed


def test_what_a_user_earned(network: str) -> None:
    rows = backbeat("challenges", "show", "1", "--database", network, "--json").json
    assert [(row["challenge_id"], row["is_complete"], row["disbursed"]) for row in rows] == [
        ("u", False, False),
        ("v", True, False),
    ]
    assert "No user 77 was indexed." in backbeat("challenges", "show", "77", "--database", network).err


@pytest.mark.parametrize("challenge", FACTS_OF)
def test_every_challenge_can_be_explained(network: str, challenge: str) -> None:
    told = backbeat("challenges", "explain", "2", challenge, "--database", network, "--json").json
    assert [fact["fact"] for fact in told["facts"]][:2] == ["the challenge is active", "the user is active"]


def test_why_not(network: str) -> None:
    answer = backbeat("challenges", "explain", "2", "v", "--database", network)
    assert "the user is verified" in answer.out
    assert "User 2 has not earned v (profile verified). the user is verified: false, wanted: true." in answer.out
    assert "User 2 has no row of v." in answer.out
    told = backbeat("challenges", "explain", "1", "v", "--database", network, "--json").json
    assert told["verdict"] == "User 1 has earned v (profile verified), and nothing of it was paid out."
    told = backbeat("challenges", "explain", "1", "tt", "--database", network, "--json").json
    assert told["verdict"] == "User 1 has not earned tt (trending track). Nothing that would earn it is on record."
    facts = backbeat("challenges", "explain", "2", "cs", "--database", network, "--json").json["facts"]
    assert {
        "fact": "cosign of own remix 2 by user 1",
        "found": "verified",
        "wanted": "verified",
        "holds": True,
    } in facts
    facts = backbeat("challenges", "explain", "2", "w", "--database", network, "--json").json["facts"]
    assert facts[-1]["fact"] == "track 2 is named by contest 16 of user 1"


def test_a_challenge_that_there_is_none_of(network: str) -> None:
    answer = backbeat("challenges", "explain", "1", "zz", "--database", network)
    assert (answer.status, "challenge_unknown" in answer.err or "no challenge 'zz'" in answer.err) == (2, True)
    assert "The challenges are b, c, cp" in answer.err


async def test_a_row_without_a_block_is_not_lost_to_who_pages_by_block(
    connection: psycopg.AsyncConnection[Any],
) -> None:
    world = ChallengeWorld(connection)
    await world.block(user(1))
    await connection.execute(
        """
        INSERT INTO user_challenges (challenge_id, specifier, user_id, is_complete, amount, completed_at)
        VALUES ('v', '1', 1, true, 5, now())
        """
    )
    for after in (0, world.block_number - 1):
        [row] = await challenges.undisbursed(connection, after=after)
        assert row.completed_blocknumber == world.block_number


def test_what_is_to_be_paid_out(network: str) -> None:
    [row] = backbeat("challenges", "undisbursed", "--database", network, "--json").json
    assert (row["challenge_id"], row["user_id"], row["amount"]) == ("v", 1, 5)
    after = str(row["completed_blocknumber"])
    answer = backbeat("challenges", "undisbursed", "--after", after, "--database", network)
    assert "Nothing is left to pay out." in answer.out
