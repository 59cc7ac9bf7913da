"""Who hears of a follow, and when followers are a milestone (domain: chain and entities, 7.3, 9.7; derived state 9)."""

from datetime import datetime, timedelta

from builders.chain import GENESIS
from builders.told import Told, ToldChain

STAR, FAN = 3000001, 3000002
CROWD = range(3000101, 3000131)
FIRST = GENESIS.replace(tzinfo=None) + timedelta(seconds=1)


def follow_told(number: int, at: datetime) -> Told:
    data = {"followee_user_id": STAR, "follower_user_id": FAN}
    return Told("follow", f"follow:{STAR}", str(FAN), [STAR], data, number, None, at)


async def test_scenario_106_following_again_is_told_once(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.block(chain.said(FAN, "User/Follow", STAR))
    assert await chain.told() == [follow_told(1, FIRST)]
    for action in ("Follow", "Unfollow", "Unfollow", "Follow"):
        await chain.block(chain.said(FAN, f"User/{action}", STAR))
        assert await chain.told() == [follow_told(1, FIRST)]


async def test_what_is_taken_back_within_a_batch_was_told(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    actions = ["Follow", "Unfollow", "Follow", "Unfollow"]
    await chain.block(*[chain.said(FAN, f"User/{action}", STAR) for action in actions])
    assert await chain.told() == [follow_told(1, FIRST)]


async def test_a_follower_is_told_of_again_only_by_another_name(chain: ToldChain) -> None:
    await chain.people(STAR, FAN, *CROWD)
    await chain.blocks([[chain.said(user, "User/Follow", STAR)] for user in (FAN, *CROWD[:3])], together=2)
    assert [each.specifier for each in await chain.told()] == [str(user) for user in (FAN, *CROWD[:3])]


async def test_a_banned_follower_counts_and_is_not_told_of(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.ban(FAN)
    await chain.block(chain.said(FAN, "User/Follow", STAR))
    assert await chain.told() == []


async def test_one_whose_score_is_unknown_is_taken_for_banned(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.connection.execute("UPDATE aggregate_user SET score = NULL")
    await chain.block(chain.said(FAN, "User/Follow", STAR))
    assert await chain.told() == []


async def test_the_tenth_follower_is_a_milestone(chain: ToldChain) -> None:
    await chain.people(STAR, *CROWD)
    await chain.blocks([[chain.said(user, "User/Follow", STAR)] for user in CROWD[:12]], together=100)
    tenth = FIRST + timedelta(seconds=9)
    assert await chain.milestones() == [(STAR, "FOLLOWER_COUNT", 10, 10, None, tenth)]
    group = f"milestone:FOLLOWER_COUNT:id:{STAR}:threshold:10"
    data = {"type": "FOLLOWER_COUNT", "user_id": STAR, "threshold": 10}
    told = await chain.told("milestone_follower_count")
    assert told == [Told("milestone_follower_count", group, str(STAR), [STAR], data, 10, None, tenth)]


async def test_a_threshold_that_is_passed_and_left_within_a_batch_is_a_milestone(chain: ToldChain) -> None:
    await chain.people(STAR, *CROWD)
    await chain.block(
        *[chain.said(user, "User/Follow", STAR) for user in CROWD[:10]],
        *[chain.said(user, "User/Unfollow", STAR) for user in CROWD[:5]],
    )
    assert [row[:3] for row in await chain.milestones()] == [(STAR, "FOLLOWER_COUNT", 10)]


async def test_55_a_banned_tenth_follower_makes_none(chain: ToldChain) -> None:
    await chain.people(STAR, *CROWD)
    await chain.ban(CROWD[9])
    await chain.block(*[chain.said(user, "User/Follow", STAR) for user in CROWD[:12]])
    assert await chain.milestones() == []
    again = [chain.said(user, f"User/{action}", STAR) for action in ("Unfollow", "Follow") for user in CROWD[9:12]]
    await chain.block(*again)  # 11, 10, 9, then 10 by the banned one, 11, 12
    assert await chain.milestones() == []


async def test_a_later_follower_who_is_not_banned_makes_it(chain: ToldChain) -> None:
    await chain.people(STAR, *CROWD)
    await chain.ban(CROWD[9])
    await chain.block(*[chain.said(user, "User/Follow", STAR) for user in CROWD[:10]])
    assert await chain.milestones() == []
    await chain.block(chain.said(CROWD[0], "User/Unfollow", STAR), chain.said(CROWD[10], "User/Follow", STAR))
    assert [row[2] for row in await chain.milestones()] == [10]


async def test_acts_that_were_told_are_removed(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.block(chain.said(FAN, "User/Follow", STAR))
    acts = "SELECT kind, actor_id, item_type, item_id, delta, place, ordinal FROM backbeat.acts ORDER BY ordinal"
    found = await (await chain.connection.execute(acts)).fetchall()
    assert found == [("follow", FAN, "", STAR, 1, 0, 0), ("subscribe", FAN, "User", STAR, 1, 0, 1)]
    await chain.tell()
    assert await (await chain.connection.execute(acts)).fetchall() == []
