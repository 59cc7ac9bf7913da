"""Which processes work on the database, and on what server it is, as the status shows them."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import every, first
from backbeat.db.sql import load
from backbeat.observe.tree import ProcessStatus, ServerMoves

PROCESSES = load(__package__, "processes.sql")
SERVER = load(__package__, "server.sql")

PROCESSES_MAX = 100  # lines that are kept; more processes than that share no database
REMOVED_SECONDS = 3_600.0  # so long a process that ended without a word is shown


async def read_processes(connection: AsyncConnection[Any]) -> tuple[ProcessStatus, ...]:
    """Return every process that is there or was within the last hour, the oldest first."""
    return tuple(await every(connection, ProcessStatus, PROCESSES, {"processes_max": PROCESSES_MAX}))


async def read_moves(connection: AsyncConnection[Any]) -> ServerMoves:
    """Return how often the database came to another server, and how it did last."""
    return await first(connection, ServerMoves, SERVER) or ServerMoves()
