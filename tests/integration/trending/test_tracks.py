"""The domain's scenarios of trending tracks, derived state section 9, by number."""

from datetime import timedelta
from typing import Any

import pytest
from integration.trending.tracks_world import DAY, HOUR, Do, Pass, Step, TracksWorld, check, engage, follow, play, user
from integration.trending.tracks_world import track as a_track
from psycopg import AsyncConnection

from backbeat.derived.trending.tracks import TrendingTracks
from backbeat.incremental.transaction import Session
from harness.check import settle
from harness.every_feed_world import wall_clock

TRENDING = TrendingTracks(clock=wall_clock)
YEAR = range(1_000, 2_000)

PEOPLE: Step = [
    *(user(number) for number in (1, 2, 4)),
    user(3, complete=False),
    follow(1, YEAR[:10]),
    follow(2, YEAR[:100]),
    follow(3, YEAR[:500]),
    follow(4, YEAR[:40]),
]
HEARD: Step = [play(7, HOUR), engage("repost", 2, 7, HOUR)]


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> TracksWorld:
    made = await TracksWorld.empty(connection)
    await made.apply(PEOPLE)
    return made


async def run(world: TracksWorld, *steps: Step) -> None:
    for step in steps:
        await world.apply(step)
        await settle(TRENDING, world.connection)
        await check(world, TRENDING)


def exact(**scores: float) -> Any:
    return pytest.approx(scores, rel=1e-12, abs=0)


async def test_s1_fresh(world: TracksWorld) -> None:
    await run(world, [a_track(7, age=2 * DAY, release_date=world.now - 2 * DAY), *HEARD])
    assert await world.scores(7) == exact(week=5_125, month=5_125, allTime=125)
    assert (await world.scores(7, "AnlGe"))["week"] == pytest.approx(153.97147040636042, rel=1e-12)


async def test_s2_several_engage(world: TracksWorld) -> None:
    more = [play(7, 10 * DAY), play(7, 60 * DAY), engage("save", 2, 7, HOUR), engage("save", 3, 7, 20 * DAY)]
    await run(world, [a_track(7, age=2 * DAY), *HEARD], [*more, engage("save", 4, 7, 200 * DAY)])
    assert await world.scores(7) == exact(week=12_547.2, month=13_027.2, allTime=787.2)


@pytest.mark.parametrize("owner_is_gone", [False, True])
async def test_s3_s4_too_few_followers_or_no_aggregate_row(world: TracksWorld, *, owner_is_gone: bool) -> None:
    await run(world, [a_track(7, age=2 * DAY), *HEARD], [follow(1, YEAR[2:10], gone=True)])
    assert await world.scores(7) == exact(week=0, month=0, allTime=0)
    if owner_is_gone:
        await run(world, [Do("DELETE FROM aggregate_user WHERE user_id = 1")])
        assert await world.scores(7) == exact(week=5_125, month=5_125, allTime=125)


async def test_s5_eight_days_and_23_hours_are_eight_days(world: TracksWorld) -> None:
    await run(world, [a_track(7, age=8 * DAY + 23 * HOUR), *HEARD])
    assert await world.scores(7) == exact(week=989.482586052665, month=5_125, allTime=125)


async def test_s6_s7_a_release_comes_without_any_event(world: TracksWorld) -> None:
    heard = [play(7, -4 * DAY), engage("repost", 2, 7, -4 * DAY)]
    await run(world, [a_track(7, age=100 * DAY, release_date=world.now + 3 * DAY), *heard])
    assert await world.scores(7) == exact(week=0.05125, month=0.05125, allTime=125)
    await run(world, [Pass(4 * DAY)])
    assert await world.scores(7) == exact(week=5_125, month=5_125, allTime=125)


@pytest.mark.parametrize("columns", [{"is_unlisted": True}, {"is_delete": True}, {"stem_of": "{}"}])
async def test_s8_s15_hidden_tracks_have_no_rows(world: TracksWorld, columns: dict[str, Any]) -> None:
    await run(world, [a_track(7), a_track(8, **columns), *HEARD, play(8)])
    assert await world.scores(8) == {}
    kept = await world.scores(7)
    await run(world, [a_track(7, **columns), a_track(9)])
    assert await world.scores(7) == {}
    shown: dict[str, Any] = {"is_unlisted": False, "is_delete": False, "stem_of": None}
    await run(world, [a_track(7, **{name: shown[name] for name in columns})])
    assert await world.scores(7) == kept


