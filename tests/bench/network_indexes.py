"""The score tables with the network's own indexes in the place of Backbeat's, and the compatible mode on them.

The lists that people read are then those of the network, by its indexes: no leaderboard is kept.
"""

from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.derived.trending import compatible, network_indexes
from backbeat.incremental.matview import refresh
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

BEGIN = load("backbeat.derived.trending", "compatible_begin.sql")
DROP_OURS = """
    DO $$
    DECLARE
        ours regclass;
    BEGIN
        FOR ours IN
            SELECT indexrelid
            FROM pg_index
            WHERE
                indrelid IN ('track_trending_scores'::regclass, 'playlist_trending_scores'::regclass)
                AND pg_get_indexdef(indexrelid) LIKE '%magnitude%'
        LOOP
            EXECUTE format('DROP INDEX %s', ours);
        END LOOP;
    END $$
"""


async def exchange(connection: AsyncConnection[Any]) -> None:
    """Give the score tables the network's indexes and take ours."""
    async for _ in network_indexes.create(connection):
        pass
    await connection.execute(DROP_OURS.encode())


async def compatible_without_lists(connection: AsyncConnection[Any]) -> RunReport:
    """Run the compatible mode once, but for the leaderboard."""
    row = await (await connection.execute(BEGIN, {"name": compatible.NAME, "now": None})).fetchone()
    assert row is not None
    now: datetime = row[0]
    for view in compatible.VIEWS:
        await refresh(Session(connection), view)
    utc = now.astimezone(UTC).replace(tzinfo=None)
    async with fenced(Session(connection), whole=True):
        tracks = await compatible.TRACKS.write(connection, None, {"now": utc, "underground": False})
    async with fenced(Session(connection), whole=True):
        lists = await compatible.PLAYLISTS.write(connection, None, {"now": now, "clock": now})
    return RunReport(
        name=compatible.NAME,
        inserted=tracks.inserted + lists.inserted,
        updated=tracks.updated + lists.updated,
        deleted=tracks.deleted + lists.deleted,
    )
