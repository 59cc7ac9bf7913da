"""Goes through a table by ranges, as `backbeat audit` does, and keeps no position."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.incremental.ranges import Audited, Ranged


async def whole(connection: AsyncConnection[Any], audit: Ranged) -> Audited:
    """Return what an audit finds in all ranges of its table."""
    found, after = Audited(), None
    while True:
        made = await audit.check(connection, after)
        found, after = found.and_then(made.found), made.after
        if made.is_last:
            return found
