"""Asks the database where it stands on the chain of one source."""

from backbeat.chain.place import Place
from backbeat.chain.source import Source
from backbeat.clock import Clock
from backbeat.db.outage import log_if_unreachable, retry_while_unreachable
from backbeat.db.pool import Lanes
from backbeat.index import cursor as cursors
from backbeat.index.cursor import Cursor


class Frontier:
    """The committed blocks of the chain that an open ``source`` serves."""

    def __init__(self, lanes: Lanes, source: Source, start_height: int, clock: Clock) -> None:
        self._lanes = lanes
        self._source = source
        self._start_height = start_height
        self._clock = clock

    async def read(self) -> Cursor:
        """Return where to go on, however long the database is away; raises as :func:`backbeat.index.cursor.read`."""
        return await retry_while_unreachable(self._read, self._clock, "read_cursor")

    async def _read(self) -> Cursor:
        async with self._lanes.indexing.connection() as connection:
            return await cursors.read(connection, self._source.chain_id, self._start_height)

    async def indexed(self, height: int) -> Place | None:
        """Return the newest block at or below ``height`` that was indexed; None while the database does not say."""
        found = None
        with log_if_unreachable("indexed_block_not_read"):
            async with self._lanes.control.connection() as connection:
                found = await cursors.indexed(connection, self._source.chain_id, height)
        return found
