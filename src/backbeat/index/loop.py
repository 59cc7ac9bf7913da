"""The block loop: fetch ahead, apply in order, commit whole blocks with the cursor. The main path of the program."""

import asyncio
import gc
import sys
from collections.abc import Mapping
from functools import partial

import structlog

from backbeat.chain.ahead import Ahead
from backbeat.chain.model import Block
from backbeat.clock import Clock
from backbeat.codes import Part, Phase
from backbeat.db.outage import retry_while_unreachable
from backbeat.db.pool import Lanes
from backbeat.errors import LeaseLostError
from backbeat.index import guard
from backbeat.index.applied import Committed
from backbeat.index.applying import BatchRunner
from backbeat.index.batch_size import BatchSize
from backbeat.index.committing import Committing
from backbeat.index.cursor import Cursor
from backbeat.index.followed import FollowedChain
from backbeat.index.frontier import Frontier
from backbeat.index.guard import Guard
from backbeat.index.heartbeat import Heartbeat
from backbeat.index.histories import begin_behind_others
from backbeat.index.lease import Lease
from backbeat.index.progress import Progress
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.stopping import unless_stopped
from backbeat.index.tables import Table, describe
from backbeat.index.watch import SourceWatch
from backbeat.index.writer import Writer
from backbeat.service import beside
from backbeat.settings import IndexSettings

log = structlog.get_logger(__name__)

SWITCH_SECONDS = 0.001
"""For so long a thread that decodes keeps the interpreter lock from the loop, which answers the server some ten times a
batch: plays are indexed 6 to 7 % faster than with Python's own 5 ms, other traffic as fast."""

YOUNG_OBJECTS = 20_000
"""So many objects come before the new ones are searched for garbage, instead of Python's 700: most are those of decoded
blocks and loaded rows, which are no garbage by then. It takes 7 % of our processor time while catching up."""


