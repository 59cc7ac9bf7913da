"""Domain scenarios S40 to S47: purchases, mobile, referrals; and first tips."""

from typing import Any

import pytest

from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.challenges.mobile_install import MOBILE_INSTALL
from backbeat.derived.challenges.referral import REFERRAL
from backbeat.derived.challenges.referred import REFERRED
from harness.challenge_world import ChallengeWorld, Row, arrival, purchase, tip, track, user

PURCHASES = (AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER)
REFERRALS = (REFERRAL, REFERRED)


async def test_s40_a_purchase_is_matched(challenges: ChallengeWorld) -> None:
    await challenges.run(*PURCHASES)
    await challenges.block(user(1401, verified=True), track(140000, 1401), purchase(1400, 140000, 10_000_000))
    await challenges.run(*PURCHASES)
    assert await challenges.rows() == ["b|578:222e0|1400|yes|1|10", "s|578:222e0|1401|yes|1|50"]


async def test_s41_an_unverified_seller(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1411), track(0x226C8, 1411), purchase(1410, 0x226C8, 5_000_000))
    await challenges.run(*PURCHASES)
    assert await challenges.rows() == ["b|582:226c8|1410|yes|1|5"]


@pytest.mark.parametrize(
    ("micro_usdc", "columns", "expected"),
    [
        (5_000_000, {"is_valid": False}, []),
        (5_000_000, {"is_valid": None}, []),
        (990_000, {}, []),
        (4_990_000, {}, ["b|a:1|10|yes|1|4"]),
        (5_000_000, {"slot": 1}, []),
    ],
)
async def test_s41_what_counts(
    challenges: ChallengeWorld, micro_usdc: int, columns: dict[str, Any], expected: list[str]
) -> None:
    await challenges.block(track(1, 2), purchase(10, 1, micro_usdc, **columns))
    await challenges.run(*PURCHASES)
    assert await challenges.rows() == expected


async def test_b_a_purchase_that_turns_valid_late_and_out_of_order(challenges: ChallengeWorld) -> None:
    late: dict[str, Any] = {"slot": challenges.slot, "signature": "late"}
    await challenges.block(track(1, 2), purchase(10, 1, 5_000_000, is_valid=None, **late))
    await challenges.run(*PURCHASES)
    await challenges.block(purchase(11, 1, 5_000_000))
    await challenges.run(*PURCHASES)
    await challenges.block(purchase(10, 1, 5_000_000, **late))
    await challenges.run(*PURCHASES)
    assert await challenges.rows() == ["b|a:1|10|yes|1|5", "b|b:1|11|yes|1|5"]


async def test_b_what_is_paid_on_top_is_not_matched(challenges: ChallengeWorld) -> None:
    price = {
        "track_id": 1, "splits": [], "total_price_cents": 200, "blocknumber": challenges.block_number + 1,
        "block_timestamp": challenges.now,
    }  # fmt: skip
    await challenges.block(track(1, 2), Row("track_price_history", price), purchase(10, 1, 9_000_000))
    await challenges.run(*PURCHASES)
    assert await challenges.rows() == ["b|a:1|10|yes|1|2"]


async def test_s42_buying_again_changes_nothing(challenges: ChallengeWorld) -> None:
    await challenges.block(track(1, 2), purchase(10, 1, 10_000_000))
    await challenges.run(*PURCHASES)
    await challenges.block(purchase(10, 1, 20_000_000))
    await challenges.run(*PURCHASES)
    assert await challenges.rows() == ["b|a:1|10|yes|1|10"]


async def test_s_a_late_verification_pays_nothing_for_what_was_sold(challenges: ChallengeWorld) -> None:
    await challenges.block(user(2), track(1, 2), purchase(10, 1, 5_000_000))
    await challenges.run(*PURCHASES)
    await challenges.block(user(2, verified=True))
    await challenges.set("s", amount="6")
    await challenges.run(*PURCHASES)
    assert await challenges.rows("s") == []


async def test_s43_mobile(challenges: ChallengeWorld) -> None:
    await challenges.block(arrival(700, mobile=True), arrival(701))
    await challenges.run(MOBILE_INSTALL)
    before = await challenges.all("TABLE user_challenges")
    await challenges.block(arrival(700, mobile=True))
    await challenges.run(MOBILE_INSTALL)
    assert await challenges.rows() == ["m|2bc|700|yes|1|1"]
    assert await challenges.all("TABLE user_challenges") == before


