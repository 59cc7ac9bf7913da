"""Domain scenarios S56 to S62: weekly trending."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from backbeat.derived.challenges.weekly_trending import MISSED_MAX, trending
from backbeat.jobs.catalog import find
from backbeat.settings import ChallengesSettings, Settings
from builders.clocks import HeldClock
from harness.challenge_world import ChallengeWorld, Row, playlist, playlist_score, score, track, user

FRIDAY = datetime(2026, 5, 22, 10)  # noqa: DTZ001 - the network's columns hold naive UTC
DAY = timedelta(days=1)
WEEK = "2026-05-22"


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(FRIDAY)


async def run(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.run(*trending(clock))


def scored(*owners: int, first_track: int = 1, at: datetime = FRIDAY) -> list[Row]:
    """A track for each owner, best first, with scores from 100 down."""
    rows: list[Row] = []
    for number, owner in enumerate(owners):
        rows += [track(first_track + number, owner), score(first_track + number, 100 - number, at)]
    return rows


async def results(challenges: ChallengeWorld) -> list[tuple[object, ...]]:
    return await challenges.all("SELECT type, rank, id, user_id FROM trending_results ORDER BY 1, 2")


async def test_s56_the_best_of_a_week(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(scored(500, 501, 502))
    await run(challenges, clock)
    expected = [f"tt|{WEEK}:{rank}|{499 + rank}|yes|1|1000" for rank in (1, 2, 3)]
    assert await challenges.rows() == expected
    assert await results(challenges) == [("TRACKS", rank, str(rank), 499 + rank) for rank in (1, 2, 3)]
    told = "SELECT specifier, user_ids, data FROM notification WHERE type = 'trending' ORDER BY 1"
    assert await challenges.all(told) == [
        (str(rank), [499 + rank], {"time_range": "week", "genre": "all", "rank": rank, "track_id": rank})
        for rank in (1, 2, 3)
    ]
    await challenges.block(scored(900, first_track=9))
    await run(challenges, clock)
    assert await challenges.rows() == expected


@pytest.mark.parametrize("days", [-1, 1])
async def test_s57_other_days(challenges: ChallengeWorld, clock: HeldClock, days: int) -> None:
    clock.at += days * DAY
    await challenges.block(scored(500, 501, 502))
    await run(challenges, clock)
    assert (await challenges.rows(), await results(challenges)) == ([], [])


async def test_s58_ten_ranks_and_two_amounts(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(scored(*range(500, 512)))
    held = [
        Row("playlist_tracks", {"playlist_id": 70 + number, "track_id": 1 + other, "is_removed": False})
        for number in range(12)
        for other in range(5)
    ]
    lists = [playlist(70 + number, 700 + number, 1) for number in range(12)]
    await challenges.block(lists, held, [playlist_score(70 + number, 100 - number, FRIDAY) for number in range(12)])
    await run(challenges, clock)
    tracks, playlists = await challenges.rows("tt"), await challenges.rows("tp")
    assert [row.rsplit("|", 1)[1] for row in tracks] == ["1000"] * 5 + ["100"] * 5
    assert [row.rsplit("|", 1)[1] for row in playlists] == ["100"] * 5 + ["10"] * 5


@pytest.mark.parametrize("followers", [10, 1500])
async def test_s59_underground(challenges: ChallengeWorld, clock: HeldClock, followers: int) -> None:
    owners = range(500, 525)
    await challenges.block([user(owner) for owner in owners], scored(*owners))
    sizes = [Row("aggregate_user", {"user_id": owner, "follower_count": 10, "following_count": 0}) for owner in owners]
    big = Row("aggregate_user", {"user_id": 520, "follower_count": followers})
    await challenges.block(sizes, big)
    await run(challenges, clock)
    small = [owner for owner in range(520, 525) if followers < 1500 or owner != 520]
    expected = [f"tut|{WEEK}:{rank}|{owner}|yes|1|1000" for rank, owner in enumerate(small, 1)]
    assert await challenges.rows("tut") == expected


async def test_s59_fewer_than_twentyone(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block([user(owner) for owner in range(500, 520)], scored(*range(500, 520)))
    await run(challenges, clock)
    assert await challenges.rows("tut") == []


async def test_s60_one_owner_twice_and_ties(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(track(1, 5), track(2, 5), track(3, 6), *(score(number, 9, FRIDAY) for number in (1, 2, 3)))
    await run(challenges, clock)
    assert await results(challenges) == [("TRACKS", 1, "3", 6), ("TRACKS", 2, "2", 5), ("TRACKS", 3, "1", 5)]
    assert len(await challenges.rows("tt")) == 3


async def test_s61_scores_that_come_late(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(track(1, 5))
    await run(challenges, clock)
    assert await results(challenges) == []
    clock.at += timedelta(hours=5)
    await challenges.block(score(1, 9, clock.at))
    await run(challenges, clock)
    assert await challenges.rows() == [f"tt|{WEEK}:1|5|yes|1|1000"]


async def test_s62_rows_carry_the_newest_block(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(scored(500, 501), number=100)
    await challenges.block(playlist(1, 1, 1), number=200)
    await run(challenges, clock)
    assert await challenges.all("SELECT DISTINCT completed_blocknumber FROM user_challenges") == [(200,)]


async def test_tt_hidden_tracks_do_not_win(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(scored(1, 2, 3, 4, 5, 6))
    await challenges.block(
        track(1, 1, is_delete=True), track(2, 2, is_unlisted=True), track(3, 3, stem_of={"x": 1}),
        track(4, 4, is_stream_gated=True), user(5, deactivated=True),
    )  # fmt: skip
    await run(challenges, clock)
    assert await challenges.rows() == [f"tt|{WEEK}:1|6|yes|1|1000"]


async def test_tt_a_week_paid_by_an_older_network_is_paid(challenges: ChallengeWorld, clock: HeldClock) -> None:
    older = {
        "user_id": 1, "id": "1", "rank": 1, "type": "TrendingType.TRACKS", "version": "TrendingVersion.pnagD",
        "week": FRIDAY.date(),
    }  # fmt: skip
    await challenges.block(scored(500), Row("trending_results", older))
    await run(challenges, clock)
    assert await challenges.rows() == []


async def test_tt_a_missed_friday_is_caught_up_while_its_scores_stand(
    challenges: ChallengeWorld, clock: HeldClock
) -> None:
    await challenges.block(scored(500, at=FRIDAY))
    await run(challenges, clock)
    clock.at = FRIDAY + 8 * DAY
    await challenges.block(score(1, 50, FRIDAY + 7 * DAY))
    await run(challenges, clock)
    assert await challenges.rows() == [f"tt|{WEEK}:1|500|yes|1|1000", "tt|2026-05-29:1|500|yes|1|1000"]


async def test_tt_a_friday_that_is_lost_is_reported_once(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(scored(500, at=FRIDAY))
    tracks, *_ = trending(clock)
    await challenges.run(tracks)
    clock.at = FRIDAY + 8 * DAY
    await challenges.block(score(1, 50, clock.at))
    with capture_logs() as logs:
        await challenges.run(tracks)
        await challenges.run(tracks)
    assert [(line["event"], line["week"]) for line in logs] == [("weekly_trending_missed", "2026-05-29")]
    assert len(await challenges.rows()) == 1


async def test_tt_every_friday_of_a_long_absence_is_reported(challenges: ChallengeWorld, clock: HeldClock) -> None:
    """Also where today is paid, and the one whose scores still stand is caught up."""
    await challenges.block(scored(500, at=FRIDAY))
    tracks, *_ = trending(clock)
    await challenges.run(tracks)
    clock.at = FRIDAY + 28 * DAY
    await challenges.block(score(1, 50, FRIDAY + 14 * DAY))
    with capture_logs() as logs:
        await challenges.run(tracks)
    assert [(line["event"], line["week"]) for line in logs] == [
        ("weekly_trending_missed", "2026-05-29"),
        ("weekly_trending_missed", "2026-06-12"),
    ]
    assert [row.split("|")[1] for row in await challenges.rows()] == [f"{WEEK}:1", "2026-06-05:1", "2026-06-19:1"]


async def test_tt_a_friday_of_a_life_long_ago_is_not_searched_for(challenges: ChallengeWorld, clock: HeldClock) -> None:
    await challenges.block(scored(500, at=FRIDAY))
    tracks, *_ = trending(clock)
    await challenges.run(tracks)
    clock.at = FRIDAY + 70_000 * DAY
    await challenges.block(score(1, 50, clock.at - 3 * DAY))
    with capture_logs() as logs:
        await challenges.run(tracks)
    assert len(logs) == MISSED_MAX


@pytest.mark.parametrize(("winners", "expected"), [("public", []), ("any", [(1, "tt"), (9, "tp")])])
async def test_tt_who_may_win_is_a_setting(
    challenges: ChallengeWorld, clock: HeldClock, winners: Any, expected: list[tuple[int, str]]
) -> None:
    await challenges.block(scored(1, 2), playlist(70, 9, 1), playlist_score(70, 9, FRIDAY))
    await challenges.block(track(1, 1, is_delete=True), track(2, 2, is_unlisted=True), user(2, deactivated=True))
    await challenges.run(*trending(clock, winners))
    found = await challenges.all("SELECT user_id, challenge_id FROM user_challenges ORDER BY 1")
    assert found == expected


@pytest.mark.parametrize(("settings", "expected"), [({}, "public"), ({"weekly_winners": "any"}, "any")])
def test_tt_the_setting_reaches_the_jobs(settings: dict[str, Any], expected: Any) -> None:
    chosen = Settings(challenges=ChallengesSettings(**settings))
    for winner in trending(winners=expected):
        run: Any = find(winner.name, chosen).run
        assert run.__self__._snapshot == winner._snapshot
