"""What a run answers with a rebuild, and rows that only some readers want."""

from typing import Any

import pytest
from integration.trending.tracks_world import DAY, HOUR, Do, Pass, TracksWorld, check, engage, follow, play, track, user
from psycopg import AsyncConnection

from backbeat.derived.trending.tracks import TRENDING_TRACKS, TrendingTracks
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import find
from backbeat.settings import JobsSettings, Settings
from harness.check import settle
from harness.every_feed_world import wall_clock

TYPES = "SELECT type, count(*), sum(score) FROM track_trending_scores WHERE version = 'pnagD' GROUP BY 1 ORDER BY 1"


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> TracksWorld:
    made = await TracksWorld.empty(connection)
    await made.apply([user(1), follow(1, range(100, 110)), track(1), track(2), play(1), engage("save", 1, 1)])
    return made


async def types(world: TracksWorld) -> list[tuple[Any, ...]]:
    return await (await world.connection.execute(TYPES)).fetchall()


async def test_underground_rows_come_and_go_with_the_setting(world: TracksWorld) -> None:
    plain, with_rows = TrendingTracks(clock=wall_clock), TrendingTracks(clock=wall_clock, underground_rows=True)
    await settle(plain, world.connection)
    [(_, count, total)] = before = await types(world)
    await settle(with_rows, world.connection)
    assert await types(world) == [("TRACKS", count, total), ("UNDERGROUND_TRACKS", count, total)]
    await world.apply([play(2)])
    await settle(with_rows, world.connection)
    tracks, underground = await types(world)
    assert tracks[1:] == underground[1:]
    assert (await with_rows.audit(world.connection)).is_clean
    await check(world, with_rows)
    assert (await plain.audit(world.connection)).stale
    await world.apply(
        [Do("DELETE FROM plays WHERE play_item_id = 2"), Do("DELETE FROM aggregate_plays WHERE play_item_id = 2")]
    )
    await settle(plain, world.connection)
    assert await types(world) == before


async def test_a_backlog_of_more_than_a_week(world: TracksWorld) -> None:
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, world.connection)
    await world.apply([Pass(6 * DAY), play(2), Pass(3 * DAY)])
    report = await derived.incremental(Session(world.connection))
    assert report.rows_read == 2 * 6  # a rebuild tells of the rows that it computed
    await check(world, derived)


async def test_more_tracks_than_a_run_may_move(world: TracksWorld) -> None:
    derived = TrendingTracks(clock=wall_clock, moved=2)
    await settle(derived, world.connection)
    await world.apply([track(3), play(1), play(2)])
    assert (await derived.incremental(Session(world.connection))).keys == 3  # two moved, a third was made
    await check(world, derived)
    await world.apply([follow(1, range(110, 120)), play(1), play(2), play(3)])
    report = await derived.incremental(Session(world.connection))
    assert (report.rows_read, report.more) == (3 * 6, False)  # a rebuild tells of the rows that it computed
    await check(world, derived)
    assert (await derived.incremental(Session(world.connection))).is_quiet


async def test_a_table_emptied(world: TracksWorld) -> None:
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, world.connection)
    await world.apply([Do("TRUNCATE saves"), Do("UPDATE aggregate_track SET save_count = 0")])
    await settle(derived, world.connection)
    await check(world, derived)


async def test_another_clusters_history(world: TracksWorld) -> None:
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, world.connection)
    await world.apply([Do("ALTER TABLE saves DISABLE TRIGGER USER"), engage("save", 1, 2)])
    await world.apply([Do("UPDATE aggregate_track SET save_count = 1 WHERE track_id = 2"), Pass(HOUR)])
    await world.apply([Do("UPDATE backbeat.consumers SET epoch = 1"), Do("DELETE FROM backbeat.changes")])
    assert (await derived.audit(world.connection)).stale
    await settle(derived, world.connection)
    await check(world, derived)


async def test_what_nobody_logs_is_found_by_an_audit_and_repaired_by_a_rebuild(world: TracksWorld) -> None:
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, world.connection)
    unseen = [Do("SET session_replication_role = replica"), Do("DELETE FROM plays")]
    await world.apply([*unseen, Do("RESET session_replication_role")])
    assert (await derived.incremental(Session(world.connection))).is_quiet
    assert not (await derived.audit(world.connection)).is_clean
    assert not (await derived.difference(world.connection)).is_clean
    await derived.rebuild(Session(world.connection))
    await check(world, derived)


@pytest.mark.parametrize("taken", ["DELETE FROM plays WHERE play_item_id = 1", "TRUNCATE plays"])
async def test_plays_that_are_taken_out_of_the_month_count_no_more(world: TracksWorld, taken: str) -> None:
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, world.connection)
    await world.apply([play(1), play(2)])
    await settle(derived, world.connection)
    await world.apply([Do(taken)])
    assert not (await derived.incremental(Session(world.connection))).is_quiet
    await check(world, derived)


async def test_plays_that_are_pruned_long_after_change_nothing(world: TracksWorld) -> None:
    derived = TrendingTracks(clock=wall_clock)
    await world.apply([play(2, 40 * DAY)])
    await settle(derived, world.connection)
    await world.apply([Do("DELETE FROM plays WHERE created_at < %(now)s - interval '35 days'")])
    assert (await derived.incremental(Session(world.connection))).is_quiet
    await check(world, derived)


def test_the_settings_reach_the_job() -> None:
    assert find("trending.tracks").run == TRENDING_TRACKS.incremental
    settings = JobsSettings(trending_patience_seconds=3_600, trending_underground_rows=True)
    assert find("trending.tracks", Settings(jobs=settings)).run != TRENDING_TRACKS.incremental
