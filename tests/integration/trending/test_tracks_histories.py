"""Months of a small network: after each step what is kept equals a rebuild, an audit and the domain's own words.

``BACKBEAT_TRENDING_HISTORIES`` is how many networks are followed.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

import pytest
from depth import at_depth
from integration.trending.tracks_world import (
    DAY,
    HOUR,
    OPENING,
    SECOND,
    Do,
    Pass,
    Step,
    TracksWorld,
    check,
    engage,
    follow,
    play,
    track,
    user,
)
from psycopg import AsyncConnection

from backbeat.derived.trending.tracks import TRENDING_TRACKS, TrendingTracks
from harness.check import check_deaths, check_two_workers, settle
from harness.every_feed_world import wall_clock
from harness.keepers import jobs_of

HISTORIES = int(os.environ.get("BACKBEAT_TRENDING_HISTORIES", at_depth(1, 1, 10)))
END = OPENING + at_depth(45, 80, 155) * DAY
TRACKS, USERS, OTHERS = 7, 5, 40
GENRES = ("Pop", "Folk", "", None)
STRIDES = (SECOND, timedelta(minutes=1), HOUR, 7 * HOUR, 13 * HOUR, DAY, DAY, DAY)
AGO = (timedelta(), timedelta(), HOUR, -HOUR, 6 * DAY + 23 * HOUR, 8 * DAY, 27 * DAY, 28 * DAY, 30 * DAY, 32 * DAY)

Act = Callable[[Random, datetime], Do]


def a_play(dice: Random, _now: datetime) -> Do:
    return play(dice.randint(1, TRACKS + 1), dice.choice(AGO), times=dice.choice((1, 1, 3)))


def an_engagement(dice: Random, _now: datetime) -> Do:
    kind, on = dice.choice(("save", "repost")), dice.choice(("track", "track", "track", "playlist"))
    return engage(
        kind, dice.randint(1, USERS), dice.randint(1, TRACKS), dice.choice(AGO), on=on, gone=dice.random() < 0.3
    )


def a_follow(dice: Random, _now: datetime) -> Do:
    followee, follower = dice.randint(1, USERS), dice.choice((*range(1, USERS + 1), 100, 101, 102))
    return follow(followee, range(follower, follower + 1), gone=dice.random() < 0.5)


def a_storm(dice: Random, _now: datetime) -> Do:
    return follow(dice.randint(1, USERS), range(100, 100 + dice.randint(2, OTHERS)), gone=dice.random() < 0.3)


def a_profile(dice: Random, _now: datetime) -> Do:
    return user(dice.randint(1, USERS), complete=dice.random() < 0.6)


def a_track(dice: Random, now: datetime) -> Do:
    released: timedelta | None = dice.choice((None, None, timedelta(), 2 * DAY, 9 * DAY, -3 * DAY, -40 * DAY))
    return track(
        dice.randint(1, TRACKS),
        dice.randint(1, USERS),
        age=dice.choice((timedelta(), 2 * DAY, 50 * DAY)),
        genre=dice.choice(GENRES),
        release_date=None if released is None else now - released,
        is_delete=dice.random() < 0.1,
        is_unlisted=dice.random() < 0.15,
        is_available=dice.random() < 0.9,
        stem_of="{}" if dice.random() < 0.05 else None,
    )


def a_revert(dice: Random, _now: datetime) -> Do:
    table, column = dice.choice(
        (("saves", "user_id"), ("reposts", "user_id"), ("follows", "followee_user_id"), ("tracks", "track_id"))
    )
    return Do(f"DELETE FROM {table} WHERE {column} = %(key)s", {"key": dice.randint(1, USERS)})  # noqa: S608 - as above


def a_repair(dice: Random, _now: datetime) -> Do:
    table, key, column = dice.choice(
        (
            ("aggregate_track", "track_id", "save_count"),
            ("aggregate_track", "track_id", "repost_count"),
            ("aggregate_user", "user_id", "follower_count"),
            ("aggregate_plays", "play_item_id", "count"),
        )
    )
    statement = f"UPDATE {table} SET {column} = %(count)s WHERE {key} = %(key)s"  # noqa: S608 - as above
    return Do(statement, {"key": dice.randint(1, USERS), "count": dice.randint(0, 5)})


def a_lost_row(dice: Random, _now: datetime) -> Do:
    table = dice.choice(("aggregate_user", "users"))
    return Do(f"DELETE FROM {table} WHERE user_id = %(user)s", {"user": dice.randint(1, USERS)})  # noqa: S608 - as above


ACTS: Mapping[Act, int] = MappingProxyType(
    {
        a_play: 30,
        an_engagement: 20,
        a_follow: 10,
        a_storm: 3,
        a_profile: 6,
        a_track: 15,
        a_revert: 3,
        a_repair: 3,
        a_lost_row: 2,
    }
)


def history(seed: int) -> Iterator[Step]:
    """Yield steps from January on, most of them with something happening, some with time alone."""
    dice = Random(seed)
    now = OPENING
    yield [*(user(number) for number in range(1, USERS + 1)), *(a_track(dice, now) for _ in range(2 * TRACKS))]
    while now < END:
        stride = dice.choice(STRIDES)
        now += stride
        acts = dice.choices(list(ACTS), list(ACTS.values()), k=dice.choice((0, 0, 1, 2, 5)))
        yield [Pass(stride), *(act(dice, now) for act in acts)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_months_of_anything(connection: AsyncConnection[Any], seed: int) -> None:
    dice = Random(-seed)
    world = await TracksWorld.empty(connection)
    derived = TrendingTracks(clock=wall_clock, engaged=3, users=2, tracks=3, plays=4, followed=2)
    for step in history(seed):
        await world.apply(step)
        if dice.random() < 0.2:
            continue  # down for a step
        reports = await settle(derived, connection)
        assert len(reports) < 100
        await check(world, derived)


# What waits in the last step: every kind of row to insert, to change and to delete, and a storm of followers.
DISTURBED: list[Step] = [
    [
        *(user(number) for number in range(1, 4)),
        *(track(number, 1 + number % 2, genre="Pop") for number in range(1, 6)),
        follow(1, range(100, 110)),
        follow(2, range(100, 104)),
        *(play(number, times=number) for number in range(1, 6)),
        *(engage("save", 2, number) for number in range(1, 5)),
        *(engage("repost", 1, number, 6 * DAY) for number in range(3, 6)),
    ],
    [
        Pass(3 * DAY),
        play(5),
        track(2, is_delete=True),
        engage("save", 2, 4, gone=True),
        follow(2, range(100, 150)),
        follow(1, range(100, 109), gone=True),
        track(8, 3, genre="Folk"),
    ],
]
BY_JOB = {TRENDING_TRACKS.name: TrendingTracks(clock=wall_clock, followed=2)}
disturbed = pytest.mark.parametrize("steps", [DISTURBED[:1], DISTURBED], ids=["first_run", "later_run"])
each = pytest.mark.parametrize("derived", [BY_JOB[job] for job in jobs_of(__name__)], ids=lambda derived: derived.name)


@pytest.mark.newest
@each
@disturbed
async def test_death_at_any_exchange(
    derived: TrendingTracks, database_url: str, connection: AsyncConnection[Any], steps: list[Step]
) -> None:
    assert await check_deaths(derived, steps, database_url, connection, TracksWorld) >= 10


@pytest.mark.newest
@each
@disturbed
async def test_second_worker_at_any_exchange(
    derived: TrendingTracks, database_url: str, connection: AsyncConnection[Any], steps: list[Step]
) -> None:
    assert await check_two_workers(derived, steps, database_url, connection, TracksWorld) >= 10


async def test_a_storm_does_not_stall_a_run(connection: AsyncConnection[Any]) -> None:
    world = await TracksWorld.empty(connection)
    derived = TrendingTracks(clock=wall_clock, followed=10)
    await world.apply([user(1), user(2), *(track(number, 2) for number in range(1, 51))])
    await world.apply([follow(2, range(100, 110)), *(engage("save", 1, number) for number in range(1, 51))])
    await settle(derived, connection)
    await world.apply([Pass(HOUR), follow(1, range(100, 140))])
    reports = await settle(derived, connection)
    assert [report.keys for report in reports] == [10, 10, 10, 10, 10, 0]
    await check(world, derived)


async def test_patience_puts_off_what_only_followers_moved(connection: AsyncConnection[Any]) -> None:
    world = await TracksWorld.empty(connection)
    derived = TrendingTracks(clock=wall_clock, patience=HOUR)
    await world.apply([user(1), user(2), *(track(number, 2) for number in range(1, 5)), follow(2, range(100, 110))])
    await world.apply([engage("save", 1, number) for number in range(1, 5)])
    await settle(derived, connection)
    for _ in range(5):
        await world.apply([Pass(timedelta(minutes=10)), follow(1, range(100, 140)), play(3)])
        await settle(derived, connection)
        await world.apply([follow(1, range(100, 120), gone=True)])
        await settle(derived, connection)
        wrong = await world.wrong()
        assert {row[0] for row in wrong} <= {1, 2, 4, 3}
        assert {1, 2, 4} <= {row[0] for row in wrong}
        assert (await derived.audit(connection)).is_clean
    await world.apply([Pass(HOUR)])
    await settle(derived, connection)
    await check(world, derived)
