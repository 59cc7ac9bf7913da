"""What happens past the chain happens between two blocks: a release, a takedown, a replay of what was refused.

Two locks, until the transaction ends. Who needs both takes the place for acts first, so that none waits for the other.
"""

from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.query import one
from backbeat.db.sql import load

HOLD = load(__package__, "hold_blocks.sql")
PLACE = load(__package__, "place_between_blocks.sql")


class FreePlace(NamedTuple):
    """Where the next act stands that no block holds."""

    blocknumber: int
    place: int
    ordinal: int


async def hold_blocks(connection: AsyncConnection[Any]) -> None:
    """Let this transaction change rows that blocks change too, as tracks, playlists and users.

    Comes before the first look at such a row. Waits for the blocks in hand; the next ones wait for the end of this
    transaction, so it is a short one.
    """
    await connection.execute(HOLD)


async def free_place(connection: AsyncConnection[Any]) -> FreePlace:
    """Return the first free place for acts between the last block and the next.

    Waits for a run of the job that tells of acts.
    """
    return await one(connection, FreePlace, PLACE)


async def go_between_blocks(connection: AsyncConnection[Any]) -> None:
    """Let this transaction change rows that blocks change too, and add acts of that."""
    await free_place(connection)
    await hold_blocks(connection)
