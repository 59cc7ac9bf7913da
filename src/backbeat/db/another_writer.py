"""Another program that goes on with the chain behind our cursor, as the network's bookkeeping tells."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import first
from backbeat.db.sql import load
from backbeat.errors import UnfitDatabaseError

READ = load(__package__, "another_writer.sql")


async def refusal(connection: AsyncConnection[Any]) -> UnfitDatabaseError | None:
    """Return why no block may be written: another program indexed one behind ours. None: none did."""
    found = await first(connection, tuple, READ)
    if found is None:
        return None
    chain_id, own_height, height = found
    return UnfitDatabaseError(
        "another_writer",
        f"Another program indexed block {height} of {chain_id!r}; Backbeat stands at {own_height}.",
        cure="Nothing was written twice. Let one program index a database: stop the other one. To go on behind "
        "what it indexed, take the database over again: `backbeat adopt --dry-run`.",
    )
