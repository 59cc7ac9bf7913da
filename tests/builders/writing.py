"""A writer that a test drives by itself, block by block, without the loop."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block
from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import only
from backbeat.chain.signatures import Verifier
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index import cursor as cursors
from backbeat.index.applying import BatchRunner, BehindAnother
from backbeat.index.batch import Batch
from backbeat.index.cursor import Cursor
from backbeat.index.early import Take
from backbeat.index.lease import Lease
from backbeat.index.opening import Opening
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe
from backbeat.index.wire.transaction import EntityRules
from backbeat.index.writer import Writer
from builders.chain import ListSource

LEASE_SECONDS = 60.0


def blocks(chain: Iterable[Iterable[core_pb2.SignedTransaction]]) -> list[Block]:
    """Return a chain's blocks as the loop gets them."""
    verifier = Verifier(DEV)
    return [decode_block(block, verifier) for block in ListSource(chain).chain]


@asynccontextmanager
async def writer(lanes: Lanes, take: Take | None = None) -> AsyncIterator[tuple[Writer, Cursor]]:
    """Yield a writer that holds the lease, and where the database stands; what it began is given up at the end."""
    lease = Lease(lanes.control, "index", LEASE_SECONDS, SystemClock())
    await lease.acquire()
    async with lease.kept():
        async with lanes.indexing.connection() as conn:
            tables, cursor = await describe(conn, ROW_TYPES), await cursors.read(conn, only("dev"))
        writing = Writer(lanes.indexing, lease, BatchRunner(tables, EntityRules()), take=take)
        try:
            yield writing, cursor
        finally:
            await writing.close()


def begun_early(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the first height of each batch that is applied while the one before is written."""
    begun: list[int] = []
    prepare = BehindAnother._prepare

    async def noted(self: BehindAnother, connection: AsyncConnection[Any], opening: Opening) -> Batch | None:
        batch = await prepare(self, connection, opening)
        if batch is not None:
            begun.append(opening.before.height + 1)
        return batch

    monkeypatch.setattr(BehindAnother, "_prepare", noted)
    return begun


async def take_over(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    """Let the lease run out and another process have it."""
    await connection.execute("UPDATE backbeat.leases SET expires_at = '-infinity'")
    await Lease(lanes.control, "index", LEASE_SECONDS, SystemClock()).acquire()
