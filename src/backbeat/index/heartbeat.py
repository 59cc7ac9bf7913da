"""Tells once a second, in the database, what the block loop is doing and what is known of its source."""

import asyncio
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from backbeat.chain.model import Head
from backbeat.chain.source import calls_of
from backbeat.clock import Clock
from backbeat.codes import Phase
from backbeat.db.lock_waits import holder_before
from backbeat.db.outage import log_if_unreachable
from backbeat.db.pool import Pool
from backbeat.db.sql import load
from backbeat.index.followed import FollowedChain
from backbeat.index.progress import Progress
from backbeat.index.watch import SourceReport, SourceWatch
from backbeat.loop_report import NOTHING, LoopReport
from backbeat.service import until

HEARTBEAT = load(__package__, "heartbeat.sql")
HEARTBEAT_SECONDS = 1.0
INDEXING = "backbeat/indexing%"
"""What sessions that write blocks call themselves."""


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """What the one that keeps the cursor says of itself."""

    phase: Phase
    """What it is doing."""
    source: str
    """Where its blocks come from."""
    head_height: int | None
    """The newest block that the source knows; None keeps the one that was said last."""
    head_chain_id: str | None
    """The chain that this block is of."""
    started_at: datetime
    """When it began."""
    blocks_per_second: float
    """As of late, like the other rates."""
    transactions_per_second: float
    """In these blocks; plays are transactions too."""
    plays_per_second: float
    """Rows of plays."""
    of_source: SourceReport = SourceReport()
    """How the source is."""
    report: LoopReport = NOTHING
    """How commits go; nothing where another program commits."""


async def leave(connection: AsyncConnection[Any], beat: Beat) -> None:
    """Leave ``beat`` in the database, over the one before."""
    values = msgspec.structs.asdict(beat.of_source) | {
        "phase": beat.phase,
        "source": beat.source,
        "head_height": beat.head_height,
        "head_chain_id": beat.head_chain_id,
        "started_at": beat.started_at,
        "blocks_per_second": beat.blocks_per_second,
        "transactions_per_second": beat.transactions_per_second,
        "plays_per_second": beat.plays_per_second,
        "report": Jsonb(msgspec.to_builtins(beat.report)),
    }
    await connection.execute(HEARTBEAT, values)


class Heartbeat:
    """The service that reports ``progress`` while its loop ``leads``; a standby's would only cover the leader's."""

    name = "heartbeat"

    def __init__(self, pool: Pool, chain: FollowedChain, watch: SourceWatch, progress: Progress, clock: Clock) -> None:
        self._pool = pool
        self._chain = chain
        self._watch = watch
        self._progress = progress
        self._clock = clock
        self._drained = asyncio.Event()
        self.leads = False

    async def run(self) -> None:
        """Look at the source every second until drained, and report while the loop leads."""
        if not self._drained.is_set():
            await until(self._beat(), self._drained)

    def drain(self) -> None:
        """End now: no report is worth waiting for."""
        self._drained.set()

    async def _beat(self) -> None:
        while True:
            head = await self._chain.source.head()
            self._progress.saw_head(head, is_behind=self._watch.is_behind(self._progress.cursor))
            if self.leads:
                await self.report(self._progress.phase, head)
            await self._clock.sleep(HEARTBEAT_SECONDS)

    async def report(self, phase: Phase, head: Head | None = None) -> None:
        """Leave one report; a head that the source did not just confirm is not repeated as if it had."""
        now = self._clock.monotonic()
        rates = self._progress.rates(now)
        of_source = self._watch.report(self._progress.cursor, head)
        with log_if_unreachable("heartbeat_failed"):
            async with self._pool.connection() as connection:
                await self._look_for_lock_holder(connection)
                beat = Beat(
                    phase=phase,
                    source=self._chain.source_name,
                    head_height=head.height if head else None,
                    head_chain_id=self._chain.source.chain_id if head else None,
                    started_at=self._progress.started_at,
                    blocks_per_second=rates.blocks_per_second,
                    transactions_per_second=rates.transactions_per_second,
                    plays_per_second=rates.plays_per_second,
                    of_source=of_source,
                    report=self._progress.report(now, calls_of(self._chain.source)),
                )
                await leave(connection, beat)

    async def _look_for_lock_holder(self, connection: AsyncConnection[Any]) -> None:
        """See who is in the way of a commit that takes long."""
        commits = self._progress.commits
        if commits.may_wait(self._clock.monotonic()):
            commits.waits_for(await holder_before(connection, INDEXING))
