"""What a run of trending does at its end: it waits for no disk, and it notices who wrote its rows meanwhile."""

import asyncio
from typing import Any

import pytest
from integration.trending.tracks_world import DAY, HOUR, TracksWorld, follow, play, track, user
from psycopg import AsyncConnection

from backbeat.derived.trending.playlists import trending_playlists
from backbeat.derived.trending.tracks import TrendingTracks
from backbeat.errors import WrittenMeanwhileError
from backbeat.incremental.due import chain_time
from backbeat.incremental.transaction import Session, checked_by
from harness.check import settle
from harness.every_feed_world import wall_clock

TRACKS = TrendingTracks(clock=wall_clock)
TAKEN = "UPDATE track_trending_scores SET score = -1 WHERE track_id = 7"
IS_WAITED_FOR = "SELECT cardinality(pg_blocking_pids(%s)) > 0"


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> TracksWorld:
    made = await TracksWorld.empty(connection)
    await made.apply([user(1), follow(1, range(1_000, 1_010)), track(7, age=2 * DAY), play(7, HOUR)])
    return made


@pytest.mark.parametrize("derived", [TRACKS, trending_playlists(chain_time)])
async def test_commits_wait_for_no_disk(world: TracksWorld, derived: Any) -> None:
    seen: list[Any] = []

    async def fence(connection: AsyncConnection[Any]) -> None:
        seen.extend(await (await connection.execute("SHOW synchronous_commit")).fetchall())

    await world.connection.execute("SET synchronous_commit = on")
    await derived.rebuild(Session(world.connection, checked_by(fence)))
    await world.apply([play(7, HOUR)])
    await world.connection.execute("UPDATE playlists SET is_private = false")
    await derived.incremental(Session(world.connection, checked_by(fence)))
    assert seen
    assert set(seen) == {("off",)}


async def test_rows_that_somebody_else_writes_meanwhile_are_not_passed_over(
    world: TracksWorld, database_url: str
) -> None:
    await settle(TRACKS, world.connection)
    await world.apply([play(7, HOUR)])
    async with await AsyncConnection.connect(database_url) as other:
        await other.execute(TAKEN)
        run = asyncio.create_task(TRACKS.incremental(Session(world.connection)))
        await _until_waited_for(other, world.connection.info.backend_pid)
        await other.commit()
    try:
        await run
    except WrittenMeanwhileError as error:
        assert error.code == "scores_written_meanwhile"  # noqa: PT017 - either is right, by the server's version
    await settle(TRACKS, world.connection)
    assert await world.wrong() == []


async def _until_waited_for(other: AsyncConnection[Any], pid: int) -> None:
    for _ in range(500):
        (is_waited_for,) = await (await other.execute(IS_WAITED_FOR, [pid])).fetchone() or (False,)
        if is_waited_for:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits for the other session")
