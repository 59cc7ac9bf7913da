"""Trending as it once was, for comparison: readers locked out while the views are refreshed, every score written again.

The scores are the same; the queries are those of the compatible mode.
"""

from datetime import UTC, datetime
from typing import Any, LiteralString

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.db.sql import load
from backbeat.derived.trending import compatible, track_scores
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

BEGIN = load("backbeat.derived.trending", "compatible_begin.sql")
TRACKS = track_scores.TEMPLATE.replace("{counts}", f"({compatible.COUNTS})")
PLAYLISTS = load("backbeat.derived.trending", "playlists.sql")
COLUMNS = {
    "track_trending_scores": ("track_id", "type", "genre", "version", "time_range", "score", "created_at"),
    "playlist_trending_scores": ("playlist_id", "type", "version", "time_range", "score", "created_at"),
}
REWRITE = "INSERT INTO {table} ({columns}) SELECT {columns} FROM ({query}) AS computed"


async def before(session: Session) -> RunReport:
    """Run once."""
    connection = session.connection
    row = await (await connection.execute(BEGIN, {"name": compatible.NAME, "now": None})).fetchone()
    assert row is not None
    now: datetime = row[0]
    for view in compatible.VIEWS:
        async with fenced(session, whole=True):
            await connection.execute(f"REFRESH MATERIALIZED VIEW {view}".encode())
    values = {"keys": None, "clock": now, "underground": False}
    rows = 0
    async with fenced(session, whole=True):
        utc = now.astimezone(UTC).replace(tzinfo=None)
        rows += await _rewrite(connection, "track_trending_scores", TRACKS, {**values, "now": utc})
    async with fenced(session, whole=True):
        rows += await _rewrite(connection, "playlist_trending_scores", PLAYLISTS, {**values, "now": now})
    return RunReport(name="trending.before", inserted=rows)


async def _rewrite(connection: AsyncConnection[Any], table: str, query: LiteralString, values: dict[str, Any]) -> int:
    columns = SQL(", ").join(map(Identifier, COLUMNS[table]))
    await connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
    statement = SQL(REWRITE).format(table=Identifier(table), columns=columns, query=SQL(query))
    return (await connection.execute(statement, values, prepare=False)).rowcount
