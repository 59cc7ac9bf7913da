"""How far the building of an index is, as the server tells another session."""

from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import first
from backbeat.db.sql import load

BUILDS = load(__package__, "index_builds.sql")


class IndexBuild(msgspec.Struct, frozen=True):
    """A phase of building an index."""

    phase: str
    """What the server calls it, with what it is about behind a colon."""
    table_name: str
    """Of the index."""
    blocks_done: int
    """Blocks that the phase is through with."""
    blocks_total: int
    """Blocks that it goes through; 0: it counts none."""
    tuples_done: int
    """Rows that the phase is through with."""
    tuples_total: int
    """Rows that it goes through; 0: it counts none."""

    @property
    def size(self) -> tuple[str, int, int] | None:
        """Return of what the phase has done how many of how many; None where it counts nothing."""
        if self.blocks_total:
            return "blocks", self.blocks_done, self.blocks_total
        if self.tuples_total:
            return "rows", self.tuples_done, self.tuples_total
        return None


async def building(connection: AsyncConnection[Any], application: str) -> IndexBuild | None:
    """Return the index that a session of that name builds in this database; None: none."""
    return await first(connection, IndexBuild, BUILDS, {"application": application})
