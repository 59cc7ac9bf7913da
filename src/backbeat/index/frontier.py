"""Asks the database where it stands on the chains of one source."""

from typing import Any

import structlog
from psycopg import AsyncConnection

from backbeat.chain.place import Place
from backbeat.chain.sequence import Chains, only
from backbeat.chain.source import Source
from backbeat.clock import Clock
from backbeat.db.outage import log_if_unreachable, retry_while_unreachable
from backbeat.db.pool import Lanes
from backbeat.errors import ChainDataError
from backbeat.index import cursor as cursors
from backbeat.index.cursor import Cursor

log = structlog.get_logger(__name__)


class Frontier:
    """The committed blocks of the ``chains`` that an open ``source`` serves; without any, of the one that it has."""

    def __init__(self, lanes: Lanes, source: Source, chains: Chains, start_height: int, clock: Clock) -> None:
        self._lanes = lanes
        self._source = source
        self._chains = chains
        self._start_height = start_height
        self._clock = clock
        self._has_compared_start = False

    def is_at_end(self, cursor: Cursor) -> bool:
        """Tell whether ``cursor`` is at the last block of a chain behind which another one follows."""
        span = self._chains.span(cursor.chain_id)
        return span is not None and span.last == cursor.height

    async def read(self) -> Cursor:
        """Return where to go on, however long the database is away; raises as :func:`backbeat.index.cursor.read`."""
        return await retry_while_unreachable(self._read, self._clock, "read_cursor")

    async def _read(self) -> Cursor:
        async with self._lanes.indexing.connection() as connection:
            chains = self._served_chains()
            cursor = await cursors.read(connection, chains, self._start_height)
            await self._compare_start(connection)
        return cursor

    async def indexed(self, height: int) -> Place | None:
        """Return the newest block at or below ``height`` that was indexed; None while the database does not say."""
        found = None
        with log_if_unreachable("indexed_block_not_read"):
            async with self._lanes.control.connection() as connection:
                found = await cursors.indexed(connection, self._source.chain_id, height)
        return found

    def _served_chains(self) -> Chains:
        """Return the chains that are followed; raises ChainDataError if the source serves another."""
        served = self._source.chain_id
        if not self._chains.spans:
            return only(served)
        if served and self._chains.span(served) is None:
            raise ChainDataError(
                "chain_not_listed",
                f"The source serves the chain {served!r}, chain.chain_ids lists "
                f"{' and '.join(map(repr, self._chains.ids))}.",
                cure="Name the source of a chain that is listed, or list this one.",
            )
        return self._chains

    async def _compare_start(self, connection: AsyncConnection[Any]) -> None:
        """Say once that a start height which is set now changes nothing in a database that began elsewhere."""
        if not self._start_height or self._has_compared_start:
            return
        self._has_compared_start = True
        begun = await cursors.begun_chains(connection)
        if begun and begun[0].first_height != self._start_height:
            log.warning(
                "start_height_ignored",
                start_height=self._start_height,
                chain_id=begun[0].chain_id,
                first_height=begun[0].first_height,
                cure="A start height counts for an empty database. Leave it out, or name another database.",
            )
