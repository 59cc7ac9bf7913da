"""What paying out sets off (domain: challenges, 6.4)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from builders.waiting import eventually
from harness.challenge_world import EPOCH, ChallengeWorld, Row, user
from harness.connections import waits_for_lock

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE


def transfer(signature: str, minutes: int = 0) -> Row:
    return Row("reward_manager_txs", {"signature": signature, "slot": 5, "created_at": EPOCH + minutes * MINUTE})


def paid(specifier: str, signature: str, user_id: int = 1, challenge_id: str = "u") -> dict[str, Any]:
    return {
        "challenge_id": challenge_id, "user_id": user_id, "specifier": specifier, "signature": signature, "slot": 5,
        "amount": "100000000",
    }  # fmt: skip


def sent(index: int, wallet: str, minutes: int = 0, **columns: Any) -> dict[str, Any]:
    return {
        "signature": "s", "instruction_index": index, "amount": 100000000, "slot": 5, "user_bank": "b",
        "challenge_id": "u", "specifier": f"1:{index}", "recipient_eth_address": wallet,
        "created_at": EPOCH + minutes * MINUTE, **columns,
    }  # fmt: skip


async def at_once(challenges: ChallengeWorld, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert with one statement."""
    places = ", ".join(["(" + ", ".join(["%s"] * len(rows[0])) + ")"] * len(rows))
    statement = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {places}"  # noqa: S608 - names of ours
    await challenges.connection.execute(statement.encode(), [value for row in rows for value in row.values()])


async def told(challenges: ChallengeWorld) -> list[tuple[Any, ...]]:
    return await challenges.all(
        "SELECT group_id, specifier, user_ids, slot, timestamp, data FROM notification ORDER BY 1"
    )


async def test_who_was_not_told_of_a_reward_is_told_when_it_is_paid(challenges: ChallengeWorld) -> None:
    await challenges.block(transfer("s1"))
    await at_once(challenges, "challenge_disbursements", [paid("1", "s1"), paid("2", "unknown")])
    data = {"specifier": "1", "challenge_id": "u", "amount": "100000000"}
    assert await told(challenges) == [("challenge_reward:1:challenge:u:specifier:1", "1", [1], 5, EPOCH, data)]


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize(("minutes", "expected"), [([0, 60], 1), ([0, 61], 2), ([61, 0], 2), ([0, 30, 61, 90], 2)])
async def test_nobody_is_told_twice_within_an_hour(
    challenges: ChallengeWorld, minutes: list[int], expected: int, batched: bool
) -> None:
    await challenges.block(transfer(f"s{number}", at) for number, at in enumerate(minutes))
    rows = [paid(str(number), f"s{number}") for number in range(len(minutes))]
    for some in [rows] if batched else [[row] for row in rows]:
        await at_once(challenges, "challenge_disbursements", some)
    # one by one, a payment of an earlier hour that is seen late is not told of
    assert len(await told(challenges)) == (1 if minutes == [61, 0] and not batched else expected)


async def test_the_reward_itself_was_told_of(challenges: ChallengeWorld) -> None:
    reward = {
        "challenge_id": "v", "specifier": "1", "user_id": 1, "is_complete": True, "current_step_count": 1, "amount": 5,
        "completed_at": EPOCH - 3 * HOUR, "completed_blocknumber": 7,
    }  # fmt: skip
    await challenges.block(Row("user_challenges", reward), transfer("s1"), transfer("s2"))
    before = await told(challenges)
    await at_once(challenges, "challenge_disbursements", [paid("1", "s1", challenge_id="v"), paid("9", "s2")])
    after = await told(challenges)
    assert next(row for row in after if row not in before)[0] == "challenge_reward:1:challenge:u:specifier:9"
    assert len(after) == len(before) + 1


