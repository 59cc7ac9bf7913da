"""The block loop: fetch ahead, apply in order, commit whole blocks with the cursor. The main path of the program."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
import psycopg
import structlog

from backbeat.chain.ahead import Ahead
from backbeat.chain.model import Block, Head
from backbeat.chain.place import Place
from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Source
from backbeat.clock import Clock
from backbeat.codes import Phase
from backbeat.db.outage import first_line, is_cut, outlast, tolerated
from backbeat.db.pool import Lanes
from backbeat.db.sql import load
from backbeat.errors import ChainDataError, LeaseLostError
from backbeat.index import cursor as cursors
from backbeat.index.batch_size import BatchSize
from backbeat.index.cursor import Cursor
from backbeat.index.lease import Lease
from backbeat.index.pieces import Pieces
from backbeat.index.progress import Progress
from backbeat.index.retries import Retries
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import Table, describe
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.index.writer import Writer, Written, is_refusal
from backbeat.settings import IndexSettings

log = structlog.get_logger(__name__)

HEARTBEAT = load(__package__, "heartbeat.sql")
HEARTBEAT_SECONDS = 1.0


class BlockLoop:
    """Follows one source into one database for as long as it holds the lease."""

    def __init__(
        self,
        source: Source,
        lanes: Lanes,
        *,
        settings: IndexSettings,
        rules: EntityRules,
        verifier: Verifier | None,
        clock: Clock,
        start_height: int = 0,
        exit_at_tip: bool = False,
        source_name: str = "",
        watch: SourceWatch | None = None,
        check_hashes: bool = True,
    ) -> None:
        self._source = source
        self._lanes = lanes
        self._settings = settings
        self._rules = rules
        self._verifier = verifier
        self._clock = clock
        self._start_height = start_height
        self._exit_at_tip = exit_at_tip
        self._source_name = source_name
        self._watch = watch or SourceWatch(source, clock)
        self._check_hashes = check_hashes
        self._stop = asyncio.Event()
        self._leads = False
        self._beating: asyncio.Task[None] | None = None
        self.progress = Progress(clock.now(), clock.monotonic())

    @property
    def is_beating(self) -> bool:
        """Say whether heartbeats are left; true before the loop runs."""
        return self._beating is None or not self._beating.done()

    def stop(self) -> None:
        """Ask the loop to end after the batch in hand."""
        self._stop.set()

    async def run(self) -> None:
        """Index until stopped, until a finite source ends, or until the tip if asked so.

        Whenever the lease is lost the loop goes back to waiting for it. Raises ChainDataError for a source that
        serves another chain or a gap, DatabaseError when a block cannot be committed.
        """
        await self._source.open()
        self._beating = beat = asyncio.create_task(self._beat())
        try:
            while not self._stop.is_set():
                await self._hold_and_follow()
        finally:
            beat.cancel()
            await asyncio.wait([beat])
            if self._leads:
                await self._report(Phase.STOPPED)
            await self._watch.close()
            await self._source.close()

    async def _hold_and_follow(self) -> None:
        lease = Lease(self._lanes.control, "index", self._settings.lease_seconds, self._clock)
        self.progress.phase = Phase.WAITING
        if not await self._unless_stopped(lease.acquire()):
            return
        self._leads = True
        async with lease.kept():
            try:
                await self._follow(lease)
                await self._rest(lease)
            except LeaseLostError as lost:
                self._leads = False
                log.warning("indexing_handed_over", error=str(lost))

    async def _rest(self, lease: Lease) -> None:
        """Stay, with a heartbeat, at the end of a finite source, unless asked to exit there."""
        if not self._exit_at_tip:
            await self._unless_stopped(self._stop.wait(), lease)
        self._stop.set()

    async def _follow(self, lease: Lease) -> None:
        await self._unless_stopped(outlast(lease.evict, self._clock, "evict_stalled"))
        tables = await self._unless_stopped(outlast(self._describe, self._clock, "describe_tables"))
        cursor = await self._unless_stopped(self._read_cursor())
        if tables is None or cursor is None:
            return  # asked to stop while the database is away
        size = BatchSize(self._settings)
        self.progress.cursor = cursor
        self.progress.phase = Phase.CATCHING_UP
        if not await self._unless_stopped(self._watch.recognise(cursor, self._indexed), lease):
            return
        self.progress.saw_head(await self._source.head())
        ahead = Ahead(
            self._source,
            cursor.height,
            verifier=self._verifier,
            bytes_max=self._settings.ahead_bytes_max,
            check_hashes=self._check_hashes,
        )
        writer = Writer(self._lanes.indexing, tables, self._rules, lease, ahead.held)
        try:
            while not self._is_done():
                taking = ahead.take(blocks_max=size.blocks_max, bytes_max=size.bytes_max)
                blocks = await self._unless_stopped(taking, lease)
                if not blocks or self._stop.is_set():
                    return
                started = self._clock.monotonic()
                cursor = await self._commit(writer, lease, cursor, blocks)
                size.took(len(blocks), self._clock.monotonic() - started)
                await self._unless_stopped(self._watch.agree(cursor), lease)
        finally:
            await ahead.close()

    async def _commit(self, writer: Writer, lease: Lease, cursor: Cursor, blocks: list[Block]) -> Cursor:
        """Commit, however often and in however many pieces that has to be tried; what is committed is not done again.

        Asked to stop, it leaves what is not committed yet, and answers where it stands.
        """
        pieces, retries = Pieces(blocks), Retries()
        while (piece := pieces.next()) and not self._stop.is_set():
            _check_order(cursor, piece)
            try:
                written = await writer.write(cursor, piece, one_by_one=pieces.one_by_one)
            except psycopg.Error as error:
                if is_refusal(error) and pieces.refused():
                    log.warning("batch_refused", height=piece[0].height, blocks=len(piece), error=first_line(error))
                    continue
                seconds = retries.failed(error, piece[0])
                log.warning("commit_failed", height=piece[0].height, error=first_line(error), retry_seconds=seconds)
                if is_cut(error):
                    pieces.cut()
                    _name_what_was_cut(pieces, writer)
                await self._wait_after(error, seconds, lease)
                cursor = await self._where_it_stands(cursor)
            else:
                self._note(written)
                cursor, retries = written.cursor, Retries()
            pieces.committed(cursor.height)
        return cursor

    async def _wait_after(self, error: Exception, seconds: float, lease: Lease) -> None:
        """Let some time pass, and a process that stands still with locks of ours be ended."""
        await self._unless_stopped(self._clock.sleep(seconds))
        if isinstance(error, psycopg.errors.LockNotAvailable):
            await self._unless_stopped(outlast(lease.evict, self._clock, "evict_stalled"))

    async def _where_it_stands(self, before: Cursor) -> Cursor:
        """Read the cursor after a failed commit; ``before`` itself once the loop is asked to stop."""
        now = await self._unless_stopped(self._read_cursor())
        if now is None:
            return before
        if now.height < before.height:
            raise _moved_back(before, now)
        return now  # type: ignore[no-any-return]  # it is what _read_cursor answers

    async def _describe(self) -> Mapping[type[Row], Table]:
        async with self._lanes.indexing.connection() as conn:
            return await describe(conn, ROW_TYPES)

    async def _read_cursor(self) -> Cursor:
        return await outlast(self._read_cursor_once, self._clock, "read_cursor")

    async def _read_cursor_once(self) -> Cursor:
        async with self._lanes.indexing.connection() as conn:
            return await cursors.read(conn, self._source.chain_id, self._start_height)

    async def _indexed(self, height: int) -> Place | None:
        """Return the newest block at or below ``height`` that was indexed; None while the database does not say."""
        found = None
        with tolerated("indexed_block_not_read"):
            async with self._lanes.control.connection() as conn:
                found = await cursors.indexed(conn, self._source.chain_id, height)
        return found

    def _note(self, written: Written) -> None:
        self.progress.wrote(written, self._clock.monotonic())
        log.debug("batch_committed", height=written.cursor.height, blocks=written.blocks, txs=written.transactions)

    def _is_done(self) -> bool:
        if not self._exit_at_tip or self._source.is_finite or self._watch.is_behind(self.progress.cursor):
            return False
        return self.progress.lag_blocks() == 0

    async def _unless_stopped(self, work: Any, lease: Lease | None = None) -> Any:
        """Await ``work``, or give it up (answering None) once the loop is asked to stop.

        Raises LeaseLostError as soon as ``lease`` is somebody else's.
        """
        ends = [self._stop, lease.lost] if lease else [self._stop]
        doing, *ending = [asyncio.ensure_future(each) for each in (work, *(end.wait() for end in ends))]
        try:
            await asyncio.wait({doing, *ending}, return_when=asyncio.FIRST_COMPLETED)
            if lease and lease.lost.is_set():
                raise lease.loss()
            return doing.result() if doing.done() else None
        finally:
            for task in (doing, *ending):
                task.cancel()
            await asyncio.wait({doing, *ending})

    async def _beat(self) -> None:
        """Leave heartbeats while this loop leads; a standby would only cover the leader's."""
        while True:
            head = await self._source.head()
            self.progress.saw_head(head, is_behind=self._watch.is_behind(self.progress.cursor))
            if self._leads:
                await self._report(self.progress.phase, head)
            await self._clock.sleep(HEARTBEAT_SECONDS)

    async def _report(self, phase: Phase, head: Head | None = None) -> None:
        """Leave a heartbeat; a head that the source did not just confirm is not repeated as if it had."""
        rates = self.progress.rates(self._clock.monotonic())
        source = self._watch.report(self.progress.cursor, head)
        values = {
            "phase": str(phase),
            "source": self._source_name,
            "head_height": head.height if head else None,
            "started_at": self.progress.started_at,
            "blocks_per_second": rates.blocks_per_second,
            "transactions_per_second": rates.transactions_per_second,
            "plays_per_second": rates.plays_per_second,
        }
        with tolerated("heartbeat_failed"):
            async with self._lanes.control.connection() as conn:
                await conn.execute(HEARTBEAT, values | msgspec.structs.asdict(source))


def _check_order(cursor: Cursor, blocks: list[Block]) -> None:
    for expected, block in enumerate(blocks, cursor.height + 1):
        if block.height != expected or block.chain_id != cursor.chain_id:
            raise ChainDataError(
                "block_out_of_order",
                f"Expected block {expected} of chain {cursor.chain_id!r}, got {block.height} of {block.chain_id!r}.",
                cure="Nothing was written. Check that the source serves the whole chain that this database follows.",
            )


def _moved_back(before: Cursor, now: Cursor) -> LeaseLostError:
    return LeaseLostError(
        "cursor_moved_back",
        f"The database stands at block {now.height}, before block {before.height} that it had committed.",
        cure="Indexing goes on from there. A crash or fail-over lost commits: look at synchronous_commit.",
    )


def _name_what_was_cut(pieces: Pieces, writer: Writer) -> None:
    if pieces.names_the_transaction and writer.in_hand is not None:
        log.error("block_cut_again", cuts=pieces.cuts_alone, **msgspec.structs.asdict(writer.in_hand))
