"""What tracks' scores are made of: counts that follow plays one by one, and engagements track by track."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.sql import load
from backbeat.derived.trending import track_users
from backbeat.incremental.merge import Merge, Target
from backbeat.incremental.transaction import by_key

TEMPLATE = load(__package__, "track_counts.sql")
MOVED = load(__package__, "track_counts_moved.sql")
APPLY = load(__package__, "track_counts_apply.sql")

FRESH = TEMPLATE.replace("{users}", f"({track_users.QUERY})")
"""The same with what users should be, not with what was passed on of them; for a comparison alone."""

COUNTS = Merge(
    TEMPLATE.replace("{users}", "backbeat.trending_users"),
    Target(
        table=("backbeat", "trending_track_counts"),
        key=("track_id",),
        values=(
            "plays_week",
            "plays_month",
            "reposts_week",
            "reposts_month",
            "saves_week",
            "saves_month",
            "karma",
        ),
        scope="track_id",
    ),
)


class Counted(NamedTuple):
    """How counts moved, as columns."""

    size: int
    """Of how many tracks; of too many there are no columns."""
    tracks: list[int]
    """The tracks."""
    plays_week: list[int]
    """Change of plays within the week."""
    plays_month: list[int]
    """Change of plays within the month."""
    reposts_week: list[int]
    """Change of reposts within the week."""
    reposts_month: list[int]
    """Change of reposts within the month."""
    saves_week: list[int]
    """Change of saves within the week."""
    saves_month: list[int]
    """Change of saves within the month."""
    karma: list[int]
    """Change of karma."""
    active: list[int]
    """Tracks that plays or engagements moved."""
    followed: list[int]
    """Tracks that karma alone moved."""


class Span(NamedTuple):
    """What lies between two runs: plays above ``after`` up to ``upto``, and the time from ``t1`` to ``t2`` in UTC."""

    after: int
    upto: int
    t1: datetime
    t2: datetime


async def count(
    connection: AsyncConnection[Any],
    span: Span,
    engaged: Sequence[int],
    users: track_users.UsersMoved,
    *,
    tracks_max: int,
) -> Counted | None:
    """Move the counts over a span, with the tracks ``engaged`` counted again; None if too many would move."""
    bounds = {**span._asdict(), "tracks_max": tracks_max}
    values = {**bounds, "engaged": engaged, "users": users.users, "deltas": users.deltas}
    async with connection.cursor(binary=True, row_factory=class_row(Counted)) as cursor:
        await cursor.execute(MOVED, values, prepare=False)
        moved = await cursor.fetchone()
    assert moved is not None  # noqa: S101 - the statement answers exactly one row
    if moved.size > tracks_max:
        return None
    if moved.tracks:
        async with by_key(connection):
            await connection.execute(APPLY, {**moved._asdict(), "engaged": engaged}, prepare=False)
    return moved
