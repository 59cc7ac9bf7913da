"""Scores of playlists are what the plain reading of the rules says, whatever happened and however it was followed."""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.due import chain_time
from backbeat.incremental.transaction import Session
from harness import check_deaths, check_two_workers, settle
from harness.challenge_world import Row, repost, save
from harness.keepers import jobs_of
from harness.playlist_world import DAY, PlaylistLife, PlaylistWorld, Sql, Step, followed, listed, person

SCORES = trending_playlists(chain_time)
SEEDS = int(os.environ.get("BACKBEAT_PLAYLIST_SEEDS", at_depth(1, 4, 20)))  # a few seconds each
HOUR = timedelta(hours=1)


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
async def world(session: AsyncConnection[Any]) -> PlaylistWorld:
    return await PlaylistWorld.empty(session)


async def scores(world: PlaylistWorld) -> dict[tuple[int, str], float]:
    await settle(SCORES, world.connection)
    return {(item, time_range): score for item, time_range, score in await world.rows(SCORES)}


async def check(world: PlaylistWorld) -> None:
    assert await scores(world) == pytest.approx(await world.expected(), rel=1e-12, abs=0)
    assert (await SCORES.audit(world.connection)).is_clean
    assert (await SCORES.difference(world.connection)).is_clean


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_score_is_the_reference_s_after_each_step(world: PlaylistWorld, seed: int) -> None:
    for step in PlaylistLife(seed).steps(120):
        await world.apply(step)
        await check(world)
    assert not (await SCORES.rebuild(Session(world.connection))).rows_written


async def test_a_batch_of_one_playlist_comes_to_the_same(world: PlaylistWorld) -> None:
    one_by_one = trending_playlists(chain_time, recounted_max=1)
    for step in PlaylistLife(99).steps(60):
        await world.apply(step)
        await settle(one_by_one, world.connection)
        rows = {(item, time_range): score for item, time_range, score in await world.rows(one_by_one)}
        assert rows == pytest.approx(await world.expected(), rel=1e-12, abs=0)


async def test_a_follower_of_somebody_with_many_playlists_is_a_few_runs_work(world: PlaylistWorld) -> None:
    bounded = trending_playlists(chain_time, recounted_max=20)
    many = range(1, 46)
    people: list[Row | Sql] = [person(1), person(2), followed(1, 10), followed(2, 100)]
    await world.apply(Step(HOUR, [*people, *(listed(number, 1) for number in many)]))
    await world.apply(Step(HOUR, [save(2, number, "playlist") for number in many]))
    await settle(bounded, world.connection)
    await world.apply(Step(HOUR, [followed(2, 101)]))
    runs = []
    for left in (25, 5, 0):
        runs.append(await bounded.incremental(Session(world.connection)))
        audit = await bounded.audit(world.connection)
        assert (audit.pending, audit.is_clean) == (left, True)
    assert [(run.keys, run.updated, run.more) for run in runs] == [(20, 60, True), (20, 60, True), (5, 15, False)]
    assert (await bounded.incremental(Session(world.connection))).is_quiet
    assert await world.rows(bounded) == [(*key, score) for key, score in sorted((await world.expected()).items())]


LAST: list[Row | Sql] = [
    repost(2, 1, "playlist"), save(3, 2, "playlist"), person(2, complete=False), listed(3, 1, 2), listed(4, 1),
    followed(3, 9), followed(1, 30), Sql("UPDATE aggregate_playlist SET save_count = 9 WHERE playlist_id = 2"),
]  # fmt: skip
FIRST: list[Row | Sql] = [
    *[person(number) for number in range(1, 5)], listed(1, 1), listed(2, 1), listed(3, 1), followed(1, 5),
    followed(2, 100), followed(3, 500), followed(4, 40), save(4, 1, "playlist"), save(4, 3, "playlist"),
]  # fmt: skip
HISTORIES = {
    "first_run": [Step(HOUR, FIRST)],
    "later_run": [Step(HOUR, FIRST), Step(HOUR, [save(2, 2, "playlist")]), Step(8 * DAY, LAST)],
}


@pytest.mark.newest
@pytest.mark.parametrize("job", jobs_of(__name__))
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    session: AsyncConnection[Any], module_database_url: str, history: Sequence[Step], job: str
) -> None:
    assert job == SCORES.name
    assert await check_deaths(SCORES, history, module_database_url, session, PlaylistWorld) >= 10


@pytest.mark.newest
@pytest.mark.parametrize("job", jobs_of(__name__))
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    session: AsyncConnection[Any], module_database_url: str, history: Sequence[Step], job: str
) -> None:
    assert job == SCORES.name
    assert await check_two_workers(SCORES, history, module_database_url, session, PlaylistWorld) >= 10
