"""How hard the machine works meanwhile: processors, and the server's write-ahead log and buffers."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from backbeat.db.pool import Lanes
from bench.meter import parent_of, server_seconds

COUNTERS = """
    SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint, (blks_hit + blks_read)::bigint, pg_backend_pid()
    FROM pg_stat_database
    WHERE datname = current_database()
"""
IDLE_COLUMNS = slice(4, 6)  # of the first line of /proc/stat: idle, and idle while the disk works
TICKS = slice(1, 9)  # the columns after these are contained in them


class Load(msgspec.Struct):
    """What the body took."""

    busy_share: float = 0.0
    """Of all processors' time, everything on the machine included."""
    wal_bytes: int = 0
    """Write-ahead log of the server."""
    buffers: int = 0
    """Pages of the database that its sessions looked at; what sessions tell of late is missing."""
    client_seconds: float = 0.0
    """Processor time of this process."""
    server_seconds: float = 0.0
    """Processor time of all of the server's."""
    wall_seconds: float = 0.0
    """How long it was."""


@asynccontextmanager
async def loaded(lanes: Lanes) -> AsyncIterator[Load]:
    """Measure the body; what is yielded is filled in when it ends."""
    load, counted, idle, all_ticks = Load(), await _counters(lanes), *_ticks()
    wall, client = time.perf_counter(), time.process_time()
    yield load
    idle_later, all_later = _ticks()
    load.wall_seconds, load.client_seconds = time.perf_counter() - wall, time.process_time() - client
    load.busy_share = 1 - (idle_later - idle) / max(all_later - all_ticks, 1)
    later = await _counters(lanes)
    load.wal_bytes, load.buffers = later.wal_bytes - counted.wal_bytes, later.buffers - counted.buffers
    load.server_seconds = later.seconds - counted.seconds


class _Counters(NamedTuple):
    wal_bytes: int
    buffers: int
    seconds: float


async def _counters(lanes: Lanes) -> _Counters:
    async with lanes.control.connection() as connection:
        row = await (await connection.execute(COUNTERS)).fetchone()
    assert row is not None
    wal_bytes, buffers, pid = row
    return _Counters(int(wal_bytes), int(buffers), server_seconds(parent_of(pid)))


def _ticks() -> tuple[int, int]:
    columns = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
    return sum(map(int, columns[IDLE_COLUMNS])), sum(map(int, columns[TICKS]))
