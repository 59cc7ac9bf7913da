"""Who is told that they trend, and when again (domain: derived state 2.7, scenario 23)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.trending.notifications import TrendingNotifications
from backbeat.incremental.transaction import Session
from harness.challenge_world import (
    EPOCH,
    ChallengeWorld,
    Row,
    held,
    playlist,
    playlist_score,
    score,
    track,
    user,
    wipe_challenges,
)
from harness.connections import end_session, scripted
from harness.keepers import jobs_of

NOTIFICATIONS = TrendingNotifications()
HOUR = timedelta(hours=1)
TRACKS = 8


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
async def world(session: AsyncConnection[Any]) -> ChallengeWorld:
    """Eight tracks of as many artists, and nothing has a score yet."""
    await wipe_challenges(session)
    world = ChallengeWorld(session)
    people = [user(100 + number) for number in range(1, TRACKS + 1)]
    await world.block(people, [track(number, 100 + number) for number in range(1, TRACKS + 1)], at=EPOCH)
    return world


def ranked(*tracks: int) -> list[Row]:
    """Scores that put these tracks in this order, and all others behind them."""
    places = [*tracks, *(number for number in range(1, TRACKS + 1) if number not in tracks)]
    return [score(number, float(1_000 - place)) for place, number in enumerate(places)]


async def told(world: ChallengeWorld, kind: str = "trending") -> list[tuple[int, str]]:
    """Run, and return the (rank, specifier) that are dated with this hour."""
    await world.run(NOTIFICATIONS)
    return await world.all(
        """
        SELECT (data ->> 'rank')::int, specifier FROM notification
        WHERE type = %s AND "timestamp" = date_trunc('hour', %s::timestamp) ORDER BY 1
        """,
        kind,
        world.now,
    )


async def test_23_told_once_and_again_only_of_a_better_rank(world: ChallengeWorld) -> None:
    await world.block(ranked(1, 2, 3, 4, 5))
    assert await told(world) == [(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")]
    await world.block(ranked(2, 4, 5, 1, 7), at=EPOCH + HOUR)
    assert await told(world) == [(5, "7")]
    await world.block(ranked(2, 4, 5, 1, 7), at=EPOCH + 24 * HOUR)
    assert await told(world) == [(1, "2"), (2, "4"), (3, "5")]


async def test_the_same_ranking_is_not_told_again_however_long_it_lasts(world: ChallengeWorld) -> None:
    await world.block(ranked(1, 2, 3, 4, 5))
    assert len(await told(world)) == 5
    for days in (1, 2, 30):
        await world.block(ranked(1, 2, 3, 4, 5), at=EPOCH + days * 24 * HOUR)
        assert await told(world) == []
    await world.block(ranked(2, 1, 3, 4, 5), at=EPOCH + 31 * 24 * HOUR)
    assert await told(world) == [(1, "2")]


async def test_a_notification_is_the_network_s(world: ChallengeWorld) -> None:
    await world.block(ranked(3), at=EPOCH + timedelta(minutes=59))
    await told(world)
    found = await world.all(
        """
        SELECT user_ids, group_id, data, "timestamp", blocknumber, slot FROM notification
        WHERE type = 'trending' AND specifier = '3'
        """
    )
    seconds = 1_748_736_000
    data = {"time_range": "week", "genre": "all", "rank": 1, "track_id": 3}
    assert found == [
        ([103], f"trending:time_range:week:genre:all:rank:1:track_id:3:timestamp:{seconds}", data, EPOCH, None, None)
    ]


async def test_once_an_hour_of_the_chain_s_time(world: ChallengeWorld) -> None:
    await world.block(ranked(1, 2, 3, 4, 5), at=EPOCH + timedelta(minutes=50))
    assert len(await told(world)) == 5
    await world.block(ranked(6, 1, 2, 3, 4), at=EPOCH + timedelta(minutes=59, seconds=59))
    assert len(await told(world)) == 5
    await world.block(at=EPOCH + HOUR)
    assert await told(world) == [(1, "6")]
    assert (await NOTIFICATIONS.incremental(Session(world.connection))).is_quiet


async def test_nobody_is_told_before_the_first_block(session: AsyncConnection[Any]) -> None:
    await wipe_challenges(session)
    assert (await NOTIFICATIONS.incremental(Session(session))).is_quiet


async def test_hidden_and_gated_tracks_do_not_trend(world: ChallengeWorld) -> None:
    gone = [
        track(1, 101, is_unlisted=True), track(2, 102, is_delete=True), track(3, 103, is_stream_gated=True),
        track(4, 104, stem_of={"parent_track_id": 5}),
    ]  # fmt: skip
    await world.block(ranked(1, 2, 3, 4, 5, 6), gone)
    assert [item for _, item in await told(world)] == ["5", "6", "7", "8"]


async def test_the_underground_is_told_below_the_twenty_best(world: ChallengeWorld) -> None:
    many = range(1, 31)
    artists = [user(100 + number) for number in many]
    tracks = [track(number, 100 + number, is_available=True) for number in many]
    await world.block(artists, tracks, [score(number, float(1_000 - number)) for number in many])
    await world.connection.execute("UPDATE aggregate_user SET follower_count = 1500 WHERE user_id = 122")
    assert await told(world, "trending_underground") == [(1, "21"), (2, "23"), (3, "24"), (4, "25"), (5, "26")]
    assert await told(world) == [(number, str(number)) for number in range(1, 6)]


async def test_playlists_are_told_and_albums_are_not(world: ChallengeWorld) -> None:
    contents = [held(number, item) for number in range(1, 8) for item in range(1, 6)]
    lists = [playlist(number, 200 + number, is_album=number == 2) for number in range(1, 8)]
    await world.block(lists, contents, [playlist_score(number, float(100 - number)) for number in range(1, 8)])
    assert await told(world, "trending_playlist") == [(1, "1"), (2, "3"), (3, "4"), (4, "5"), (5, "6")]
    found = await world.all(
        "SELECT user_ids, group_id, data FROM notification WHERE specifier = '3' AND type LIKE '%list'"
    )
    assert found == [
        (
            [203],
            f"trending_playlist:time_range:week:genre:all:rank:2:playlist_id:3:timestamp:{1_748_736_000}",
            {"time_range": "week", "genre": "all", "rank": 2, "playlist_id": 3},
        )
    ]


@pytest.mark.newest
@pytest.mark.parametrize("job", jobs_of(__name__))
async def test_death_at_any_exchange_and_a_second_worker_tell_everything_once(
    job: str, session: AsyncConnection[Any], module_database_url: str, world: ChallengeWorld
) -> None:
    assert job == NOTIFICATIONS.name
    await world.block(ranked(1, 2, 3, 4, 5))
    await told(world)
    wanted = [(5, "7")]

    async def another_hour() -> None:
        await world.connection.execute("DELETE FROM notification WHERE specifier = '7'")
        await world.connection.execute("UPDATE backbeat.clocks SET reached_at = %s", [EPOCH.isoformat() + "+00"])
        await world.block(ranked(2, 4, 5, 1, 7), at=EPOCH + HOUR)

    await another_hour()
    async with await scripted(module_database_url) as undisturbed:
        await NOTIFICATIONS.incremental(Session(undisturbed))
        exchanges = undisturbed.exchanges
    assert await told(world) == wanted
    assert exchanges >= 4
    for at in range(1, exchanges + 1):
        await another_hour()
        # one that runs nothing else: the other worker may be waiting for the victim
        async with await scripted(module_database_url) as executioner, await scripted(module_database_url) as victim:
            victim.at = at
            victim.before = partial(_kill, executioner, victim)
            await asyncio.gather(
                NOTIFICATIONS.incremental(Session(victim)),
                NOTIFICATIONS.incremental(Session(session)),
                return_exceptions=True,
            )
        assert await told(world) == wanted


async def _kill(executioner: AsyncConnection[Any], victim: AsyncConnection[Any]) -> None:
    await end_session(executioner, victim.info.backend_pid)
