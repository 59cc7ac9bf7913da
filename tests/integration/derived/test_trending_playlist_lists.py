"""The lists of playlists and albums: who is in them, in which order, and where they came from."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.trending.playlist_leaders import RANKS_MAX
from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.due import chain_time
from backbeat.incremental.transaction import Session
from backbeat.reads import playlist_trends
from harness import settle
from harness.challenge_world import EPOCH, Row, held, save, track
from harness.playlist_world import DAY, PlaylistWorld, Sql, Step, followed, listed, person

SCORES = trending_playlists(chain_time)
HOUR = timedelta(hours=1)


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection


@pytest.fixture
async def world(session: AsyncConnection[Any]) -> PlaylistWorld:
    """Six artists with a track each, and one of them with a second."""
    world = await PlaylistWorld.empty(session)
    people = [person(number, handle=f"u{number}") for number in range(1, 7)]
    tracks = [*(track(number, number) for number in range(1, 7)), track(7, 1)]
    await world.apply(Step(timedelta(), [*people, *tracks, *(followed(number, 10) for number in range(1, 7))]))
    return world


def holding(playlist_id: int, *tracks: int, **columns: Any) -> list[Row]:
    return [listed(playlist_id, 1, 3, **columns), *(held(playlist_id, number) for number in tracks)]


async def leaders(world: PlaylistWorld, *changes: Row | Sql, name: str = "playlists") -> list[tuple[int, int | None]]:
    """Return (playlist, its rank before) of the week, in order."""
    await world.apply(Step(HOUR, changes))
    await settle(SCORES, world.connection)
    return await world.chain.all(
        """
        SELECT id, previous_rank FROM backbeat.trending_leaders
        WHERE kind = 'PLAYLISTS' AND list = %s AND version = 'pnagD' AND time_range = 'week' AND genre = ''
        ORDER BY rank
        """,
        name,
    )


async def test_a_playlist_needs_five_tracks_of_five_artists(world: PlaylistWorld) -> None:
    found = await leaders(
        world,
        *holding(1, 1, 2, 3, 4, 5),
        *holding(2, 1, 2, 3, 4),
        *holding(3, 1, 2, 3, 4, 7),
        *holding(4, 1, 2, 3, 4, 5, 7),
        *holding(5, 1, 2, 3, 4),
        held(5, 5, removed=True),
        *holding(6, 1, 2, 3, 4, 99),
    )
    assert found == [(4, None), (1, None)]


async def test_an_album_needs_one_track(world: PlaylistWorld) -> None:
    found = await leaders(
        world, *holding(1, 1, is_album=True), *holding(2, is_album=True), *holding(3, 1, 2, 3, 4, 5), name="albums"
    )
    assert found == [(1, None)]


async def test_order_is_by_score_and_then_by_id_and_moves_are_told(world: PlaylistWorld) -> None:
    everyone = (1, 2, 3, 4, 5)
    three = [row for number in (1, 2, 3) for row in holding(number, *everyone)]
    assert await leaders(world, *three) == [(3, None), (2, None), (1, None)]
    assert await leaders(world, save(2, 1, "playlist")) == [(1, 3), (3, 1), (2, 2)]
    since = await world.chain.all("SELECT since FROM backbeat.trending_leaders WHERE time_range = 'week' ORDER BY rank")
    assert [at for (at,) in since] == [EPOCH + 2 * HOUR] * 3
    assert await leaders(world, save(2, 2, "playlist"), save(3, 2, "playlist")) == [(2, 3), (1, 1), (3, 2)]
    assert await leaders(world, listed(2, 1, is_private=True)) == [(1, 2), (3, 3)]


async def test_scores_of_0_come_last_the_newest_first(world: PlaylistWorld) -> None:
    everyone = (1, 2, 3, 4, 5)
    three = [row for number in (1, 2, 3) for row in holding(number, *everyone)]
    found = await leaders(world, *three, listed(1, 2), followed(1, 2))
    assert found == [(1, None), (3, None), (2, None)]


async def test_lists_that_nothing_reaches_are_not_read_again(world: PlaylistWorld) -> None:
    everyone = (1, 2, 3, 4, 5)
    many = [row for number in range(1, RANKS_MAX + 2) for row in holding(number, *everyone)]
    found = await leaders(world, *many)
    assert [item for item, _ in found] == list(range(RANKS_MAX + 1, 1, -1))
    # the thirtieth may no longer be listed, and the thirty-first is not dirty with it
    emptied = Sql("UPDATE playlist_tracks SET is_removed = true WHERE playlist_id = 2")
    assert len(await leaders(world, emptied)) == RANKS_MAX
    assert [item for item, _ in await leaders(world, save(2, 1, "playlist"))] == [1, *range(RANKS_MAX + 1, 2, -1)]


async def test_a_playlist_leaves_its_list_with_a_track_and_comes_back_with_it(world: PlaylistWorld) -> None:
    everyone = (1, 2, 3, 4, 5)
    many = [row for number in range(1, RANKS_MAX + 2) for row in holding(number, *everyone)]
    await leaders(world, *many, *holding(50, 1, 2, 3, 4, 6), save(2, 50, "playlist"))
    gone = Sql("UPDATE tracks SET is_delete = true WHERE track_id = 6")
    assert 50 not in [item for item, _ in await leaders(world, gone)]
    assert (await SCORES.audit(world.connection)).is_clean
    back = Sql("UPDATE tracks SET is_delete = false WHERE track_id = 6")
    assert (await leaders(world, back))[0] == (50, None)
    sold = Sql("UPDATE tracks SET owner_id = 1 WHERE track_id = 6")
    assert 50 not in [item for item, _ in await leaders(world, sold)]
    assert (await SCORES.audit(world.connection)).is_clean


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE backbeat.trending_leaders SET id = 9 WHERE list = 'playlists' AND time_range = 'year' AND rank = 1",
        "DELETE FROM backbeat.trending_leaders WHERE list = 'playlists' AND time_range = 'month' AND rank = 2",
        "UPDATE backbeat.trending_leaders SET list = 'albums' WHERE list = 'playlists' AND rank = 1",
    ],
)
async def test_an_audit_finds_a_wrong_entry(world: PlaylistWorld, wrong: str) -> None:
    three = [row for number in (1, 2, 3) for row in holding(number, 1, 2, 3, 4, 5)]
    await leaders(world, *three)
    assert (await SCORES.audit(world.connection)).is_clean
    await world.connection.execute(wrong.encode())
    found = await SCORES.audit(world.connection)
    assert found.missing + found.extra > 0
    await SCORES.rebuild(Session(world.connection))
    assert (await SCORES.audit(world.connection)).is_clean


async def test_lists_are_what_the_scores_say_after_any_history(world: PlaylistWorld) -> None:
    draw = random.Random(7)
    everyone = (1, 2, 3, 4, 5)
    all_of_them = [holding(number, *everyone, is_album=number % 4 == 0) for number in range(1, 45)]
    await leaders(world, *[row for rows in all_of_them for row in rows])
    for _ in range(30):
        changes: list[Row | Sql] = [
            save(draw.randint(2, 6), draw.randint(1, 44), "playlist", undo=draw.random() < 0.3) for _ in range(3)
        ]
        number = draw.randint(1, 44)
        changes.append(listed(number, draw.randint(1, 6), is_album=number % 4 == 0, is_private=draw.random() < 0.3))
        changes.append(followed(draw.randint(1, 6), draw.choice([1, 10, 70])))
        await world.apply(Step(draw.choice([HOUR, DAY]), changes))
        await settle(SCORES, world.connection)
        assert await stored(world) == await plain(world)
        assert (await SCORES.audit(world.connection)).is_clean


async def stored(world: PlaylistWorld) -> dict[tuple[str, str], list[int]]:
    return dict_of(
        await world.chain.all(
            "SELECT list, time_range, id FROM backbeat.trending_leaders WHERE kind = 'PLAYLISTS' ORDER BY 1, 2, rank"
        )
    )


async def plain(world: PlaylistWorld) -> dict[tuple[str, str], list[int]]:
    """Every playlist here holds enough, so the lists are the public ones by score."""
    listed_by = dict_of(
        await world.chain.all(
            """
            SELECT CASE WHEN p.is_album THEN 'albums' ELSE 'playlists' END, s.time_range, s.playlist_id
            FROM playlist_trending_scores AS s JOIN playlists AS p USING (playlist_id)
            ORDER BY 1, 2, s.score DESC, s.playlist_id DESC
            """
        )
    )
    return {name: ids[:RANKS_MAX] for name, ids in listed_by.items()}


def dict_of(rows: list[tuple[Any, ...]]) -> dict[tuple[str, str], list[int]]:
    lists: dict[tuple[str, str], list[int]] = {}
    for name, time_range, item in rows:
        lists.setdefault((name, time_range), []).append(item)
    return lists


async def test_a_reader_sees_names_and_movement_and_what_playlists_hold_now(world: PlaylistWorld) -> None:
    everyone = (1, 2, 3, 4, 5)
    three = [row for number in (1, 2, 3) for row in holding(number, *everyone, playlist_name=f"list {number}")]
    await leaders(world, *three)
    await leaders(world, save(2, 1, "playlist"))
    found = await playlist_trends.top(world.connection, time_range="week", limit=2)
    assert [(one.rank, one.name, one.owner, one.previous_rank, one.since) for one in found] == [
        (1, "list 1", "u1", 3, EPOCH + 2 * HOUR), (2, "list 3", "u1", 1, EPOCH + 2 * HOUR),
    ]  # fmt: skip
    await world.apply(Step(HOUR, [held(1, 2, removed=True)]))
    found = await playlist_trends.top(world.connection, time_range="week")
    assert [(one.playlist_id, one.since) for one in found] == [(3, None), (2, None)]
    assert await playlist_trends.top(world.connection, time_range="year", albums=True) == []
