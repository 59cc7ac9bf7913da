"""The rules of trending playlists by the numbers of the domain document: derived state, 2.3, 2.10 and section 9."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.due import chain_time
from harness import settle
from harness.challenge_world import EPOCH, Row, repost, save
from harness.playlist_world import DAY, PlaylistWorld, Sql, Step, followed, listed, person

SCORES = trending_playlists(chain_time)
OWNER, TWO, THREE, FOUR = 1, 2, 3, 4


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
async def world(session: AsyncConnection[Any]) -> PlaylistWorld:
    """As section 9 has it: an owner of 10 followers, two of 100, three of 500 without a bio, four of 40."""
    world = await PlaylistWorld.empty(session)
    people = [person(OWNER), person(TWO), person(THREE, complete=False), person(FOUR)]
    counts = [followed(OWNER, 10), followed(TWO, 100), followed(THREE, 500), followed(FOUR, 40)]
    await world.apply(Step(timedelta(), [*people, *counts]))
    return world


async def scores(world: PlaylistWorld, *changes: Row | Sql, after: timedelta = timedelta()) -> dict[str, float]:
    """Return the scores of playlist 1 by range."""
    await world.apply(Step(after, changes))
    await settle(SCORES, world.connection)
    return {time_range: score for item, time_range, score in await world.rows(SCORES) if item == 1}


def every(week: float, month: float | None = None, year: float | None = None) -> Any:
    month = week if month is None else month
    return pytest.approx({"week": week, "month": month, "year": month if year is None else year}, rel=1e-12, abs=0)


def fresh(entries: int = 3, days: int = 2, **columns: Any) -> Row:
    return listed(1, OWNER, entries, created_at=EPOCH - days * DAY, **columns)


def ever(reposts: int, saves: int) -> Sql:
    text = "UPDATE aggregate_playlist SET repost_count = %s, save_count = %s WHERE playlist_id = 1"
    return Sql(text, (reposts, saves))


def on(act: Any, user_id: int, days: float) -> Row:
    row: Row = act(user_id, 1, "playlist", created_at=EPOCH - days * DAY)
    return row


async def test_18_a_repost_and_a_save_of_yesterday(world: PlaylistWorld) -> None:
    assert await scores(world, fresh(), on(repost, TWO, 1), on(save, TWO, 1)) == every(10_452)


async def test_19_without_engagement(world: PlaylistWorld) -> None:
    assert await scores(world, fresh()) == every(1)
    assert await scores(world, followed(OWNER, 2)) == every(0)
    assert await scores(world, Sql("DELETE FROM aggregate_user WHERE user_id = 1")) == {}


async def test_19_two_entries_are_too_few(world: PlaylistWorld) -> None:
    assert await scores(world, fresh(2)) == {}


async def test_20_an_album_of_twenty_days(world: PlaylistWorld) -> None:
    album = fresh(days=20, is_album=True)
    assert await scores(world, album, on(repost, FOUR, 10), on(save, TWO, 1)) == every(0.00226, 7_316.4)


async def test_21_an_incomplete_profile_brings_no_karma_and_counts(world: PlaylistWorld) -> None:
    assert await scores(world, fresh(), on(repost, THREE, 1)) == every(51.25)


async def test_worked_a_fresh_week(world: PlaylistWorld) -> None:
    more: list[Row | Sql] = [person(5), person(6, complete=False), followed(5, 520)]
    acts = [on(repost, TWO, 1), on(repost, FOUR, 2), on(save, 5, 1), on(save, FOUR, 2), on(save, 6, 3)]
    found = await scores(world, *more, fresh(), *acts, ever(10, 20))
    assert found["week"] == pytest.approx(74_690, rel=1e-12)


async def test_worked_nobody_who_counts(world: PlaylistWorld) -> None:
    assert (await scores(world, fresh(), ever(10, 20)))["week"] == pytest.approx(3.7, rel=1e-12)
    assert (await scores(world, after=18 * DAY))["week"] == pytest.approx(0.00001 * 3.7, rel=1e-12)


async def test_worked_a_year_of_an_old_one(world: PlaylistWorld) -> None:
    fans = range(10, 33)
    people: list[Row | Sql] = [person(fan, complete=fan == 10) for fan in fans]
    acts = [on(repost if fan < 18 else save, fan, 100) for fan in fans]
    found = await scores(world, fresh(days=400), *people, *acts, followed(10, 2_600), ever(10, 20))
    assert found["year"] == pytest.approx(360_931.05758555676, rel=1e-12)


async def test_at_the_edge_an_act_does_not_count_and_its_karma_does(world: PlaylistWorld) -> None:
    microsecond = timedelta(microseconds=1)
    assert (await scores(world, fresh(), on(repost, TWO, 7)))["week"] == 1.25 * 100
    assert (await scores(world, after=microsecond))["week"] == 1.25
    assert (await scores(world, on(save, TWO, 7)))["week"] == 1.26


async def test_more_karma_than_fits_32_bits_is_what_it_is(world: PlaylistWorld) -> None:
    found = await scores(world, fresh(), followed(TWO, 3_000_000_000), on(save, TWO, 1))
    assert found == every(2.01 * 3_000_000_000)


@pytest.mark.parametrize("contents", [{"track_ids": "abc"}, {"track_ids": {"a": 1, "b": 2, "c": 3}}, {}, [1, 2, 3], 5])
async def test_contents_that_are_no_list_disqualify_that_playlist_alone(world: PlaylistWorld, contents: Any) -> None:
    assert await scores(world, fresh(playlist_contents=Jsonb(contents)), listed(2, OWNER)) == {}
    assert {item for item, _, _ in await world.rows(SCORES)} == {2}


async def test_an_unchanged_score_keeps_its_time_of_change(world: PlaylistWorld) -> None:
    await scores(world, fresh(), listed(2, OWNER))
    await scores(world, on(save, TWO, 1), after=timedelta(hours=1))
    stamps = await world.chain.all(
        "SELECT DISTINCT playlist_id, created_at FROM playlist_trending_scores ORDER BY playlist_id"
    )
    assert stamps == [(1, EPOCH + timedelta(hours=1)), (2, EPOCH)]
