"""The reminder of a streak that is about to break (domain: challenges, 6.4; derived state, 4.7)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backbeat.derived.challenges.listen_streak_reminder import ListenStreakReminder
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness.challenge_world import EPOCH, ChallengeWorld, Row, play

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
DUE = 42 * HOUR


def streak(user: int, last: datetime | None, days: int = 3) -> Row:
    return Row("challenge_listen_streak", {"user_id": user, "listen_streak": days, "last_listen_date": last})


async def listen(world: ChallengeWorld, user: int, at: datetime) -> None:
    """Move a streak on."""
    statement = "UPDATE challenge_listen_streak SET last_listen_date = %s WHERE user_id = %s"
    await world.connection.execute(statement, [at, user])


async def remind(world: ChallengeWorld, now: datetime, *, chain: datetime | None = None) -> list[int]:
    """Run at that time, of the chain as well unless told; return who is reminded that was not before."""
    before = await reminded(world)
    await world.block(at=chain or now)
    await world.run(ListenStreakReminder(HeldClock(now)))
    after = await reminded(world)
    assert after[: len(before)] == before
    return after[len(before) :]


async def reminded(world: ChallengeWorld) -> list[int]:
    return [user for (user,) in await world.all("SELECT specifier::int FROM notification ORDER BY id")]


async def begin(world: ChallengeWorld, streaks: Iterable[Row]) -> None:
    """Write streaks of which none is due yet, and open the position."""
    await world.block(*streaks)
    assert await remind(world, EPOCH) == []


@pytest.mark.parametrize(
    ("hours", "expected"), [(41.9, False), (42, True), (42.5, True), (43, True), (43.1, False), (None, False)]
)
async def test_48_a_streak_that_is_about_to_break_is_told_of_once(
    challenges: ChallengeWorld, hours: float | None, expected: bool
) -> None:
    last = None if hours is None else EPOCH - hours * HOUR
    await challenges.block(streak(7, last))
    for _ in range(2):
        await challenges.run(ListenStreakReminder(HeldClock(EPOCH)))
    found = await challenges.all("SELECT type, group_id, specifier, user_ids, timestamp, data FROM notification")
    day = None if last is None else last.date()
    wanted: tuple[Any, ...] = (
        "listen_streak_reminder", f"listen_streak_reminder:7:{day}", "7", [7], EPOCH, {"streak": 3},
    )  # fmt: skip
    assert found == ([wanted] if expected else [])


async def test_48_who_listens_again_is_reminded_again(challenges: ChallengeWorld) -> None:
    await begin(challenges, [streak(7, EPOCH)])
    assert await remind(challenges, EPOCH + DUE) == [7]
    again = EPOCH + DUE + 5 * HOUR
    await listen(challenges, 7, again)
    assert await remind(challenges, again + DUE - MINUTE) == []
    assert await remind(challenges, again + DUE + MINUTE / 2) == [7]
    assert await remind(challenges, again + DUE + HOUR) == []


async def test_what_fell_due_in_a_downtime_is_sent_late_unless_the_streak_is_broken(challenges: ChallengeWorld) -> None:
    await begin(challenges, [streak(user, EPOCH + user * HOUR) for user in range(1, 13)])
    assert await remind(challenges, EPOCH + DUE + HOUR) == [1]
    # ten hours later those of the first four of them are broken: 48 hours and not less
    assert await remind(challenges, EPOCH + DUE + 11 * HOUR) == [10, 11, 6, 7, 8, 9]
    assert await remind(challenges, EPOCH + DUE + 12 * HOUR) == [12]
    assert await remind(challenges, EPOCH + DUE + 48 * HOUR) == []


async def test_a_rest_is_sent_by_the_next_run(challenges: ChallengeWorld) -> None:
    await begin(challenges, [streak(user, EPOCH + user * MINUTE) for user in range(1, 6)])
    job = ListenStreakReminder(HeldClock(EPOCH + DUE + HOUR), rows_max=2)
    await challenges.block(at=EPOCH + DUE + HOUR)
    reports = [await job.incremental(Session(challenges.connection)) for _ in range(4)]
    assert [(report.inserted, report.more) for report in reports] == [(2, True), (2, True), (1, False), (0, False)]
    assert reports[-1].is_quiet


async def test_nobody_is_reminded_before_it_is_known_who_listened(challenges: ChallengeWorld) -> None:
    """As after a downtime of the block loop: its blocks tell that a user listened long ago."""
    await begin(challenges, [streak(1, EPOCH), streak(2, EPOCH)])
    late = EPOCH + DUE + 2 * HOUR
    assert await remind(challenges, late, chain=late - MINUTE - MINUTE / 60) == []
    await listen(challenges, 1, EPOCH + DUE - HOUR)
    assert await remind(challenges, late, chain=late - MINUTE / 2) == [2]


@pytest.mark.parametrize("active", [True, False])
async def test_plays_that_are_still_to_be_counted_are_waited_for(challenges: ChallengeWorld, active: bool) -> None:
    await challenges.set("e", active=active)
    await begin(challenges, [streak(1, EPOCH)])
    await challenges.block(play(1, 1, created_at=EPOCH + HOUR))
    now = EPOCH + DUE + HOUR
    assert await remind(challenges, now) == ([] if active else [1])
    await challenges.connection.execute(
        "INSERT INTO indexing_checkpoints (tablename, last_checkpoint) VALUES ('challenges:e:last_play_id', 1)"
    )
    assert await remind(challenges, now) == ([1] if active else [])


async def test_plays_of_other_programs_are_not_waited_for(challenges: ChallengeWorld) -> None:
    """Nobody counts them before the chain's own plays are beyond them."""
    await challenges.set("e", active=True)
    await begin(challenges, [streak(1, EPOCH)])
    statement = "INSERT INTO plays (id, user_id, play_item_id, created_at) VALUES (9, 1, 1, %s)"
    await challenges.connection.execute(statement, [EPOCH])
    assert await remind(challenges, EPOCH + DUE) == [1]


async def test_nobody_is_reminded_before_the_first_block(challenges: ChallengeWorld) -> None:
    await challenges.block(streak(1, EPOCH - DUE))
    await challenges.connection.execute("DELETE FROM backbeat.cursor")
    await challenges.run(ListenStreakReminder(HeldClock(EPOCH)))
    assert await reminded(challenges) == []