async def test_s9_never_played(world: TracksWorld) -> None:
    await run(world, [a_track(7), engage("save", 2, 7, HOUR)])
    assert await world.scores(7) == exact(week=101, month=101)
    await run(world, [play(7)])
    assert await world.scores(7) == exact(week=201, month=201, allTime=101)


async def test_s10_no_karma(world: TracksWorld) -> None:
    await run(world, [a_track(7), play(7), engage("repost", 3, 7)])
    assert await world.scores(7) == exact(week=0, month=0, allTime=0)
    assert (await world.scores(7, "AnlGe"))["week"] == pytest.approx(51.25, rel=1e-12)


async def test_s11_withdrawn(world: TracksWorld) -> None:
    await run(world, [a_track(7), *HEARD], [engage("repost", 2, 7, gone=True)])
    assert await world.scores(7) == exact(week=0, month=0, allTime=0)


async def test_s12_the_edge_is_outside(world: TracksWorld) -> None:
    edge = [play(7, 7 * DAY), play(7, 7 * DAY - timedelta(microseconds=1)), engage("save", 2, 7, 60 * DAY)]
    await run(world, [a_track(7), *edge])
    assert (await world.scores(7))["week"] == pytest.approx(101, rel=1e-12)
    await run(world, [Pass(timedelta(microseconds=1))])
    assert (await world.scores(7))["week"] == pytest.approx(1, rel=1e-12)


async def test_s13_nothing_changed_nothing_written(world: TracksWorld) -> None:
    await run(world, [a_track(7), *HEARD])
    before = await written(world)
    assert (await TRENDING.incremental(Session(world.connection))).is_quiet
    report = await TRENDING.rebuild(Session(world.connection))
    assert (report.rows_written, await written(world)) == (0, before)


async def test_s14_another_genre(world: TracksWorld) -> None:
    await run(world, [a_track(7, genre="Pop"), *HEARD])
    scores, stamps = await world.scores(7), await written(world)
    await run(world, [Pass(HOUR), a_track(7, genre="Folk")])
    assert await world.scores(7) == scores
    assert await written(world) == [(track, stamp + HOUR) for track, stamp in stamps]


async def test_s16_plays_come_back_at_the_end_of_march(world: TracksWorld) -> None:
    world.now = world.now.replace(month=3, day=28, hour=23, minute=0)
    heard = [a_track(7), play(7, world.now - world.now.replace(month=2, hour=12)), engage("save", 2, 7, 60 * DAY)]
    await run(world, [*heard, Pass(timedelta())])
    assert (await world.scores(7))["month"] == pytest.approx(1, rel=1e-12)
    await run(world, [Pass(HOUR)])
    assert (await world.scores(7))["month"] == pytest.approx(101, rel=1e-12)


async def test_s22_underground(world: TracksWorld) -> None:
    owners = {**dict.fromkeys(range(101, 111), 11), **dict.fromkeys(range(111, 124), 12), 124: 13, 125: 14}
    made = [
        follow(11, range(10_000, 12_000)),
        *(follow(owner, range(10_000, 10_010)) for owner in (12, 13)),
        Do("UPDATE aggregate_user SET following_count = 1499 WHERE user_id = 12"),
        Do("UPDATE aggregate_user SET following_count = 1500 WHERE user_id = 13"),
    ]
    tracks = [a_track(number, owner) for number, owner in owners.items()]
    heard = [play(number, times=130 - number) for number in owners]
    liked = [engage("save", 2, number) for number in owners]
    await run(world, [*made, *tracks, *heard, *liked, Do("DELETE FROM aggregate_user WHERE user_id = 14")])
    assert await underground(world) == [121, 122, 123]
    await run(world, [Do("UPDATE aggregate_user SET following_count = 3 WHERE user_id = 13")])
    assert await underground(world) == [121, 122, 123, 124]
    await run(world, [a_track(122, 12, is_available=False)])
    assert await underground(world) == [121, 123, 124]
    await run(world, [play(124, times=60)])
    assert await underground(world) == [120, 121, 123]


async def underground(world: TracksWorld) -> list[int]:
    leaders = """
        SELECT id FROM backbeat.trending_leaders
        WHERE list = 'underground' AND time_range = 'week' AND version = 'pnagD' AND genre = '' ORDER BY rank
    """
    return [track for (track,) in await (await world.connection.execute(leaders)).fetchall()]


async def written(world: TracksWorld) -> list[tuple[Any, ...]]:
    """When which row was last written."""
    query = "SELECT track_id, created_at FROM track_trending_scores ORDER BY 1, type, version, time_range"
    return await (await world.connection.execute(query)).fetchall()
