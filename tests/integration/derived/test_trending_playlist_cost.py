"""Playlists are scored at the cost of what changed: as many rows in a network twenty times as large.

Rows are counted by the server. docs/explanation/trending-playlists.md says what k is made of.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.remix_contest import chain_time
from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.report import RunReport
from harness import settle
from harness.challenge_world import Row, repost, save, track
from harness.playlist_world import DAY, PlaylistWorld, Step, followed

SCORES = trending_playlists(chain_time)
SMALL, LARGE = 1_000, 20_000  # playlists; four of their users' saves and reposts on each within the year
ACTS = 4
# Rows read of a dirty playlist: it, its owner and totals, its scores three times over; and of an act on it: it, its
# user, and the user's followers. What names a key: a row of its own, and its scores once more.
K_PLAYLIST, K_ACT = 24, 4
LISTS = 6 * 1_000  # six lists read anew: the scores of the magnitudes that the best thirty have, and what those hold
BOOKS = {"cursor", "consumers", "clocks", "changes"}  # a page or two, whatever happens

FILL = (
    """
    INSERT INTO users (user_id, is_current, handle_lc, bio, cover_photo, profile_picture, created_at, updated_at)
    SELECT n, true, 'h' || n, 'b', 'c', 'p', '2024-01-01', '2024-01-01' FROM generate_series(1, %(n)s) AS n
    """,
    "INSERT INTO aggregate_user (user_id, follower_count) SELECT n, 3 + n %% 90 FROM generate_series(1, %(n)s) AS n",
    """
    INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at)
    SELECT n, n, true, false, '2024-01-01', '2024-01-01' FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO playlists (playlist_id, playlist_owner_id, is_current, is_delete, is_album, is_private,
        playlist_contents, created_at, updated_at)
    SELECT n, n, true, false, n %% 5 = 0, false, '{"track_ids": [1, 2, 3]}',
        %(now)s::timestamp - n * interval '1000 days' / %(n)s, %(now)s
    FROM generate_series(1, %(n)s) AS n
    """,
    "INSERT INTO aggregate_playlist (playlist_id, is_album) SELECT n, n %% 5 = 0 FROM generate_series(1, %(n)s) AS n",
    """
    INSERT INTO playlist_tracks (playlist_id, track_id, is_removed)
    SELECT n, 1 + (n + m * 37) %% %(n)s, false FROM generate_series(1, %(n)s) AS n, generate_series(1, 6) AS m
    """,
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at)
    SELECT 1 + (n + m * 101) %% %(n)s, n, 'playlist', true, false,
        %(now)s::timestamp - (n + m * %(n)s / 3.0) * interval '360 days' / (2 * %(n)s)
    FROM generate_series(1, %(n)s) AS n, generate_series(1, 3) AS m
    """,
    """
    INSERT INTO reposts (user_id, repost_item_id, repost_type, is_current, is_delete, created_at)
    SELECT 1 + (n + 211) %% %(n)s, n, 'playlist', true, false,
        %(now)s::timestamp - n * interval '360 days' / %(n)s
    FROM generate_series(1, %(n)s) AS n
    """,
)
# Tables of a few pages are read whole because that costs less; they are to be read as large ones are.
AS_IF_LARGE = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(database_url, autocommit=True, options=options) as connection:
        yield connection


async def filled(session: AsyncConnection[Any], playlists: int) -> PlaylistWorld:
    world = await PlaylistWorld.empty(session)
    await world.apply(Step(timedelta()))
    await session.execute("SET session_replication_role = replica")
    for statement in FILL:
        await session.execute(statement.encode(), {"n": playlists, "now": world.chain.now})
    await session.execute("RESET session_replication_role")
    await session.execute("VACUUM (ANALYZE)")
    await settle(SCORES, session)
    await session.execute("VACUUM (ANALYZE)")
    return world


async def count(session: AsyncConnection[Any], *, rebuild: bool = False) -> tuple[RunReport, int]:
    """Run once; return what it did and how many rows it read."""
    await session.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    async with session.transaction():
        await session.execute("SET LOCAL enable_indexonlyscan = off")  # what only an index answers is counted too
        report = await (SCORES.rebuild if rebuild else SCORES.incremental)(session)
        query = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
        found = await (await session.execute(query)).fetchall()
    return report, sum(rows for name, rows in found if name not in BOOKS)


CAUSES: dict[str, list[Row | Any]] = {
    "saves and reposts": [
        *(save(number, number + 300, "playlist") for number in range(1, 11)),
        *(repost(number, number + 400, "playlist") for number in range(1, 11)),
    ],
    "followers": [followed(number, 77) for number in range(501, 521)],
    "tracks": [track(number, number, genre="Pop") for number in range(601, 606)],
    "nothing but a minute": [],
}


@pytest.mark.parametrize("playlists", [SMALL, LARGE])
async def test_a_run_reads_what_changed(session: AsyncConnection[Any], playlists: int) -> None:
    world = await filled(session, playlists)
    if playlists == SMALL:
        await session.execute(AS_IF_LARGE)
    for name, changes in CAUSES.items():
        await world.apply(Step(timedelta(minutes=1), changes))
        report, rows = await count(session)
        assert rows <= (K_PLAYLIST + K_ACT * ACTS) * (report.keys + 2 * len(changes)) + LISTS, (name, report, rows)


async def test_three_days_behind_cost_no_more_than_a_rebuild(session: AsyncConnection[Any]) -> None:
    world = await filled(session, LARGE)
    changes: list[Row | Any] = [save(number, number + 9, "playlist") for number in range(1, 4_000)]
    changes += [followed(number, 77) for number in range(1, 4_000)]
    await world.apply(Step(3 * DAY, changes))
    report, rows = await count(session)
    assert report.updated > 0
    assert (await SCORES.audit(session)).is_clean
    _, rebuilt = await count(session, rebuild=True)
    assert rows <= 1.1 * rebuilt  # a tenth for finding out