async def test_s44_referrals(challenges: ChallengeWorld) -> None:
    await challenges.block(user(500, verified=True), user(501), arrival(600, referrer=500), arrival(601, referrer=501))
    await challenges.run(REFERRAL)
    assert await challenges.rows() == ["r|1f5:259|501|yes|1|1", "rv|1f4:258|500|yes|1|1"]


async def test_s45_referred_once_whatever_comes_later(challenges: ChallengeWorld) -> None:
    await challenges.block(arrival(600, referrer=500))
    await challenges.run(*REFERRALS)
    assert await challenges.rows() == ["rd|258|600|yes|1|1"]
    await challenges.block(arrival(600, referrer=500, mobile=True))
    await challenges.run(*REFERRALS)
    assert await challenges.rows() == ["rd|258|600|yes|1|1"]


async def test_s45_a_pair_earns_once_also_when_verified_in_between(challenges: ChallengeWorld) -> None:
    await challenges.block(user(500), arrival(600, referrer=500))
    await challenges.run(*REFERRALS)
    await challenges.block(user(500, verified=True), arrival(600, referrer=500, mobile=True))
    await challenges.run(*REFERRALS)
    assert await challenges.rows() == ["r|1f4:258|500|yes|1|1", "rd|258|600|yes|1|1"]


async def test_rd_honours_rows_of_an_earlier_program(challenges: ChallengeWorld) -> None:
    earlier = {
        "challenge_id": "rd", "specifier": "258:1f4", "user_id": 600, "is_complete": True, "current_step_count": 1,
        "amount": 1, "completed_at": challenges.now,
    }  # fmt: skip
    await challenges.block(Row("user_challenges", earlier), arrival(600, referrer=500))
    await challenges.run(*REFERRALS)
    assert await challenges.rows() == ["rd|258:1f4|600|yes|1|1"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_s46_five_referrals_pay(challenges: ChallengeWorld, at_once: bool) -> None:
    await challenges.block(user(501))
    for number in range(10):
        await challenges.block(arrival(600 + number, referrer=501))
        if not at_once:
            await challenges.run(*REFERRALS)
    await challenges.run(*REFERRALS)
    assert await challenges.rows("r") == [f"r|1f5:{600 + number:x}|501|yes|1|1" for number in range(5)]
    assert len(await challenges.rows("rd")) == 10


async def test_s47_nobody_refers_themselves(challenges: ChallengeWorld) -> None:
    await challenges.block(user(600), arrival(600), arrival(601, referrer=601), user(601))
    await challenges.run(*REFERRALS)
    assert await challenges.rows() == []


async def test_r_waits_while_inactive_and_rv_does_not(challenges: ChallengeWorld) -> None:
    await challenges.set("r", active=False)
    await challenges.block(user(500, verified=True), user(501), arrival(600, referrer=500), arrival(601, referrer=501))
    await challenges.run(REFERRAL)
    assert await challenges.rows() == ["rv|1f4:258|500|yes|1|1"]
    assert await challenges.checkpoint("challenges:r:last_blocknumber") is None
    await challenges.set("r", active=True)
    await challenges.connection.execute("INSERT INTO indexing_checkpoints VALUES ('challenges:r:last_blocknumber', 0)")
    await challenges.block()
    await challenges.run(REFERRAL)
    assert await challenges.rows() == ["r|1f5:259|501|yes|1|1", "rv|1f4:258|500|yes|1|1"]


async def test_ft_the_first_tip_pays_the_sender(challenges: ChallengeWorld) -> None:
    await challenges.block(tip(1, 2), tip(1, 3), tip(4, 1))
    await challenges.run(FIRST_TIP)
    assert await challenges.rows() == []
    await challenges.set("ft", active=True)
    await challenges.run(FIRST_TIP)
    await challenges.block(tip(4, 2), tip(5, 2))
    await challenges.run(FIRST_TIP)
    assert await challenges.rows() == ["ft|1|1|yes|1|2", "ft|4|4|yes|1|2", "ft|5|5|yes|1|2"]
