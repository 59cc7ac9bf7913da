"""Connections as one pool of a size: the block loop and the jobs take theirs from it, first come, first served.

The original's driver lets a caller wait for a connection for ever, so this does, too. What is behind it are the
program's own lanes, which have room for all who get through.
"""

import time
from asyncio import Semaphore
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any, cast

from psycopg import AsyncConnection

from backbeat.db.pool import LanePool, Lanes


class Entrance:
    """Leads to a lane, through ``pool`` if one is shared; it notes how long callers waited.

    ``waits_seconds``: one for each connection that was lent since it was last emptied.
    """

    def __init__(self, lane: LanePool, pool: Semaphore | None) -> None:
        self._lane = lane
        self._pool = pool
        self.waits_seconds: list[float] = []

    @property
    def max_size(self) -> int:
        """How many connections the lane behind it lends at once."""
        return self._lane.max_size

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the pool's own
        *,
        user: str = "",
    ) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection, as the lane does."""
        came = time.monotonic()
        async with self._pool or nullcontext(), self._lane.connection(timeout, user=user) as connection:
            self.waits_seconds.append(time.monotonic() - came)
            yield connection


@contextmanager
def entered(lanes: Lanes, size: int | None) -> Iterator[dict[str, Entrance]]:
    """Put entrances before the lanes of blocks and of jobs; a ``size`` makes them one pool of so many connections.

    Leases and schedules keep their own lane: the original had neither.
    """
    pool = None if size is None else Semaphore(size)
    own = dict(lanes.pools)
    entrances = {name: Entrance(own[name], pool) for name in ("indexing", "jobs")}
    lanes.pools = {**own, **cast(dict[str, LanePool], entrances)}  # they lend connections, which is all that is asked
    try:
        yield entrances
    finally:
        lanes.pools = own
