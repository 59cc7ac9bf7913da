"""`backbeat trending`, on a small network."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from integration.trending.tracks_world import DAY, Pass, TracksWorld, engage, follow, play, track, user

from backbeat.derived.trending.tracks import TrendingTracks
from builders.terminal import backbeat
from harness.check import settle
from harness.every_feed_world import wall_clock


@pytest.fixture(scope="module")
def network(module_database_url: str) -> str:
    async def write() -> None:
        async with await psycopg.AsyncConnection.connect(
            module_database_url, autocommit=True, options="-c timezone=UTC"
        ) as connection:
            world = await TracksWorld.empty(connection)
            derived = TrendingTracks(clock=wall_clock)
            await world.apply(
                [
                    *(user(number) for number in (1, 2)),
                    follow(1, range(10, 20)),
                    follow(2, range(10, 110)),
                    *(track(number, genre="Pop" if number < 20 else "Folk", title="T") for number in range(1, 26)),
                    *(play(number, times=30 - number) for number in range(1, 26)),
                    *(engage("save", 2, number) for number in range(1, 26)),
                    track(30, 3),
                ]
            )
            await settle(derived, connection)
            await world.apply([Pass(timedelta(hours=1)), play(3, times=10)])
            await settle(derived, connection)
            await world.apply([Pass(9 * DAY)])
            await settle(derived, connection)

    asyncio.run(write())
    return module_database_url


def test_the_list_says_who_rose_and_fell(network: str) -> None:
    listed = backbeat("trending", "top", "--range", "month", "--database", network, "--json").json
    assert [(one["rank"], one["track_id"], one["previous_rank"]) for one in listed[:4]] == [
        (1, 3, 3),
        (2, 1, 1),
        (3, 2, 2),
        (4, 4, None),
    ]
    shown = backbeat("trending", "top", "--range", "month", "--limit", "3", "--database", network).out
    assert "up from 3" in shown
    assert "down from 1" in shown


def test_a_genre_and_the_underground(network: str) -> None:
    folk = backbeat("trending", "top", "--genre", "Folk", "--database", network, "--json").json
    assert [one["track_id"] for one in folk] == [25, 24, 23, 22, 21, 20]  # by id: none was played this week
    small = backbeat("trending", "top", "--underground", "--range", "allTime", "--database", network, "--json").json
    assert [one["track_id"] for one in small] == [21, 22, 23, 24, 25]


def test_a_score_taken_apart(network: str) -> None:
    terms = backbeat("trending", "top", "--explain", "3", "--database", network, "--json").json
    assert [(one["version"], one["time_range"]) for one in terms[:3]] == [
        ("pnagD", "week"),
        ("pnagD", "month"),
        ("pnagD", "allTime"),
    ]
    for one in terms:
        assert one["score"] == pytest.approx(one["decay"] * one["base"] * one["factor"], rel=1e-12)
    assert (terms[0]["plays"], terms[1]["plays"], terms[0]["days"], terms[0]["karma"]) == (0, 37, 9, 100)
    assert "score = decay" in backbeat("trending", "top", "--explain", "3", "--database", network).out


def test_nothing_to_explain(network: str) -> None:
    assert "has no scores" in backbeat("trending", "top", "--explain", "999", "--database", network).out


def test_an_owner_that_nobody_follows(network: str) -> None:
    terms = backbeat("trending", "top", "--explain", "30", "--database", network, "--json").json
    assert {one["score"] for one in terms} == {0.0}
    assert "every score is 0" in backbeat("trending", "top", "--explain", "30", "--database", network).out
