"""A network of any size in which everybody has a track and a playlist, and what a run on it reads."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection

from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from harness.playlist_world import PlaylistWorld, Step

BOOKS = {"cursor", "indexing_checkpoints", "consumers", "clocks", "changes"}  # a page or two, whatever happens

# Of each n: the user, a track heard five times in forty days, a playlist up to a thousand days old that three people
# saved and one reposted within the year.
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
    """
    INSERT INTO saves (user_id, save_item_id, save_type, is_current, is_delete, created_at)
    SELECT 1 + (n + 17) %% %(n)s, n, 'track', true, false, %(now)s::timestamp - n * interval '40 days' / %(n)s
    FROM generate_series(1, %(n)s) AS n
    """,
    "INSERT INTO aggregate_plays (play_item_id, count) SELECT n, 5 FROM generate_series(1, %(n)s) AS n",
    """
    INSERT INTO plays (id, user_id, play_item_id, created_at)
    SELECT n, 1 + n %% %(n)s, 1 + n * 7 %% %(n)s, %(now)s::timestamp - (1 - n / (5.0 * %(n)s)) * interval '40 days'
    FROM generate_series(1, 5 * %(n)s) AS n
    """,
    "UPDATE backbeat.cursor SET play_id = 5 * %(n)s",
)


async def crowded(session: AsyncConnection[Any], people: int) -> PlaylistWorld:
    """Fill an empty world without its triggers; nothing trends in it yet."""
    world = await PlaylistWorld.empty(session)
    await world.apply(Step(timedelta()))
    await session.execute("SET session_replication_role = replica")
    for statement in FILL:
        await session.execute(statement.encode(), {"n": people, "now": world.chain.now})
    await session.execute("RESET session_replication_role")
    await session.execute("VACUUM (ANALYZE)")
    world.chain.play_id = 5 * people
    return world


async def rows_read(
    run: Callable[[Session], Awaitable[RunReport]], session: AsyncConnection[Any]
) -> tuple[RunReport, int]:
    """Run once; return what it did and how many rows it read, also those that only an index knows of."""
    await session.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    async with session.transaction():
        await session.execute("SET LOCAL enable_indexonlyscan = off")  # what only an index answers is counted too
        report = await run(Session(session))
        query = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
        found = await (await session.execute(query)).fetchall()
    return report, sum(rows for name, rows in found if name not in BOOKS)
