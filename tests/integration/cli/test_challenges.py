"""`backbeat challenges`, on a small network that earned a few rewards."""

import asyncio

import psycopg
import pytest

from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from builders.terminal import backbeat
from harness.challenge_world import ChallengeWorld, contest, remix, repost, track, user

IDS = (
    "u",
    "fp",
    "p",
    "v",
    "cs",
    "e",
    "p1",
    "p2",
    "p3",
    "c",
    "cp",
    "t",
    "w",
    "b",
    "s",
    "m",
    "r",
    "rv",
    "rd",
    "tt",
    "ft",
)


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
    assert "28350000" in backbeat("challenges", "list", "--database", network).out


def test_what_a_user_earned(network: str) -> None:
    rows = backbeat("challenges", "show", "1", "--database", network, "--json").json
    assert [(row["challenge_id"], row["is_complete"], row["disbursed"]) for row in rows] == [
        ("u", False, False),
        ("v", True, False),
    ]
    assert "no challenge rows" in backbeat("challenges", "show", "77", "--database", network).out


@pytest.mark.parametrize("challenge", IDS)
def test_every_challenge_can_be_explained(network: str, challenge: str) -> None:
    told = backbeat("challenges", "explain", "2", challenge, "--database", network, "--json").json
    assert [fact["fact"] for fact in told["facts"]][:2] == ["the challenge is active", "the user is active"]


def test_why_not(network: str) -> None:
    answer = backbeat("challenges", "explain", "2", "v", "--database", network)
    assert "the user is verified" in answer.out
    assert "User 2 has no row of v." in answer.out
    facts = backbeat("challenges", "explain", "2", "cs", "--database", network, "--json").json["facts"]
    assert {
        "fact": "cosign of own remix 2 by user 1",
        "found": "verified",
        "wanted": "verified",
        "holds": True,
    } in facts
    facts = backbeat("challenges", "explain", "2", "w", "--database", network, "--json").json["facts"]
    assert facts[-1]["fact"] == "track 2 is named by contest 16 of user 1"


def test_what_is_to_be_paid_out(network: str) -> None:
    [row] = backbeat("challenges", "undisbursed", "--database", network, "--json").json
    assert (row["challenge_id"], row["user_id"], row["amount"]) == ("v", 1, 5)
    after = str(row["completed_blocknumber"])
    answer = backbeat("challenges", "undisbursed", "--after", after, "--database", network)
    assert "Nothing is left to pay out." in answer.out
