"""`backbeat trending top --playlists` and `--albums`, on a small network."""

import asyncio
from datetime import timedelta

import psycopg
import pytest

from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.due import chain_time
from builders.terminal import backbeat
from harness.challenge_world import Row, held, repost, save, track
from harness.check import settle
from harness.playlist_world import DAY, PlaylistWorld, Sql, Step, followed, listed, person

HOUR = timedelta(hours=1)
EVERYBODY = range(1, 7)


@pytest.fixture(scope="module")
def network(module_database_url: str) -> str:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(
            module_database_url, autocommit=True, options="-c timezone=UTC"
        ) as connection:
            world = await PlaylistWorld.empty(connection)
            scores = trending_playlists(chain_time)
            people = [person(number, handle=f"u{number}") for number in EVERYBODY]
            tracks = [track(number, number) for number in EVERYBODY]
            lists = [listed(number, 1, playlist_name=f"list {number}", is_album=number > 3) for number in range(1, 6)]
            tracks_held = [held(number, at) for number in range(1, 6) for at in range(1, 6)]
            counts = [followed(number, 100 * number) for number in EVERYBODY]
            small: list[Row | Sql] = [listed(6, 6, playlist_name="small"), followed(6, 2)]
            await world.apply(Step(HOUR, [*people, *tracks, *lists, *tracks_held, *counts, *small]))
            await settle(scores, connection)
            await world.apply(Step(HOUR, [save(2, 1, "playlist"), repost(3, 1, "playlist")]))
            await settle(scores, connection)
            await world.apply(Step(10 * DAY, [save(4, 1, "playlist")]))
            await settle(scores, connection)

    asyncio.run(write())
    return module_database_url


def test_playlists_and_albums_are_two_lists_with_movement(network: str) -> None:
    listed = backbeat("trending", "top", "--playlists", "--range", "year", "--database", network, "--json").json
    assert [(one["rank"], one["playlist_id"], one["previous_rank"]) for one in listed] == [
        (1, 1, 3),
        (2, 3, 1),
        (3, 2, 2),
    ]
    albums = backbeat("trending", "top", "--albums", "--limit", "1", "--database", network, "--json").json
    assert [(one["playlist_id"], one["name"], one["owner"]) for one in albums] == [(5, "list 5", "u1")]
    shown = backbeat("trending", "top", "--playlists", "--range", "year", "--database", network).out
    assert "list 1" in shown
    assert "up from 3" in shown
    assert "down from 1" in shown


def test_a_score_taken_apart(network: str) -> None:
    terms = backbeat("trending", "top", "--playlists", "--explain", "1", "--database", network, "--json").json
    found = {one["time_range"]: (one["reposts"], one["saves"], one["karma"], one["days"]) for one in terms}
    assert found == {"week": (0, 1, 400, 10), "month": (1, 2, 900, 10), "year": (1, 2, 900, 10)}
    for one in terms:
        assert one["score"] == pytest.approx(one["decay"] * one["base"] * one["factor"], rel=1e-12)
    shown = backbeat("trending", "top", "--playlists", "--explain", "1", "--range", "year", "--database", network).out
    assert "score = decay" in shown
    assert "month" not in shown


def test_nobody_with_followers_counts_as_one(network: str) -> None:
    terms = backbeat("trending", "top", "--albums", "--explain", "5", "--database", network, "--json").json
    assert {(one["karma"], one["factor"]) for one in terms} == {(None, 1.0)}
    assert [one["score"] for one in terms] == [one["decay"] for one in terms]


def test_an_owner_that_hardly_anybody_follows(network: str) -> None:
    assert "every score is 0" in backbeat("trending", "top", "--playlists", "--explain", "6", "--database", network).out


def test_nothing_to_explain(network: str) -> None:
    assert "has no scores" in backbeat("trending", "top", "--playlists", "--explain", "9", "--database", network).out


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        (("--playlists", "--albums"), "Give one"),
        (("--range", "year"), "allTime"),
        (("--playlists", "--range", "allTime"), "year"),
        (("--playlists", "--genre", "Pop"), "Leave it out"),
        (("--albums", "--underground"), "Leave it out"),
        (("--playlists", "--version", "AnlGe"), "Leave it out"),
        (("--explain", "1", "--genre", "Pop"), "Leave one"),
        (("--explain", "1", "--limit", "3"), "Leave one"),
        (("--explain", "1", "--underground"), "Leave one"),
    ],
)
def test_what_has_no_answer_is_refused_with_a_cure(options: tuple[str, ...], cure: str) -> None:
    answer = backbeat("trending", "top", *options)
    assert answer.status == 2
    assert cure in answer.err
