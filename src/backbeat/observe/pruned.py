"""Plays that are gone, as the status shows them."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import first
from backbeat.db.sql import load
from backbeat.observe.tree import PrunedPlays

PRUNED = load(__package__, "pruned.sql")


async def read_pruned(connection: AsyncConnection[Any]) -> PrunedPlays:
    """Return what is on record of plays that were deleted, or went otherwise."""
    return await first(connection, PrunedPlays, PRUNED) or PrunedPlays()
