"""How hard the machine works meanwhile: processors, and the server's write-ahead log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from backbeat.db.pool import Lanes

WAL = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
IDLE_COLUMNS = slice(4, 6)  # of the first line of /proc/stat: idle, and idle while the disk works
TICKS = slice(1, 9)  # the columns after these are contained in them


class Load(msgspec.Struct):
    """What the body took: a share of all processors' time, everything on the machine included; bytes of WAL."""

    busy_share: float = 0.0
    wal_bytes: int = 0


@asynccontextmanager
async def loaded(lanes: Lanes) -> AsyncIterator[Load]:
    """Measure the body; what is yielded is filled in when it ends."""
    load, wal, idle, all_ticks = Load(), await _wal(lanes), *_ticks()
    yield load
    idle_later, all_later = _ticks()
    load.busy_share = 1 - (idle_later - idle) / max(all_later - all_ticks, 1)
    load.wal_bytes = await _wal(lanes) - wal


async def _wal(lanes: Lanes) -> int:
    async with lanes.control.connection() as connection:
        row = await (await connection.execute(WAL)).fetchone()
    assert row is not None
    return int(row[0])


def _ticks() -> tuple[int, int]:
    columns = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
    return sum(map(int, columns[IDLE_COLUMNS])), sum(map(int, columns[TICKS]))
