"""A first run reads in proportion to what there is: so many rows per user, at either size."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.scores.users import USER_SCORES
from backbeat.incremental.report import RunReport
from harness import settle
from harness.score_world import ScoreWorld

SMALL, LARGE = 2_000, 24_000  # users, each with four plays and a track; a range is 1,000
# Rows per user. Genres: seven, of a small table more, which is read whole for each range. Scores: seven per play,
# sixteen for karma and its sums, and up to fifty for the score, whose tables are read whole while they are small.
K = {DOMINANT_GENRE.name: 18, USER_SCORES.name: 110}
FILL = (
    """
    INSERT INTO users (user_id, is_current, handle_lc, created_at)
    SELECT n, true, 'u' || n, now() FROM generate_series(1, %s) AS n
    """,
    """
    INSERT INTO tracks (track_id, owner_id, genre, is_current, is_delete, created_at, updated_at)
    SELECT n, n, 'Pop', true, false, now(), now() FROM generate_series(1, %s) AS n
    """,
    """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, created_at)
    SELECT n, 1 + n / 2, true, false, now() FROM generate_series(1, %s) AS n
    """,
    """
    INSERT INTO plays (id, user_id, play_item_id, created_at)
    SELECT n, 1 + n %% (%s / 4), n %% 9, timestamp '2025-01-01' + n %% 5 * interval '1 hour'
    FROM generate_series(1, %s) AS n
    """,
)
READ = """
    SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)
"""


async def rows_read(connection: AsyncConnection[Any]) -> int:
    await connection.execute("SELECT pg_stat_force_next_flush()")
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    row = await (await connection.execute(READ.encode())).fetchone()
    assert row is not None
    return int(row[0])


async def fill(world: ScoreWorld, users: int) -> None:
    for statement in FILL:
        await world.execute(statement, *[4 * users] * 2 if "plays" in statement else [users])
    await world.execute("UPDATE backbeat.cursor SET play_id = %s", 4 * users)
    await world.execute("VACUUM (ANALYZE)")


@pytest.mark.parametrize("derived", [DOMINANT_GENRE, USER_SCORES], ids=lambda derived: derived.name)
async def test_a_first_run_reads_so_many_rows_a_user(derived: Any, connection: AsyncConnection[Any]) -> None:
    for users in (SMALL, LARGE):
        world = await ScoreWorld.empty(connection)
        await fill(world, users)
        before = await rows_read(connection)
        reports: list[RunReport] = await settle(derived, connection)
        read = await rows_read(connection) - before
        assert sum(report.rows_written for report in reports) >= users
        assert users < read <= K[derived.name] * users
