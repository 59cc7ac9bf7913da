"""What one piece of work on a session costs: time, rows, buffers, WAL, temporary files, memory.

All counted by PostgreSQL 18 itself, except memory, which the kernel tells: the private pages of the session's process,
looked at every few milliseconds. Nothing else may work on the server meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from psycopg import AsyncConnection

from bench.server import connect

T = TypeVar("T")

LOOK_SECONDS = 0.02
# A session's own buffers, and those of the parallel workers it may have had. Rows: read by scans, or found in indexes.
COUNTERS = """
    SELECT
        (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables)
        + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes),
        (SELECT coalesce(sum(hits + reads), 0) FROM pg_stat_get_backend_io(%s) WHERE object <> 'wal')
        + (
            SELECT coalesce(sum(hits + reads), 0) FROM pg_stat_io
            WHERE backend_type = 'background worker' AND object <> 'wal'
        ),
        pg_current_wal_insert_lsn() - '0/0',
        (SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database())
"""


class Expense(msgspec.Struct, frozen=True, kw_only=True):
    """What a piece of work cost."""

    ms: float
    """Milliseconds."""
    rows_read: int
    """Rows that the server fetched."""
    buffers: int
    """Buffers of 8 kB touched."""
    wal_bytes: int
    """WAL written."""
    temp_bytes: int
    """Temporary files written."""
    memory_bytes: int
    """The peak of the session's private memory."""


class Purse:
    """Watches one session; use :meth:`of`."""

    def __init__(self, session: AsyncConnection[Any], observer: AsyncConnection[Any]) -> None:
        self._session = session
        self._observer = observer

    @classmethod
    async def of(cls, session: AsyncConnection[Any], url: str) -> "Purse":
        """Return what watches a session of the database at ``url``; close it after use."""
        purse = cls(session, await connect(url))
        await purse._counters()  # catalogues are warm from here on
        return purse

    async def close(self) -> None:
        """Give the watching session back."""
        await self._observer.close()

    async def spend(self, work: Callable[[], Awaitable[T]]) -> tuple[T, Expense]:
        """Do the work; return what it returns and what it cost."""
        before = await self._counters()
        peak = _Peak(self._session.info.backend_pid)
        looking = asyncio.create_task(peak.watch())
        began = time.perf_counter()
        done = await work()
        seconds = time.perf_counter() - began
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        after = await self._counters()
        rows_read, buffers, wal_bytes, temp_bytes = (int(b - a) for a, b in zip(before, after, strict=True))
        cost = Expense(
            ms=1e3 * seconds,
            rows_read=rows_read,
            buffers=buffers,
            wal_bytes=wal_bytes,
            temp_bytes=temp_bytes,
            memory_bytes=peak.bytes,
        )
        return done, cost

    async def _counters(self) -> tuple[Any, ...]:
        await self._session.execute("SELECT pg_stat_force_next_flush()")
        await self._session.execute("SELECT 1")
        row = await (await self._observer.execute(COUNTERS, [self._session.info.backend_pid])).fetchone()
        assert row is not None
        return tuple(row)


class _Peak:
    """The most private memory that a process was seen with."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.bytes = self._now()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.bytes = max(self.bytes, self._now())

    def _now(self) -> int:
        for line in self._status.read_text(encoding="ascii").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        return 0
