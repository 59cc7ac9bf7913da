"""What happens in a simulated month: blocks of a made-up chain, other writers, days on which the program is down."""

import resource
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection
from virtual_time import NOON, Stage

from backbeat.chain.decode import decode_block
from backbeat.chain.sequence import only
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.clock import SystemClock
from backbeat.codes import JobState
from backbeat.db.pool import Lanes
from backbeat.index import cursor as cursors
from backbeat.index.applying import BatchRunner
from backbeat.index.cursor import Cursor
from backbeat.index.lease import Lease
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe
from backbeat.index.wire.transaction import EntityRules
from backbeat.index.writer import Writer
from backbeat.jobs.operate import list_jobs
from bench.chains import NETWORK, SEED
from bench.month import others

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
LEASE_SECONDS = 100 * DAY_SECONDS  # nobody renews it in simulated time


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A month."""

    days: float
    """How long it is."""
    block_seconds: float
    """How far apart its blocks are."""
    txs_per_block: float
    """How many transactions each holds."""
    away: tuple[float, float] | None
    """From which day to which the program is down, None: never."""

    def is_down(self, seconds: float) -> bool:
        """Say whether the program is down at this time, or has just come back."""
        if self.away is None:
            return False
        began, ended = (day * DAY_SECONDS for day in self.away)
        return began <= seconds < ended + HOUR_SECONDS


class Story:
    """The month as it goes: what is written when, and what is seen meanwhile."""

    def __init__(self, plan: Plan, lanes: Lanes, connection: AsyncConnection[Any]) -> None:
        self.plan = plan
        self.late: Counter[str] = Counter()
        self.memory_mb: list[float] = []
        self.transactions = 0
        self._began = time.monotonic()
        self._connection = connection
        self.lanes = lanes
        self._maker = BlockMaker(SEED, plan.txs_per_block, 1.0, NETWORK)
        self._verifier = Verifier(NETWORK)
        self._height = 0
        self._writer: Writer | None = None
        self._cursor: Cursor | None = None

    async def begin(self) -> None:
        """Take the block loop's place."""
        lease = Lease(self.lanes.control, "index", LEASE_SECONDS, SystemClock())
        await lease.acquire()
        async with self.lanes.indexing.connection() as connection:
            tables = await describe(connection, ROW_TYPES)
            self._cursor = await cursors.read(connection, only(self._maker.chain_id))
        rules = EntityRules(verifier_address=self._maker.verifier_address.lower())
        self._writer = Writer(self.lanes.indexing, lease, BatchRunner(tables, rules))

    async def index(self, on: Stage) -> None:
        """Index the blocks that were made by now, each with its own time, unless the program is down."""
        if self.plan.is_down(on.clock.seconds) and on.clock.seconds < self._ended():
            return
        assert self._writer is not None
        assert self._cursor is not None
        made = int(on.clock.seconds / self.plan.block_seconds)
        while self._height < made:
            self._height += 1
            at = NOON + timedelta(seconds=self._height * self.plan.block_seconds)
            block = decode_block(self._maker.block(self._height, round(at.timestamp() * 1_000_000)), self._verifier)
            self._cursor = (await self._writer.write(self._cursor, [block])).cursor
            self.transactions += len(block.transactions)

    async def others_write(self, on: Stage) -> None:
        """Let the other writers do what they do in this hour: they are never down."""
        await others.write(self._connection, int(on.clock.seconds / HOUR_SECONDS), _naive(on))

    async def look(self, on: Stage) -> None:
        """Note which jobs are late while the program is up, and what memory it has taken at most."""
        sys.stderr.write(
            f"{self.transactions:>9} txs, {on.clock.now():%d %H:%M}, {time.monotonic() - self._began:.0f} s\n"
        )
        self.memory_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        if not self.plan.is_down(on.clock.seconds):
            found = await list_jobs(self._connection, on.settings)
            self.late.update(job.name for job in found if job.state is JobState.LATE)

    async def go_away(self, on: Stage) -> None:
        """End the worker as a signal does."""
        for worker in on.workers:
            await worker.stop()
        on.workers.clear()

    async def come_back(self, on: Stage) -> None:
        """Index what was missed, and start a worker."""
        await self.index(on)
        on.hire()

    def _ended(self) -> float:
        return self.plan.away[1] * DAY_SECONDS if self.plan.away else 0.0


def _naive(on: Stage) -> datetime:
    return on.clock.now().replace(tzinfo=None)
