"""A run of trending reads in proportion to the tracks that it scores: as many rows in a network twenty times as large.

Rows are counted by the server. docs/explanation/trending.md says what a track costs, and why.
"""

from datetime import timedelta
from typing import Any

import pytest
from integration.trending.tracks_world import HOUR, Do, Pass, Step, TracksWorld, engage, follow, play
from psycopg import AsyncConnection

from backbeat.derived.trending.tracks import TrendingTracks
from backbeat.incremental.transaction import Session, checked_by
from harness.check import settle
from harness.every_feed_world import wall_clock
from harness.trending_crowd import rows_read

SMALL, LARGE = 400, 8_000  # tracks, and as many users
MINUTE = timedelta(minutes=1)

K = 15  # rows a track: what named it, its own, its counts, artist, totals and six scores, each found by key once
LISTS = 5_000  # rows a run: six lists of a hundred, and as far as ties of magnitude and larger artists make it look

# Tables of a few pages are read whole because that costs less; they are to be read as large ones are.
AS_IF_LARGE = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"

SCANS = "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'trending_track_counts'"

CROWD = (
    """
    INSERT INTO users (user_id, is_current, bio, cover_photo_sizes, profile_picture, txhash)
    SELECT id, true, 'x', 'x', 'x', '' FROM generate_series(1, %(size)s::int) AS id
    """,
    """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
    SELECT 1 + (id + step) %% %(size)s::int, id, true, false, %(now)s
    FROM generate_series(1, %(size)s::int) AS id CROSS JOIN generate_series(1, 4) AS step
    """,
    """
    INSERT INTO tracks (track_id, is_current, owner_id, genre, is_delete, created_at, updated_at)
    SELECT id, true, id, 'Genre ' || id %% 20, false, %(now)s - id * interval '400 days' / %(size)s::int, %(now)s
    FROM generate_series(1, %(size)s::int) AS id
    """,
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at)
    SELECT 1 + (id + 7 * step) %% %(size)s::int, id, 'track', true, false, %(now)s - id * step * interval '13 minutes'
    FROM generate_series(1, %(size)s::int) AS id CROSS JOIN generate_series(1, 3) AS step
    """,
    # some are played much more than others, as everywhere: so a list of the best ends somewhere
    """
    INSERT INTO plays (play_item_id, created_at)
    SELECT id, %(now)s - (id * 7919 + number * 104729) %% 1440 * interval '1 hour'
    FROM generate_series(1, %(size)s::int) AS id
    CROSS JOIN LATERAL generate_series(1, ceil(200 / power(id, 0.7))::int) AS number
    """,
)

HAPPENS: dict[str, Step] = {
    "plays": [Pass(MINUTE), *(play(number) for number in range(7, 400, 8))],
    "saves": [Pass(MINUTE), *(engage("save", 350, number) for number in range(7, 400, 8))],
    "followers": [Pass(MINUTE), *(follow(number, range(360, 370)) for number in range(7, 400, 8))],
    "hours": [Pass(5 * HOUR), play(1)],
}


async def crowded(connection: AsyncConnection[Any], size: int) -> TracksWorld:
    """Return a network of so many tracks, at rest and with statistics."""
    world = await TracksWorld.empty(connection)
    await world.apply([Do(statement, {"size": size}) for statement in CROWD])
    return world


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_a_run_reads_what_changed(connection: AsyncConnection[Any], size: int) -> None:
    world = await crowded(connection, size)
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, connection)
    await connection.execute("VACUUM (ANALYZE)")
    if size == SMALL:
        await connection.execute(AS_IF_LARGE)
    for name, step in HAPPENS.items():
        await world.apply(step)
        report, rows = await rows_read(derived.incremental, connection)
        assert report.keys >= 20, name
        assert rows <= K * report.keys + LISTS, (name, report.keys, rows)
    assert (await derived.difference(connection)).is_clean


async def test_small_tables_are_not_read_whole_either(connection: AsyncConnection[Any]) -> None:
    world = await crowded(connection, SMALL)
    derived = TrendingTracks(clock=wall_clock)
    await settle(derived, connection)
    await connection.execute("VACUUM (ANALYZE)")
    await world.apply([Pass(MINUTE), *(play(number) for number in range(1, 300))])
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.execute("SELECT")  # the last transaction's counts are off the books by now
    scans: list[Any] = []

    async def fence(session: AsyncConnection[Any]) -> None:
        scans.extend(await (await session.execute(SCANS)).fetchall())
        scans.extend(await (await session.execute("SHOW enable_seqscan")).fetchall())

    report = await derived.incremental(Session(connection, checked_by(fence)))
    assert report.updated > 1_000
    assert scans == [("trending_track_counts", 0), ("on",)]
