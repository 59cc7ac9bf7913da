"""Where the block loop stands: the committed frontier, moved only by the transaction that writes the blocks."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection, AsyncCursor

from backbeat.chain.place import Place, is_hash
from backbeat.db.query import first, one
from backbeat.db.sql import load
from backbeat.errors import ChainDataError

READ = load(__package__, "cursor_read.sql")
ADOPT = load(__package__, "cursor_adopt.sql")
ADVANCE = load(__package__, "cursor_advance.sql")
INDEXED = load(__package__, "indexed_before.sql")


class Cursor(msgspec.Struct, frozen=True):
    """The last committed block."""

    chain_id: str
    """The chain that this database follows."""
    height: int
    """Its height; 0 before the first."""
    block_hash: str | None
    """Its hash; None where it is not known."""
    block_time: datetime | None
    """Naive UTC; None where it is not known."""
    block_number: int
    """The last em number."""
    play_id: int
    """The last id of ``plays``."""


async def read(connection: AsyncConnection[Any], chain_id: str, start_height: int = 0) -> Cursor:
    """Return where to go on.

    Without a cursor of ours an adopted database's own bookkeeping counts (domain: chain and entities, 2.1), then
    ``start_height``. Raises ChainDataError if the database follows another chain.
    """
    found = await first(connection, Cursor, READ)
    if found is None:
        height, number, play_id, block_hash = await one(connection, tuple, ADOPT, {"chain_id": chain_id})
        return Cursor(chain_id, height or max(start_height - 1, 0), block_hash, None, number, play_id)
    if found.chain_id != chain_id:
        raise ChainDataError(
            "chain_id_mismatch",
            f"This database follows chain {found.chain_id!r}, the source serves {chain_id!r}.",
            cure="Use the source of that chain, or another database (--data-dir or --database).",
        )
    return found


async def indexed(connection: AsyncConnection[Any], chain_id: str, height: int) -> Place | None:
    """Return the newest block at or below ``height`` that was indexed; None if there is none, or none with a hash."""
    found = await first(connection, tuple, INDEXED, {"chain_id": chain_id, "height": height})
    return Place(*found) if found and is_hash(found[1]) else None


async def advance(connection: AsyncConnection[Any], before: Cursor, after: Cursor) -> AsyncCursor[Any]:
    """Move the frontier from ``before`` to ``after``; no row comes back if another process has moved it meanwhile.

    In a pipeline the answer is there once a later statement's is.
    """
    values = msgspec.structs.asdict(after) | {"expected_height": before.height}
    return await connection.execute(ADVANCE, values)
