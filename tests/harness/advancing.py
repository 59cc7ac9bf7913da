"""Moves positions in a test's own transaction, as a run does with its fence."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.together import write
from backbeat.incremental.ledger import moves
from backbeat.incremental.window import AnyWindow


async def advance(
    connection: AsyncConnection[Any], windows: Sequence[AnyWindow], *, signature: str | None = None
) -> None:
    """Move the locked positions to where the windows end."""
    await write(connection, await moves(connection, windows, signature=signature))
