"""A release costs what comes out, and a tick that finds nothing one look at two indexes, whatever waits."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.incremental.transaction import Session
from harness.challenge_world import ChallengeWorld, wipe_challenges
from harness.connections import scripted
from harness.releases import releases
from harness.trending_crowd import rows_read

SMALL, LARGE = 2_000, 20_000  # tracks and albums; every tenth waits, for a day or more
DUE = 10  # of each kind
K = 8  # rows read of a release: its index entry, the row twice, what is told of it, its owner's counts before and after
FILL = (
    """
    INSERT INTO tracks (
        track_id, owner_id, is_current, is_delete, is_unlisted, is_scheduled_release, release_date, created_at,
        updated_at
    )
    SELECT n, n, true, false, n %% 10 = 0, n %% 10 = 0, %(now)s::timestamp + n * interval '1 day', %(now)s, %(now)s
    FROM generate_series(1, %(n)s) AS n
    """,
    """
    INSERT INTO playlists (
        playlist_id, playlist_owner_id, is_current, is_delete, is_album, is_private, is_scheduled_release, release_date,
        playlist_contents, created_at, updated_at
    )
    SELECT n, n, true, false, true, n %% 10 = 0, n %% 10 = 0, %(now)s::timestamp + n * interval '1 day',
        '{"track_ids": []}', %(now)s, %(now)s
    FROM generate_series(1, %(n)s) AS n
    """,
    "INSERT INTO aggregate_user (user_id) SELECT n FROM generate_series(1, %(n)s) AS n",
)
AS_IF_LARGE = "SET enable_seqscan = off"  # small tables are to be read as large ones are


async def crowded(connection: AsyncConnection[Any], count: int) -> ChallengeWorld:
    await wipe_challenges(connection)
    world = ChallengeWorld(connection)
    await world.block()
    await connection.execute("SET session_replication_role = replica")
    for statement in FILL:
        await connection.execute(statement.encode(), {"n": count, "now": world.now})
    await connection.execute("RESET session_replication_role")
    await connection.execute("VACUUM (ANALYZE)")
    return world


@pytest.mark.parametrize("count", [SMALL, LARGE])
async def test_a_run_reads_what_comes_out(connection: AsyncConnection[Any], count: int) -> None:
    world = await crowded(connection, count)
    await connection.execute(AS_IF_LARGE)
    report, rows = await rows_read(releases().incremental, connection)
    assert report.is_quiet
    assert rows == 0
    await world.block(at=world.now + timedelta(days=10 * DUE, hours=1))
    report, rows = await rows_read(releases().incremental, connection)
    assert report.updated == 2 * DUE
    assert rows <= K * 2 * DUE


async def test_a_quiet_tick_is_one_exchange(connection: AsyncConnection[Any], database_url: str) -> None:
    await crowded(connection, SMALL)
    async with await scripted(database_url) as session:
        assert (await releases().incremental(Session(session))).is_quiet
        assert session.exchanges == 1
