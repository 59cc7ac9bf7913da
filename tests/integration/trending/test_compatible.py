"""The compatible mode: the same rows as the incremental one gives, from two views, once an hour."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection
from structlog.testing import capture_logs

from backbeat.derived.trending.compatible import VIEWS, Refresh
from backbeat.derived.trending.playlists import trending_playlists
from backbeat.derived.trending.tracks import TrendingTracks
from backbeat.incremental.due import Now
from backbeat.incremental.transaction import Session
from backbeat.reads import playlist_trends, track_trends
from bench.synthetic.fill import fill
from bench.synthetic.sizes import ENDING, sizes

MONTH_END = datetime(2026, 3, 28, 23)  # noqa: DTZ001 - the network's columns hold naive UTC
HOUR = timedelta(hours=1)


def at(instant: datetime) -> Now:
    async def clock(_connection: AsyncConnection[Any]) -> datetime:
        return instant.replace(tzinfo=UTC)

    return clock


@pytest.fixture
async def filled(connection: AsyncConnection[Any], database_url: str) -> AsyncConnection[Any]:
    """A made-up network of 320 people, 190 tracks and 20,000 plays."""
    await fill(database_url, sizes(0.001), lambda _line: None)
    return connection


TRACKS = "SELECT track_id, type, version, time_range, genre, score FROM track_trending_scores ORDER BY 1, 2, 3, 4"
PLAYLISTS = "SELECT playlist_id, version, time_range, score FROM playlist_trending_scores ORDER BY 1, 2, 3"
LEADERS = (
    "SELECT kind, list, version, time_range, genre, rank, id FROM backbeat.trending_leaders ORDER BY 1, 2, 3, 4, 5, 6"
)


async def rows(connection: AsyncConnection[Any]) -> list[list[tuple[Any, ...]]]:
    return [await (await connection.execute(query)).fetchall() for query in (TRACKS, PLAYLISTS, LEADERS)]


async def rebuilt(connection: AsyncConnection[Any], instant: datetime) -> None:
    await TrendingTracks(clock=at(instant)).rebuild(Session(connection))
    await trending_playlists(at(instant)).rebuild(Session(connection))


async def test_it_gives_the_rows_that_the_incremental_mode_gives(filled: AsyncConnection[Any]) -> None:
    for instant in (ENDING, MONTH_END, MONTH_END + HOUR, ENDING + timedelta(days=5)):
        await Refresh(clock=at(instant)).run(Session(filled))
        refreshed = await rows(filled)
        assert all(len(table) > 100 for table in refreshed)
        await filled.execute("TRUNCATE track_trending_scores, playlist_trending_scores, backbeat.trending_leaders")
        await rebuilt(filled, instant)
        assert await rows(filled) == refreshed


async def test_a_second_run_at_the_same_instant_writes_nothing(filled: AsyncConnection[Any]) -> None:
    first = await Refresh(clock=at(ENDING)).run(Session(filled))
    assert first.inserted > 0
    stamps = await (await filled.execute("SELECT max(created_at) FROM track_trending_scores")).fetchone()
    second = await Refresh(clock=at(ENDING)).run(Session(filled))
    assert second.is_quiet
    assert second.rows_read == first.rows_read
    assert await (await filled.execute("SELECT max(created_at) FROM track_trending_scores")).fetchone() == stamps


async def test_its_scores_can_be_taken_apart_too(filled: AsyncConnection[Any]) -> None:
    await Refresh(clock=at(ENDING)).run(Session(filled))
    best = (await track_trends.top(filled, time_range="month", limit=1))[0]
    terms = await track_trends.terms(filled, best.track_id, refreshed=True)
    assert len(terms) == 6
    assert [one.score for one in terms] == pytest.approx(
        [one.decay * one.base * one.factor for one in terms], rel=1e-12
    )
    assert terms[1].score == best.score > 0
    playlist = (await playlist_trends.top(filled, time_range="year", limit=1))[0]
    parts = await playlist_trends.terms(filled, playlist.playlist_id)
    assert [one.score for one in parts] == pytest.approx(
        [one.decay * one.base * one.factor for one in parts], rel=1e-12
    )
    assert parts[2].score == playlist.score > 0


async def test_rows_of_tracks_that_cannot_trend_any_more_go(filled: AsyncConnection[Any]) -> None:
    await Refresh(clock=at(ENDING)).run(Session(filled))
    await filled.execute(
        "UPDATE tracks SET is_unlisted = true WHERE track_id = (SELECT min(track_id) FROM trending_params)"
    )
    report = await Refresh(clock=at(ENDING)).run(Session(filled))
    assert report.deleted == 6
    assert (report.inserted, report.updated) == (0, 0)


async def test_only_the_first_refresh_locks_readers_out(connection: AsyncConnection[Any]) -> None:
    with capture_logs() as logs:
        assert (await Refresh().run(Session(connection))).is_quiet
    assert [(log["event"], log["view"]) for log in logs] == [("view_refreshed_blocking", view) for view in VIEWS]
    with capture_logs() as logs:
        assert (await Refresh().run(Session(connection))).is_quiet
    assert logs == []


async def test_underground_rows_are_written_if_wanted(filled: AsyncConnection[Any]) -> None:
    await Refresh(underground=True, clock=at(ENDING)).run(Session(filled))
    counted = await (
        await filled.execute("SELECT type, version, count(*) FROM track_trending_scores GROUP BY 1, 2 ORDER BY 1, 2")
    ).fetchall()
    assert [row[:2] for row in counted] == [("TRACKS", "AnlGe"), ("TRACKS", "pnagD"), ("UNDERGROUND_TRACKS", "pnagD")]
    assert len({row[2] for row in counted}) == 1
