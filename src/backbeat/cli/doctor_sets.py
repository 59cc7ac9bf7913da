"""What the doctor says of sets of followers that Backbeat does not keep (domain: derived state, 4.15).

The network's API server believes a set that is there, however old it is, and asks ``follows`` of users who have none.
"""

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.derived.aggregates.social_sets import NAME
from backbeat.observe.tree import Advice, Check
from backbeat.settings import Settings

HOLDS_SETS = load(__package__, "doctor_sets.sql")


async def of_sets(connection: AsyncConnection[Any], settings: Settings) -> Iterable[Check]:
    """Find sets that no job of these settings brings up to date."""
    if (settings.jobs.social_sets and NAME not in settings.jobs.off) or not await value(connection, HOLDS_SETS):
        return []
    detail = "user_social_sets holds sets of followers, and no job of these settings keeps them."
    cure = (
        "Unless another program keeps them, TRUNCATE user_social_sets, or set jobs.social_sets: the network's API "
        "server believes a set however old it is, and asks follows of users who have none."
    )
    return [Advice("social sets", ok=True, detail=detail, cure=cure)]
