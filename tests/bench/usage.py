"""What a program and its server use over a while, the server's processes by what they are for.

Processor time is read from ``/proc`` once a second, so a process that ends loses a second at most; what is missing in
the sum over all processes is the rest. The server is asked when a process appears, at the beginning and at the end.
"""

import asyncio
import os
from asyncio.subprocess import Process
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.home import OBSERVER, Home
from bench.meter import Spent, metered, process_seconds, server_seconds

LOOK_SECONDS = 1.0
PROCESSORS = os.cpu_count() or 1
REST = "others, and what ended between two looks"
NAMES = """
    SELECT pid, CASE backend_type WHEN 'client backend' THEN application_name ELSE backend_type END
    FROM pg_stat_activity
"""
COUNTS = """
    SELECT
        (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
        (pg_current_wal_insert_lsn() - '0/0')::bigint,
        (SELECT wal_fpi FROM pg_stat_wal),
        (SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal'),
        (
            SELECT sum(hits + reads)::bigint FROM pg_stat_io
            WHERE object <> 'wal' AND backend_type = 'client backend'
        )
"""


class Counts(NamedTuple):
    """The server's counters: all of them only grow."""

    commits: int
    wal_bytes: int
    wal_page_images: int
    wal_flushes: int
    buffers: int


class Used(msgspec.Struct, kw_only=True):
    """What was used."""

    seconds: float = 0.0
    """For how long."""
    blocks: int = 0
    """Blocks that were indexed meanwhile."""
    program_seconds: float = 0.0
    """Processor time of the program."""
    server_seconds: float = 0.0
    """Processor time of the server, without the observer's session."""
    lanes: dict[str, float] = msgspec.field(default_factory=dict)
    """The server's by its processes: sessions by their application_name, all others by their kind."""
    commits: int = 0
    """Transactions of the database."""
    wal_bytes: int = 0
    """WAL."""
    wal_page_images: int = 0
    """Whole pages in it, each behind a checkpoint."""
    wal_flushes: int = 0
    """How often WAL was flushed to disk."""
    buffers: int = 0
    """Buffers that sessions hit or read."""
    noise_percent: float = 0.0
    """What other work took of all processors."""

    def __add__(self, other: "Used") -> "Used":
        """Return both together; the noise is the worse one."""
        both = {name: getattr(self, name) + getattr(other, name) for name in ADDED}
        lanes = {name: self.lanes.get(name, 0.0) + other.lanes.get(name, 0.0) for name in self.lanes | other.lanes}
        return Used(**both, lanes=lanes, noise_percent=max(self.noise_percent, other.noise_percent))


ADDED = [name for name in Used.__struct_fields__ if name not in {"lanes", "noise_percent"}]


@asynccontextmanager
async def used(home: Home, process: Process, spinner: int = 0) -> AsyncIterator[Used]:
    """Yield what a program that is up will have used, from one block's commit to another's.

    ``spinner``: a process that is there to take a core, 0 for none; what it takes is not counted as noise.
    """
    found = Used()
    family = Family(home)
    first = await home.next_height()
    before = await _counts(home)
    program, taken = server_seconds(process.pid), process_seconds(spinner)
    await family.look()
    with metered(home.postgres.pid) as spent:
        looking = asyncio.create_task(family.keep_looking())
        try:
            yield found
            last = await home.next_height()
        finally:
            looking.cancel()
            await asyncio.wait([looking])
    await family.look()
    found.program_seconds = server_seconds(process.pid) - program
    after = await _counts(home)
    found.blocks = last - first
    for name, one, other in zip(Counts._fields, before, after, strict=True):
        setattr(found, name, other - one)
    spent.machine -= process_seconds(spinner) - taken
    _share(found, spent, family.seconds())


def _share(found: Used, spent: Spent, lanes: Mapping[str, float]) -> None:
    """Fill in the times."""
    observer = lanes.get(OBSERVER, 0.0)
    shares = {name: seconds for name, seconds in lanes.items() if name not in {OBSERVER, REST}}
    others = spent.machine - spent.client - spent.server - found.program_seconds
    found.seconds = spent.wall
    found.server_seconds = spent.server - observer
    found.lanes = shares | {REST: max(0.0, found.server_seconds - sum(shares.values()))}
    found.noise_percent = max(0.0, 100 * others / spent.wall / PROCESSORS)


class Family:
    """The processes of a server: what each used since the first look, and what it is for."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._first: dict[int, float] | None = None
        self._last: dict[int, float] = {}
        self._names: dict[int, str] = {}

    async def keep_looking(self) -> None:
        """Look once a second until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Read what each process has used so far."""
        now = {pid: process_seconds(pid) for pid in _children(self._home.postgres.pid)}
        if self._first is None:
            self._first = now
        if not now.keys() <= self._names.keys():
            known = await (await self._home.observer.execute(NAMES.encode())).fetchall()
            self._names |= dict.fromkeys(now, REST) | self._names | dict(known)
        self._last |= now

    def seconds(self) -> Mapping[str, float]:
        """Return processor seconds between the first look and the last, by name."""
        found: defaultdict[str, float] = defaultdict(float)
        for pid, last in self._last.items():
            found[self._names[pid]] += last - (self._first or {}).get(pid, 0.0)
        return found


async def _counts(home: Home) -> Counts:
    row = await (await home.observer.execute(COUNTS.encode())).fetchone()
    assert row is not None
    return Counts._make(row)


def _children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()))