async def test_a_recipient_is_found_by_wallet(challenges: ChallengeWorld) -> None:
    await challenges.block(user(1, wallet="0xAB", deactivated=True), user(2, wallet="0xab"), user(3, wallet="0xab"))
    await challenges.connection.execute("LISTEN challenge_disbursed")
    rows = [sent(0, "0xAb"), sent(1, "0xcd"), sent(2, "0xab", 30)]
    await at_once(challenges, "sol_reward_disbursements", rows)
    assert [(row[0], row[5]["amount"]) for row in await told(challenges)] == [
        ("challenge_reward:2:challenge:u:specifier:1:0", "100000000")
    ]
    heard = [note.payload async for note in challenges.connection.notifies(timeout=2, stop_after=2)]
    assert [('"user_id": 2' in payload, '"signature": "s"' in payload) for payload in heard] == [(True, True)] * 2
    await challenges.connection.execute("UNLISTEN challenge_disbursed")


async def test_codes_are_paid_without_a_word(challenges: ChallengeWorld) -> None:
    await challenges.connection.execute("CREATE TABLE public.reward_codes (code text)")
    try:
        await challenges.connection.execute("INSERT INTO public.reward_codes VALUES ('SUMMER')")
        await challenges.block(transfer("s1"))
        await at_once(challenges, "challenge_disbursements", [paid("1", "s1", challenge_id="SUMMER")])
        assert await told(challenges) == []
    finally:
        await challenges.connection.execute("DROP TABLE public.reward_codes")


async def test_switched_off_nobody_is_told(challenges: ChallengeWorld) -> None:
    await challenges.connection.execute("SET backbeat.challenge_notifications = off")
    await challenges.block(user(1, wallet="0xab"), transfer("s1"))
    await at_once(challenges, "challenge_disbursements", [paid("1", "s1")])
    await at_once(challenges, "sol_reward_disbursements", [sent(0, "0xab")])
    assert await told(challenges) == []


async def test_a_thousand_people_more_complete_in_one_statement(challenges: ChallengeWorld) -> None:
    """More earners than one pass of the trigger takes; each is told, and counted, once."""
    await fill(challenges.connection, 2_500)
    counts = "SELECT count(*), count(DISTINCT specifier) FROM notification WHERE type = 'reward_in_cooldown'"
    assert await challenges.all(counts) == [(2_500, 2_500)]
    assert await challenges.all("SELECT count(*), min(challenge_count) FROM user_score_features") == [(2_500, 1)]


async def fill(connection: AsyncConnection[Any], people: int) -> None:
    await connection.execute("INSERT INTO blocks (blockhash, number) VALUES ('x', 1)")
    await connection.execute(
        """
        INSERT INTO users (user_id, is_current, blocknumber, created_at)
        SELECT user_id, true, 1, '2025-01-01' FROM generate_series(1, %s) AS user_id
        """,
        [people],
    )
    await connection.execute(
        """
        INSERT INTO user_challenges (
            challenge_id, specifier, user_id, is_complete, current_step_count, amount, completed_at
        )
        SELECT 'u', to_hex(user_id) || part, user_id, part = 'a', 1, 1, '2025-01-01'
        FROM generate_series(1, %s) AS user_id CROSS JOIN (VALUES ('a'), ('b')) AS twice (part)
        """,
        [people],
    )


async def test_two_payouts_at_once_tell_once_an_hour(challenges: ChallengeWorld, module_database_url: str) -> None:
    await challenges.block(transfer("s1"), transfer("s2", 1))
    async with (
        await AsyncConnection.connect(module_database_url) as one,
        await AsyncConnection.connect(module_database_url) as other,
    ):
        await at_once(ChallengeWorld(one), "challenge_disbursements", [paid("1", "s1")])
        rival = asyncio.create_task(
            at_once(ChallengeWorld(other), "challenge_disbursements", [paid("2", "s2", challenge_id="fp")])
        )

        async def ready() -> bool:
            return rival.done() or await waits_for_lock(challenges.connection, other)

        assert await eventually(ready)
        await one.commit()
        await rival
        await other.commit()
    assert len(await told(challenges)) == 1
