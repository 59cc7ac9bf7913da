"""Who hears that a reward can be claimed, once its cooldown is over (domain: derived state, 4.6)."""

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from backbeat.derived.challenges.engagement_notifications import EngagementNotifications
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness.challenge_world import EPOCH, ChallengeWorld, Row

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = EPOCH + 8 * DAY
COOLDOWN = 7 * DAY


def row(challenge_id: str, at: datetime | None, user_id: int = 1, specifier: str = "1", **columns: Any) -> Row:
    known = {
        "challenge_id": challenge_id, "specifier": specifier, "user_id": user_id, "is_complete": at is not None,
        "current_step_count": 1, "amount": 3, "completed_at": at, "completed_blocknumber": 7,
    }  # fmt: skip
    return Row("user_challenges", {**known, **columns})


def paid(table: str, challenge_id: str = "u", specifier: str = "1") -> Row:
    known = {"challenge_id": challenge_id, "specifier": specifier, "signature": "s", "slot": 1, "amount": "1"}
    more = {"user_id": 1} if table == "challenge_disbursements" else {"instruction_index": 0, "user_bank": "b"}
    return Row(table, {**known, **more})


async def told(world: ChallengeWorld) -> list[tuple[Any, ...]]:
    """Return who was told of what, in the order of completion."""
    return await world.all(
        """
        SELECT user_ids[1], data ->> 'challenge_id', specifier FROM notification WHERE type = 'claimable_reward'
        ORDER BY "timestamp", group_id, specifier
        """
    )


async def queued(world: ChallengeWorld) -> int:
    [(count,)] = await world.all("SELECT count(*) FROM backbeat.cooldowns")
    return int(count)


async def run_at(world: ChallengeWorld, at: datetime = NOW, **bounds: int) -> None:
    await world.run(EngagementNotifications(HeldClock(at), **bounds))


@asynccontextmanager
async def unseen(world: ChallengeWorld) -> AsyncIterator[None]:
    """What is written within was there before triggers were."""
    await world.connection.execute("SET session_replication_role = replica")
    yield
    await world.connection.execute("RESET session_replication_role")


async def test_46_told_once_when_the_cooldown_is_over(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", EPOCH))
    await challenges.block(row("fp", NOW - 6 * DAY, 2), row("m", datetime(2024, 6, 5, 23, 59, 59), 3))  # noqa: DTZ001
    await challenges.block(row("p", EPOCH, 4), paid("challenge_disbursements", "p"))
    for _ in range(2):
        await run_at(challenges)
    found = await challenges.all(
        """
        SELECT user_ids, group_id, specifier, blocknumber, "timestamp", data
        FROM notification WHERE type = 'claimable_reward'
        """
    )
    data = {"specifier": "1", "challenge_id": "u", "amount": 3}
    assert found == [([1], "claimable_reward:1:challenge:u:specifier:1", "1", 7, EPOCH, data)]
    assert await queued(challenges) == 1


@pytest.mark.parametrize("runs", [[NOW], [EPOCH + COOLDOWN + MINUTE, NOW]], ids=["one run", "two runs"])
async def test_47_of_two_within_an_hour_the_first_is_told(challenges: ChallengeWorld, runs: Sequence[datetime]) -> None:
    """Whether a run takes both or one takes the first: decision 0034."""
    await challenges.block(row("u", EPOCH), row("fp", EPOCH + 30 * MINUTE))
    for at in runs:
        await run_at(challenges, at)
    await run_at(challenges, NOW + DAY)
    assert await told(challenges) == [(1, "u", "1")]
    assert await queued(challenges) == 0


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (1, 1)])
async def test_due_once_more_than_the_cooldown_has_passed(
    challenges: ChallengeWorld, seconds: int, expected: int
) -> None:
    await challenges.block(row("u", EPOCH))
    await run_at(challenges, EPOCH + COOLDOWN + timedelta(seconds=seconds))
    assert len(await told(challenges)) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [([0, 60], [0]), ([0, 61], [0, 61]), ([0, 40, 80], [0, 80]), ([0, 30, 61, 90, 122], [0, 61, 122])],
)
async def test_an_hour_is_counted_from_what_was_told(
    challenges: ChallengeWorld, minutes: list[int], expected: list[int]
) -> None:
    await challenges.block(row("c", EPOCH + at * MINUTE, specifier=str(at)) for at in minutes)
    await run_at(challenges)
    assert await told(challenges) == [(1, "c", str(at)) for at in expected]


@pytest.mark.parametrize(("minutes", "expected"), [(-61, True), (-60, False), (60, False), (61, True)])
async def test_what_was_told_much_later_suppresses_nothing(
    challenges: ChallengeWorld, minutes: int, expected: bool
) -> None:
    """The network looks at all that is later, so that a daily reward keeps its listener from hearing of others."""
    await challenges.block(row("v", EPOCH + minutes * MINUTE), row("u", EPOCH))
    await run_at(challenges)
    assert ((1, "u", "1") in await told(challenges)) == expected


