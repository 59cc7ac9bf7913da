"""Whom a change of a user concerns: few challenges read anything of a user but the standing."""

from typing import Any

import pytest

from backbeat.derived.challenges.all import REWARDS
from harness.challenge_world import ChallengeWorld, comment, contest, repost, score, track, user

EDITORS = 40


async def noted(challenges: ChallengeWorld) -> list[int]:
    found = await challenges.all("SELECT user_id FROM backbeat.standing_changes ORDER BY blocknumber, user_id")
    return [user_id for (user_id,) in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({}, {"verified": True}, [1]),
        ({"verified": True}, {"verified": True}, [1]),
        ({"verified": True}, {"verified": True, "bio": "new"}, [1]),
        ({"verified": True}, {}, [1, 1]),
        ({}, {"deactivated": True}, [1]),
        ({"deactivated": True}, {}, [1, 1]),
        ({"verified": True}, {"is_current": False}, [1, 1]),
    ],
)
async def test_what_is_noted(
    challenges: ChallengeWorld, before: dict[str, Any], after: dict[str, Any], expected: list[int]
) -> None:
    await challenges.block(user(1, **before))
    if "is_current" in after:
        number = challenges.block_number + 1
        await challenges.block(number=number)
        await challenges.connection.execute("UPDATE users SET is_current = false, blocknumber = %s", [number])
    else:
        await challenges.block(user(1, **after))
    assert await noted(challenges) == expected


async def test_a_statement_for_many_notes_those_that_changed(challenges: ChallengeWorld) -> None:
    await challenges.block(user(number, verified=number == 3) for number in range(1, 7))
    await challenges.connection.execute("UPDATE users SET bio = 'x', is_verified = user_id IN (2, 3)")
    await challenges.connection.execute("UPDATE users SET is_deactivated = user_id > 4, bio = 'y'")
    assert sorted(set(await noted(challenges))) == [2, 3, 5, 6]


async def keys_of_a_round(challenges: ChallengeWorld) -> dict[str, int]:
    """Return how many keys each challenge recomputed, where it did."""
    found = {}
    for one in (challenge.keeper for challenge in REWARDS):
        reports = await challenges.run(one)
        if keys := sum(report.keys for report in reports):
            found[one.name.removeprefix("challenges.")] = keys
    return found


async def test_profiles_are_edited_and_only_profiles_are_recomputed(challenges: ChallengeWorld) -> None:
    people = range(1, EDITORS + 1)
    await challenges.block(
        [user(one, verified=True, handle_lc=f"h{one}") for one in people],
        [track(one, one, pinned_comment_id=one) for one in people],
        [comment(one, one % EDITORS + 1, one) for one in people],
        [contest(one, one, [one]) for one in people],
        [repost(one, 1 + one % 5) for one in people],
        [score(one, one, challenges.now) for one in people],
    )
    await keys_of_a_round(challenges)

    await challenges.block(user(one, verified=True, handle_lc=f"h{one}", bio="new") for one in people)
    edited = await keys_of_a_round(challenges)
    assert edited == {"profile_completion": EDITORS, "profile_verified": EDITORS}

    await challenges.block(user(one, verified=True, deactivated=True, handle_lc=f"h{one}") for one in people)
    gone = await keys_of_a_round(challenges)
    concerned = {"track_upload", "first_playlist", "mobile_install", "referred", "comment_pin", "remix_contest_winner"}
    assert {name: gone.get(name) for name in concerned} == dict.fromkeys(concerned, EDITORS)
