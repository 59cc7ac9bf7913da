"""Domain scenarios S48 to S55: milestones and listening streaks."""

from datetime import timedelta
from typing import Any

import pytest

from backbeat.derived.challenges.listen_streak import LISTEN_STREAK, TERMS
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.incremental.run import Positions
from backbeat.incremental.transaction import Session
from harness.challenge_world import EPOCH, ChallengeWorld, Row, play, track, user

HOUR = timedelta(hours=1)
NEW_YEAR = EPOCH.replace(month=1, day=1, hour=12)


def artist(user_id: int, plays: int, *, verified: bool = True, **columns: Any) -> list[Row]:
    owned = [user(user_id, verified=verified), track(user_id, user_id)]
    return [*owned, *[play(user_id, **columns)] * plays]


async def test_s48_verified_artists_earn(challenges: ChallengeWorld) -> None:
    await challenges.block(artist(400, 300), artist(401, 300, verified=False))
    await challenges.run(PLAY_COUNT_MILESTONES)
    assert await challenges.rows() == ["p1|190:250|400|yes|250|25", "p2|190:1000|400|no|300|100"]


async def test_s49_tiers_open_one_after_another(challenges: ChallengeWorld) -> None:
    await challenges.block(artist(410, 1500), artist(420, 300))
    await challenges.run(PLAY_COUNT_MILESTONES)
    assert sorted(await challenges.rows()) == [
        "p1|19a:250|410|yes|250|25",
        "p1|1a4:250|420|yes|250|25",
        "p2|19a:1000|410|yes|1000|100",
        "p2|1a4:1000|420|no|300|100",
        "p3|19a:10000|410|no|1500|1000",
    ]


@pytest.mark.parametrize(
    ("plays", "expected"),
    [(249, ["p1|1:250|1|no|249|25"]), (250, ["p1|1:250|1|yes|250|25", "p2|1:1000|1|no|250|100"])],
)
async def test_s50_thresholds(challenges: ChallengeWorld, plays: int, expected: list[str]) -> None:
    await challenges.block(artist(1, plays))
    await challenges.run(PLAY_COUNT_MILESTONES)
    assert await challenges.rows() == expected


async def test_s50_plays_before_2025_and_inactive_tiers(challenges: ChallengeWorld) -> None:
    await challenges.block(artist(1, 5000, created_at=NEW_YEAR - 24 * HOUR))
    await challenges.run(PLAY_COUNT_MILESTONES)
    assert await challenges.rows() == []
    await challenges.set("p1", active=False)
    await challenges.block(artist(2, 100))
    await challenges.run(PLAY_COUNT_MILESTONES)
    assert await challenges.rows() == ["p2|2:1000|2|no|100|100"]


async def listen(challenges: ChallengeWorld, *hours: float, user_id: int | None = 610, at_once: bool = True) -> None:
    for hour in hours:
        await challenges.block(play(1, user_id, created_at=NEW_YEAR + hour * HOUR))
        if not at_once:
            await challenges.run(LISTEN_STREAK)
    await challenges.run(LISTEN_STREAK)


async def streak(challenges: ChallengeWorld) -> list[int]:
    return [days for (days,) in await challenges.all("SELECT listen_streak FROM challenge_listen_streak")]


@pytest.fixture(params=[True, False], ids=["one_batch", "batch_each"])
async def listening(request: pytest.FixtureRequest, challenges: ChallengeWorld) -> tuple[ChallengeWorld, bool]:
    await challenges.set("e", active=True)
    return challenges, request.param


async def test_s51_inactive(challenges: ChallengeWorld) -> None:
    await listen(challenges, 0, 20)
    assert (await challenges.rows(), await streak(challenges)) == ([], [])
    assert await challenges.checkpoint("challenges:e:last_play_id") is None


async def test_s52_three_days_share_a_row(listening: tuple[ChallengeWorld, bool]) -> None:
    challenges, at_once = listening
    await listen(challenges, 0, 20, 40, at_once=at_once)
    assert await streak(challenges) == [3]
    assert await challenges.rows() == ["e|2622025010112|610|no|3|7"]


async def test_s53_sixteen_and_fortyeight_hours(listening: tuple[ChallengeWorld, bool]) -> None:
    challenges, at_once = listening
    await listen(challenges, 0, 15, 16, 17, at_once=at_once)
    assert await streak(challenges) == [2]
    await listen(challenges, 32, 79, at_once=at_once)
    assert await streak(challenges) == [4]
    await listen(challenges, 127, at_once=at_once)
    assert await streak(challenges) == [1]
    assert await challenges.rows() == ["e|2622025010112|610|no|4|7", "e|2622025010619|610|no|1|7"]


async def test_s54_nine_days(listening: tuple[ChallengeWorld, bool]) -> None:
    challenges, at_once = listening
    await listen(challenges, *(24 * day for day in range(9)), at_once=at_once)
    assert await challenges.rows() == [
        "e|2622025010112|610|yes|7|7",
        "e|2622025010812|610|yes|1|1",
        "e|2622025010912|610|yes|1|1",
    ]
    stamps = "SELECT completed_at, completed_blocknumber IS NULL FROM user_challenges ORDER BY specifier"
    assert await challenges.all(stamps) == [(NEW_YEAR + 24 * day * HOUR, False) for day in (6, 7, 8)]