async def test_what_others_were_told_suppresses_nothing(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", EPOCH, 1, "1"), row("u", EPOCH, 2, "2"), row("fp", EPOCH, 3, "3"))
    await run_at(challenges)
    assert await told(challenges) == [(1, "u", "1"), (2, "u", "2"), (3, "fp", "3")]


async def test_hundreds_that_are_suppressed_keep_nobody_waiting(challenges: ChallengeWorld) -> None:
    await challenges.block(row("c", EPOCH + timedelta(seconds=at), specifier=f"{at:03}") for at in range(30))
    await challenges.block(row("u", EPOCH + HOUR, 2))
    job = EngagementNotifications(HeldClock(NOW), rows_max=10)
    reports = [await job.incremental(Session(challenges.connection)) for _ in range(5)]
    assert [(report.keys, report.more) for report in reports] == [(10, True)] * 3 + [(1, False), (0, False)]
    assert reports[-1].is_quiet
    assert await told(challenges) == [(1, "c", "000"), (2, "u", "1")]


async def test_a_late_completion_is_told_at_once(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", EPOCH, 1))
    await run_at(challenges, NOW + 30 * DAY)
    await challenges.block(row("fp", EPOCH + DAY, 2, "2"))
    await run_at(challenges, NOW + 30 * DAY)
    assert await told(challenges) == [(1, "u", "1"), (2, "fp", "2")]


async def test_an_hour_holds_for_what_is_completed_late_too(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", EPOCH + 30 * MINUTE))
    await run_at(challenges)
    await challenges.block(row("fp", EPOCH), row("m", EPOCH - HOUR))
    await run_at(challenges)
    assert await told(challenges) == [(1, "m", "1"), (1, "u", "1")]


async def test_a_completion_by_an_update_waits_as_well(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", None))
    await challenges.block(row("u", EPOCH))
    await challenges.block(row("u", EPOCH, current_step_count=9))  # written again
    assert await queued(challenges) == 1
    await run_at(challenges)
    assert await told(challenges) == [(1, "u", "1")]


@pytest.mark.parametrize("takes_back", [True, False], ids=["taken back between", "corrected"])
async def test_a_completion_that_moves_waits_from_where_it_is(challenges: ChallengeWorld, *, takes_back: bool) -> None:
    await challenges.block(row("u", EPOCH))
    if takes_back:
        await challenges.block(row("u", None))
    await challenges.block(row("u", EPOCH + 3 * DAY))
    await run_at(challenges, EPOCH + COOLDOWN + MINUTE)
    assert await told(challenges) == []
    await run_at(challenges, EPOCH + 3 * DAY + COOLDOWN)
    assert await told(challenges) == []
    await run_at(challenges, EPOCH + 3 * DAY + COOLDOWN + MINUTE)
    assert await told(challenges) == [(1, "u", "1")]
    assert await queued(challenges) == 0


async def test_the_first_is_told_by_when_it_was_completed_at_last(challenges: ChallengeWorld) -> None:
    await challenges.block(row("u", EPOCH), row("fp", EPOCH + 10 * MINUTE))
    await challenges.block(row("u", EPOCH + 30 * MINUTE))
    await run_at(challenges)
    assert await told(challenges) == [(1, "fp", "1")]


@pytest.mark.parametrize("challenge_id", ["b", "s"])
async def test_purchases_are_told_though_their_cooldown_is_not(challenges: ChallengeWorld, challenge_id: str) -> None:
    await challenges.block(row(challenge_id, EPOCH))
    assert await challenges.all("TABLE notification") == []
    await run_at(challenges)
    assert await told(challenges) == [(1, challenge_id, "1")]


@pytest.mark.parametrize(
    "gone",
    [
        "INSERT INTO challenge_disbursements VALUES ('u', 1, '1', 's', 1, '1')",
        "INSERT INTO sol_reward_disbursements VALUES ('s', 0, 1, 1, 'b', 'u', '1')",
        "DELETE FROM user_challenges",
        "UPDATE user_challenges SET is_complete = false",
        """
        INSERT INTO notification (group_id, specifier, type, timestamp, user_ids)
        VALUES ('claimable_reward:1:challenge:u:specifier:1', '1', 'claimable_reward', '2025-06-01', '{1}')
        """,
    ],
    ids=["paid", "paid by the newer table", "deleted", "taken back", "told by another program"],
)
async def test_what_cannot_be_claimed_or_was_told_is_decided_too(challenges: ChallengeWorld, gone: str) -> None:
    await challenges.block(row("u", EPOCH))
    await challenges.connection.execute(gone.encode())
    before = await told(challenges)
    await run_at(challenges)
    assert await told(challenges) == before
    assert await queued(challenges) == 0


@pytest.mark.parametrize(
    ("days", "told_on"),
    [(3, 3), (14, 14), (0, 0), (None, 0)],
    ids=["shorter", "longer", "none", "none in the catalogue"],
)
async def test_a_changed_cooldown_holds_for_all_that_wait(
    challenges: ChallengeWorld, days: int | None, told_on: int
) -> None:
    await challenges.block(row("u", EPOCH))
    await run_at(challenges, EPOCH)
    await challenges.set("u", cooldown_days=days)
    await run_at(challenges, EPOCH + told_on * DAY)
    assert await told(challenges) == []
    await run_at(challenges, EPOCH + told_on * DAY + MINUTE)
    assert await told(challenges) == [(1, "u", "1")]
    await challenges.set("u", cooldown_days=7)
    await run_at(challenges, EPOCH + 30 * DAY)
    assert await told(challenges) == [(1, "u", "1")]


async def test_what_has_no_cooldown_waits_for_nothing(challenges: ChallengeWorld) -> None:
    await challenges.block(row("v", EPOCH), row("tt", EPOCH), row("dvl", EPOCH), row("u", None))
    assert await queued(challenges) == 0


async def test_silent_completions_stay_silent(challenges: ChallengeWorld) -> None:
    await challenges.connection.execute("SET backbeat.challenge_notifications = off")
    await challenges.block(row("u", EPOCH))
    await challenges.connection.execute("RESET backbeat.challenge_notifications")
    await challenges.connection.execute(
        "INSERT INTO backbeat.challenge_starts VALUES ('fp', 'backfill', false, 1, 1, now(), NULL)"
    )
    await challenges.block(row("fp", EPOCH, 2))
    assert await queued(challenges) == 0


async def test_the_past_of_a_database_is_gone_through_in_ranges(challenges: ChallengeWorld) -> None:
    async with unseen(challenges):
        await challenges.block(row("c", EPOCH, user, f"{user}") for user in range(1, 8))
        await challenges.block(row("u", NOW - DAY, 9, "9"), row("v", EPOCH, 10, "a"), row("p", None, 11, "b"))
        await challenges.block(row("c", datetime(2024, 6, 5), 12, "c"), row("c", datetime(2024, 6, 6), 13, "d"))  # noqa: DTZ001
        await challenges.block(row("fp", EPOCH, 14, "1"), paid("sol_reward_disbursements", "fp"))
    assert await queued(challenges) == 0
    job = EngagementNotifications(HeldClock(NOW), rows_max=500, sweep_rows_max=3)
    report = await job.incremental(Session(challenges.connection))
    assert (report.keys, report.more) == (3, True)
    await challenges.run(job)
    assert await told(challenges) == [(13, "c", "d"), *((user, "c", f"{user}") for user in range(1, 8))]
    assert await queued(challenges) == 1  # what is in its cooldown
    await run_at(challenges, NOW + 7 * DAY)
    assert (9, "u", "9") in await told(challenges)


async def test_a_past_that_was_judged_without_a_word_is_left_out(challenges: ChallengeWorld) -> None:
    async with unseen(challenges):
        await challenges.block(row("u", EPOCH, 1), row("fp", EPOCH, 2))
    await challenges.connection.execute(
        "INSERT INTO backbeat.challenge_starts VALUES ('u', 'backfill', false, 1, 1, now(), now())"
    )
    await run_at(challenges)
    assert await told(challenges) == [(2, "fp", "1")]


def naive(completions: Iterable[tuple[datetime, int, str]]) -> list[tuple[int, str, str]]:
    """Tell one after another."""
    heard: list[tuple[datetime, int, str]] = []
    for at, user, specifier in sorted(completions, key=lambda one: (one[0], one[2])):
        if not any(user == other and abs(at - before) <= HOUR for before, other, _ in heard):
            heard.append((at, user, specifier))
    return [(user, "c", specifier) for _, user, specifier in heard]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rows_max", [1, 3, 500])
async def test_the_same_completions_are_told_however_runs_divide_them(
    challenges: ChallengeWorld, seed: int, rows_max: int
) -> None:
    chance = random.Random(seed)
    completions = [
        (EPOCH + chance.randrange(600) * MINUTE, chance.randrange(1, 5), f"{number:02}") for number in range(40)
    ]
    await challenges.block(row("c", at, user, specifier) for at, user, specifier in completions)
    for minutes in sorted(chance.sample(range(700), chance.choice([1, 2, 20]))):
        await run_at(challenges, EPOCH + COOLDOWN + minutes * MINUTE, rows_max=rows_max)
    await run_at(challenges, NOW, rows_max=rows_max)
    assert sorted(await told(challenges)) == sorted(naive(completions))
