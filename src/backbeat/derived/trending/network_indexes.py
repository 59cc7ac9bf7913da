"""The network's own indexes on scores, for readers that need them: made and removed without locking anybody out.

Backbeat reads lists by ``magnitude`` and needs none of these. Each holds ``score``, so each is written with every score
that changes, and no such update is heap-only any more.
"""

from collections.abc import AsyncIterator
from typing import Any, LiteralString

import msgspec
from psycopg import AsyncConnection
from psycopg.errors import DuplicateTable

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import DatabaseError

FIND = load(__package__, "network_indexes.sql")
PATIENCE: LiteralString = load(__package__, "network_indexes_patience.sql")


class ReadIndex(msgspec.Struct, frozen=True):
    """An index as it stands."""

    name: str
    """What it is called, or would be."""
    table_name: str
    """Its table."""
    definition: str
    """Its columns, as the network has them."""
    state: str
    """missing, building, broken (a build that was killed), or there."""
    size_bytes: int
    """Its size; 0 where it is missing."""
    creation: str
    """The statement that makes it, outside of any transaction."""
    removal: str
    """The statement that drops it, outside of any transaction."""

    @property
    def steps(self) -> list[str]:
        """Return the statements after which it is there; a broken one is removed first."""
        making = [] if self.state == "there" else [self.creation]
        return [self.removal, *making] if self.state == "broken" else making


async def find(connection: AsyncConnection[Any]) -> list[ReadIndex]:
    """Return all of them; an index that says the same counts, whatever it is called."""
    return await every(connection, ReadIndex, FIND, {})


async def create(connection: AsyncConnection[Any]) -> AsyncIterator[ReadIndex]:
    """Make those that are missing or that a killed build left broken; yield each when it is there.

    ``connection`` is in autocommit mode, and waits as long as it takes. Scores may be written meanwhile. May be
    interrupted and run again. Raises DatabaseError while another session builds one of them, and if its name is taken.
    """
    await connection.execute(PATIENCE)
    for index in await find(connection):
        if index.state == "building":
            raise _building(index)
        for step in index.steps:
            try:
                await connection.execute(step.encode())
            except DuplicateTable as taken:
                raise _taken(index, taken) from taken
        if index.steps:
            yield index


async def drop(connection: AsyncConnection[Any]) -> AsyncIterator[ReadIndex]:
    """Remove those that are there, also those not ours; yield each when it is gone. Otherwise as :func:`create`."""
    await connection.execute(PATIENCE)
    for index in await find(connection):
        if index.state == "building":
            raise _building(index)
        if index.state != "missing":
            await connection.execute(index.removal.encode())
            yield index


def _taken(index: ReadIndex, error: DuplicateTable) -> DatabaseError:
    return DatabaseError(
        "index_name_taken",
        f"An index on {index.table_name} {index.definition} is missing, and the name for it is taken:"
        f" {error.diag.message_primary}.",
        cure="Rename what has that name (ALTER INDEX ... RENAME TO ...), or drop it, and ask again.",
    )


def _building(index: ReadIndex) -> DatabaseError:
    return DatabaseError(
        "index_building",
        f"The index {index.name} is being built by another session.",
        cure="Wait until that is done, or end that session, and ask again.",
    )
