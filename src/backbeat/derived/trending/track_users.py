"""What users are to trending: the weight that they lend to tracks, and whether their own are heard."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.db.query import one
from backbeat.db.sql import compose, load
from backbeat.incremental.merge import Merge, Target

QUERY = load(__package__, "track_users.sql")
APPLY = compose(__package__, "track_users_apply.sql", query=SQL("({})").format(SQL(QUERY)))

USERS = Merge(
    QUERY,
    Target(
        table=("backbeat", "trending_users"),
        key=("user_id",),
        values=("weight", "is_muted", "is_small"),
        scope="user_id",
    ),
)


class UsersMoved(NamedTuple):
    """What changed of some users.

    ``users`` and ``deltas``: whose weight moved, and by how much. ``owners``: whose own tracks are taken otherwise.
    """

    users: list[int]
    deltas: list[int]
    owners: list[int]


async def follow(connection: AsyncConnection[Any], keys: Sequence[int]) -> UsersMoved:
    """Bring the users ``keys`` up to date and return what that means to tracks, netted per user."""
    if not keys:
        return UsersMoved([], [], [])
    return await one(connection, UsersMoved, APPLY, {"keys": keys}, prepare=False)
