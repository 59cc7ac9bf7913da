"""Puts blocks through decoding, rules and database one by one, and says what each cost."""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.chain.decode import decode_block
from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import only
from backbeat.chain.signatures import Verifier
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index import cursor as cursors
from backbeat.index.applied import Committed
from backbeat.index.applying import BatchRunner
from backbeat.index.cursor import Cursor
from backbeat.index.lease import Lease
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe
from backbeat.index.wire.transaction import EntityRules
from backbeat.index.writer import Writer
from builders.chain import WALLETS, make_block
from worst import act
from worst.holds import Holds

CHAIN = "worst"
LEASE_SECONDS = 600.0
RULES = EntityRules(verifier_address=WALLETS[1].address.lower())
BUSY = 3
"""The same work takes up to three times the processor time beside two more processes of tests and their servers."""
TICKS = os.sysconf("SC_CLK_TCK")
STORED = """
    SELECT coalesce(sum(pg_table_size(oid) + pg_indexes_size(oid)), 0)::bigint
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
"""
TIP = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at, updated_at)
    VALUES (1, %(signature)s, %(sender)s, %(receiver)s, 100, '2026-01-01', '2026-01-01')
"""
SESSIONS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'backbeat/indexing%'
"""


class Cost(msgspec.Struct, frozen=True):
    """What one block came to."""

    seconds: float
    """Processor time of this process and the server's sessions."""
    ours: float
    """Processor time of this process alone."""
    hold_seconds: float
    """The longest that one call or one turn of the event loop kept the interpreter."""
    longest: str
    """Names that call."""
    stored_bytes: int
    """Bytes that tables and indexes grew by."""
    wire_bytes: int
    """The size of the block."""
    written: Committed
    """What the writer says that it committed."""

    @property
    def outcomes(self) -> Counter[str]:
        """How the block's transactions ended: why they were refused, else ``applied`` or ``ignored``."""
        found: Counter[str] = Counter()
        for tally, number in self.written.applied.tallies().items():
            found[tally.reason or tally.outcome] += number
        return found


class Indexer:
    """A writer that holds its lease; use :func:`indexer`."""

    def __init__(self, writer: Writer, cursor: Cursor, observer: AsyncConnection[Any], verifier: Verifier) -> None:
        self._writer = writer
        self._cursor = cursor
        self._observer = observer
        self._verifier = verifier

    async def take(self, *transactions: core_pb2.SignedTransaction, calls: bool = False) -> Cost:
        """Index one block of ``transactions``; return what it cost.

        With ``calls`` every call into C is timed, which takes time itself.
        """
        block = make_block(CHAIN, self._cursor.height + 1, transactions)
        gc.freeze()  # what the tests before left behind is nobody's cost: to walk through it takes 0.2 s
        stored, server = await self._stored(), await self._server_seconds()
        with Holds(calls=calls) as holds:
            decoded = await asyncio.to_thread(decode_block, block, self._verifier)
            written = await self._writer.write(self._cursor, [decoded])
        self._cursor = written.cursor
        server = await self._server_seconds() - server
        return Cost(
            seconds=holds.seconds + server,
            ours=holds.seconds,
            hold_seconds=holds.longest_seconds,
            longest=holds.longest,
            stored_bytes=await self._stored() - stored,
            wire_bytes=block.ByteSize(),
            written=written,
        )

    async def _stored(self) -> int:
        found = await (await self._observer.execute(STORED)).fetchone()
        assert found is not None
        return int(found[0])

    async def _server_seconds(self) -> float:
        pids: Iterable[tuple[int]] = await (await self._observer.execute(SESSIONS)).fetchall()
        return sum(_processor_seconds(pid) for (pid,) in pids)


async def send_tip(conn: AsyncConnection[Any]) -> None:
    """Let another indexer see a tip."""
    await conn.execute(TIP, {"signature": act.TIP, "sender": act.OTHER, "receiver": act.OWNER})


@asynccontextmanager
async def indexer(lanes: Lanes, observer: AsyncConnection[Any]) -> AsyncIterator[Indexer]:
    """Yield an indexer of a database that holds nothing but a tip."""
    await send_tip(observer)
    lease = Lease(lanes.control, "index", LEASE_SECONDS, SystemClock())
    await lease.acquire()
    async with lease.kept():
        async with lanes.indexing.connection() as conn:
            tables = await describe(conn, ROW_TYPES)
            cursor = await cursors.read(conn, only(CHAIN))
        yield Indexer(Writer(lanes.indexing, lease, BatchRunner(tables, RULES)), cursor, observer, Verifier(DEV))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