async def test_s55_anonymous_plays_and_repeats(listening: tuple[ChallengeWorld, bool]) -> None:
    challenges, at_once = listening
    await listen(challenges, 0, 24, user_id=None, at_once=at_once)
    assert (await challenges.rows(), await streak(challenges)) == ([], [])
    await listen(challenges, 0, 0.3, 0.6, at_once=at_once)
    assert await streak(challenges) == [1]


async def test_e_late_plays_change_nothing(listening: tuple[ChallengeWorld, bool]) -> None:
    challenges, at_once = listening
    await listen(challenges, 100, 50, 0, 80, at_once=at_once)
    assert await streak(challenges) == [1]
    assert await challenges.rows() == ["e|2622025010516|610|no|1|7"]


async def test_e_a_streak_that_goes_on_for_two_weeks_and_breaks(listening: tuple[ChallengeWorld, bool]) -> None:
    challenges, at_once = listening
    await listen(challenges, *(24 * day for day in range(14)), at_once=at_once)
    await listen(challenges, 24 * 16, 24 * 17, at_once=at_once)
    found = await challenges.rows()
    assert len(found) == 9
    assert sum(int(row.rsplit("|", 1)[1]) for row in found if "|yes|" in row) == 14
    assert found[-1] == "e|2622025011712|610|no|2|7"


LISTENER, STRANGER = 0x2DC6C1, 0x2DC6C120  # with the year 26 for two digits, their rows would have one name


@pytest.mark.parametrize("at_once", [True, False])
async def test_e_a_year_of_two_digits_is_nobody_elses_row(challenges: ChallengeWorld, at_once: bool) -> None:
    await challenges.set("e", active=True)
    morning = EPOCH.replace(year=2026, month=1, day=6, hour=0, minute=5)
    await challenges.block(at=morning)
    for day in range(3):
        await challenges.block(play(1, LISTENER, created_at=morning + day * 24 * HOUR))
    if not at_once:
        await challenges.run(LISTEN_STREAK)
    await challenges.block(play(1, STRANGER, created_at=morning.replace(year=26)))
    await challenges.run(LISTEN_STREAK)
    assert await challenges.rows() == [
        f"e|2dc6c12026010600|{LISTENER}|no|3|7",
        f"e|2dc6c1200026010600|{STRANGER}|no|1|7",
    ]


async def test_e_a_row_of_another_user_stays_as_it_is(challenges: ChallengeWorld) -> None:
    await challenges.set("e", active=True)
    known = {"is_complete": False, "current_step_count": 5, "amount": 7}
    await challenges.block(
        Row("user_challenges", {"challenge_id": "e", "specifier": "2622025010112", "user_id": 7, **known})
    )
    await listen(challenges, 0, 20)
    assert await challenges.rows() == ["e|2622025010112|7|no|5|7"]


@pytest.mark.parametrize("year", [1, 9999, -4000, 200_000])
async def test_e_a_play_of_another_age_freezes_no_streak(listening: tuple[ChallengeWorld, bool], year: int) -> None:
    challenges, at_once = listening
    await listen(challenges, 0, 20, at_once=at_once)
    await challenges.block(play(1, 610))
    await challenges.connection.execute(
        "UPDATE plays SET created_at = created_at + make_interval(years => %s) WHERE id = (SELECT max(id) FROM plays)",
        [year - 2025],
    )
    await listen(challenges, 40, at_once=at_once)
    assert await streak(challenges) == [3]
    assert await challenges.rows() == ["e|2622025010112|610|no|3|7"]


@pytest.mark.parametrize("date", ["infinity", "9000-01-01", "100000-01-01", "-infinity", "0500-01-01 BC"])
async def test_e_a_streak_that_was_frozen_begins_again(challenges: ChallengeWorld, date: str) -> None:
    await challenges.set("e", active=True)
    await listen(challenges, 0)
    await challenges.connection.execute("UPDATE challenge_listen_streak SET last_listen_date = %s::timestamp", [date])
    await listen(challenges, 20, 40)
    assert await streak(challenges) == [2]


async def test_e_a_race_that_was_lost_is_told(challenges: ChallengeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    await challenges.set("e", active=True)
    await listen(challenges, 0)
    await challenges.block(play(1, 610, created_at=NEW_YEAR + 20 * HOUR))
    looked = await Positions.peek_beside(challenges.connection, [LISTEN_STREAK.feed], TERMS)
    await challenges.run(LISTEN_STREAK)

    async def stale(*_asked: object) -> tuple[Positions, object]:
        return looked

    monkeypatch.setattr(Positions, "peek_beside", stale)
    report = await LISTEN_STREAK.incremental(Session(challenges.connection))
    assert (report.conflict, report.more, report.rows_written) == (True, True, 0)