class BlockLoop:
    """The service that follows one chain into one database for as long as it holds the lease.

    ``committed`` is set after each commit; the jobs of this process wait for it.
    """

    name = Part.INDEX

    def __init__(
        self,
        chain: FollowedChain,
        lanes: Lanes,
        settings: IndexSettings,
        clock: Clock,
        *,
        committed: asyncio.Event | None = None,
    ) -> None:
        self._chain = chain
        self._committed = committed or asyncio.Event()
        self._source = chain.source
        self._lanes = lanes
        self._settings = settings
        self._clock = clock
        self._watch = chain.watch or SourceWatch(chain.source, clock)
        self._guard = Guard()
        self._frontier = Frontier(lanes, chain.source, chain.chains, chain.start_height, clock)
        self._stop = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None
        self.progress = Progress(clock.now(), clock.monotonic())
        self._heartbeat = Heartbeat(lanes.control, chain, self._watch, self.progress, clock)

    @property
    def is_beating(self) -> bool:
        """Say whether heartbeats are left; true before the loop runs."""
        return self._beating is None or not self._beating.done()

    def drain(self) -> None:
        """End after the batch in hand."""
        self._stop.set()

    async def run(self) -> None:
        """Index until drained, until a finite source ends, or until the tip if asked so.

        Whenever the lease is lost the loop goes back to waiting for it. Raises ChainDataError for a source that
        serves another chain or a gap, DatabaseError when a block cannot be committed.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
        await self._source.open()
        try:
            async with beside(self._heartbeat.run()) as self._beating:
                while not self._stop.is_set():
                    await self._hold_and_follow()
        finally:
            if self._heartbeat.leads:
                await self._heartbeat.report(Phase.STOPPED)
            await self._watch.close()
            await self._source.close()

    async def _hold_and_follow(self) -> None:
        lease = Lease(self._lanes.control, "index", self._settings.lease_seconds, self._clock)
        self.progress.phase = Phase.WAITING
        if not await unless_stopped(self._stop, lease.acquire()):
            return
        self._heartbeat.leads = True
        async with lease.kept():
            try:
                await self._follow(lease)
                await self._rest(lease)
            except LeaseLostError as lost:
                self._heartbeat.leads = False
                log.warning("indexing_handed_over", error=str(lost))

    async def _rest(self, lease: Lease) -> None:
        """Stay, with a heartbeat, at the end of a finite source, unless asked to exit there."""
        if not self._chain.exit_at_tip:
            await unless_stopped(self._stop, self._stop.wait(), lease)
        self._stop.set()

    async def _follow(self, lease: Lease) -> None:
        """Follow the chains that the database stands on and before, each to its end."""
        await unless_stopped(self._stop, retry_while_unreachable(lease.evict, self._clock, "evict_stalled"))
        tables = await unless_stopped(
            self._stop, retry_while_unreachable(self._describe, self._clock, "describe_tables")
        )
        is_at_end = tables is not None  # none, once asked to stop while the database is away
        while tables is not None and is_at_end and not self._stop.is_set():
            cursor = await unless_stopped(self._stop, self._frontier.read())
            is_at_end = cursor is not None and await self._follow_chain(cursor, tables, lease)

    async def _follow_chain(self, cursor: Cursor, tables: Mapping[type[Row], Table], lease: Lease) -> bool:
        """Follow one chain; return whether its last block is committed and another chain follows."""
        self.progress.began(cursor)
        await unless_stopped(self._stop, self._look(), lease)
        if not await unless_stopped(self._stop, self._watch.recognise(cursor, self._frontier.indexed), lease):
            return False
        self.progress.saw_head(await self._source.head())
        ahead = self._fetch(cursor)
        runner = BatchRunner(tables, self._chain.rules, ahead.decoding_paused, self._chain.native)
        size = BatchSize(self._settings)
        take = partial(_take_next, ahead, size) if self._lanes.indexing.max_size > 1 else None
        writer = Writer(self._lanes.indexing, lease, runner, self._chain.explorer_blocks, take=take, guard=self._guard)
        commits = Committing(writer, lease, self._frontier, self._stop, self._clock, self._note, self._look)
        try:
            while not self._is_done() and (blocks := writer.take_over() or await self._take(ahead, size, lease)):
                started = self._clock.monotonic()
                cursor = await commits.commit(cursor, blocks)
                size.committed(len(blocks), self._clock.monotonic() - started)
                await unless_stopped(self._stop, self._watch.agree(cursor), lease)
        finally:
            await writer.close()
            await ahead.close()
        return self._frontier.is_at_end(cursor)

    def _fetch(self, cursor: Cursor) -> Ahead:
        return Ahead(
            self._source,
            cursor.height,
            verifier=self._chain.verifier,
            bytes_max=self._settings.ahead_bytes_max,
            check_hashes=self._chain.check_hashes,
            migration_case=self._chain.migration_case,
            native=self._chain.native,
        )

    async def _take(self, ahead: Ahead, size: BatchSize, lease: Lease) -> list[Block]:
        """Return the next blocks; none at the end of the source, or once asked to stop."""
        taking = ahead.take(blocks_max=size.blocks_max, bytes_max=size.bytes_max)
        blocks = await unless_stopped(self._stop, taking, lease)
        return [] if blocks is None or self._stop.is_set() else blocks

    def _note(self, committed: Committed) -> None:
        self._committed.set()
        self.progress.committed(committed, self._clock.monotonic())
        log.debug(
            "batch_committed",
            height=committed.cursor.height,
            blocks=committed.blocks,
            txs=committed.transactions,
        )

    async def _look(self) -> None:
        """Look at what another program may have changed; raises UnfitDatabaseError where no block may be written."""
        await retry_while_unreachable(self._look_once, self._clock, "look_at_database")

    async def _look_once(self) -> None:
        async with self._lanes.indexing.connection() as connection:
            await self._guard.look(connection)
            await guard.look_beyond(connection)
            await guard.look_at_tables(connection)

    async def _describe(self) -> Mapping[type[Row], Table]:
        async with self._lanes.indexing.connection() as connection:
            tables = await describe(connection, ROW_TYPES)
            await begin_behind_others(connection, tables)
            return tables

    def _is_done(self) -> bool:
        if not self._chain.exit_at_tip or self._source.is_finite or self._watch.is_behind(self.progress.cursor):
            return False
        return self.progress.lag_blocks() == 0


async def _take_next(ahead: Ahead, size: BatchSize, size_bytes: int) -> list[Block]:
    """Return the next batch once so much of it is decoded that it pays to begin with it early."""
    await ahead.until_ready(blocks=size.blocks_max, size_bytes=size_bytes)
    return await ahead.take(blocks_max=size.blocks_max, bytes_max=size.bytes_max)
