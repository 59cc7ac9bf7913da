"""The block loop: fetch ahead, apply in order, commit whole blocks with the cursor. The main path of the program."""

import asyncio
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from backbeat.chain.ahead import Ahead
from backbeat.chain.model import Block, Head
from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Source
from backbeat.clock import Clock
from backbeat.db.pool import Lanes
from backbeat.db.sql import load
from backbeat.errors import ChainDataError, DatabaseError, LeaseLostError
from backbeat.index import cursor as cursors
from backbeat.index.batch_size import BatchSize
from backbeat.index.cursor import Cursor
from backbeat.index.entities.transaction import EntityRules
from backbeat.index.lease import Lease
from backbeat.index.progress import Phase, Progress
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe
from backbeat.index.writer import Writer, Written
from backbeat.settings import IndexSettings

log = structlog.get_logger(__name__)

HEARTBEAT = load(__package__, "heartbeat.sql")
HEARTBEAT_SECONDS = 1.0
RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX = 0.2, 5.0  # domain: chain and entities, 2.5
RETRIES_MAX = 10  # for failures that are not the connection's; then the process stops, a block is never passed over


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
        self._stop = asyncio.Event()
        self.progress = Progress(clock.now(), clock.monotonic())

    def stop(self) -> None:
        """Ask the loop to end after the batch in hand."""
        self._stop.set()

    async def run(self) -> None:
        """Index until stopped, until a finite source ends, or until the tip if asked so.

        Whenever the lease is lost the loop goes back to waiting for it. Raises ChainDataError for a source that
        serves another chain or a gap, DatabaseError when a block cannot be committed.
        """
        await self._source.open()
        beat = asyncio.create_task(self._beat())
        try:
            while not self._stop.is_set():
                await self._hold_and_follow()
        finally:
            beat.cancel()
            await asyncio.wait([beat])
            await self._report(Phase.STOPPED)
            await self._source.close()

    async def _hold_and_follow(self) -> None:
        lease = Lease(self._lanes.control, "index", self._settings.lease_seconds, self._clock)
        self.progress.phase = Phase.WAITING
        if not await self._unless_stopped(lease.acquire()):
            return
        async with lease.kept():
            try:
                await self._follow(lease)
            except LeaseLostError as lost:
                log.warning("indexing_handed_over", error=str(lost))
            else:
                await self._rest()

    async def _rest(self) -> None:
        """Stay, with a heartbeat, at the end of a finite source, unless asked to exit there."""
        if not self._exit_at_tip:
            await self._stop.wait()
        self._stop.set()

    async def _follow(self, lease: Lease) -> None:
        async with self._lanes.indexing.connection() as conn:
            tables = await describe(conn, ROW_TYPES)
        cursor = await self._read_cursor()
        writer = Writer(self._lanes.indexing, tables, self._rules, lease, self._clock)
        size = BatchSize(self._settings)
        self.progress.cursor = cursor
        self.progress.phase = Phase.CATCHING_UP
        self.progress.saw_head(await self._source.head())
        ahead = Ahead(self._source, cursor.height, verifier=self._verifier, bytes_max=self._settings.ahead_bytes_max)
        try:
            while not self._is_done():
                blocks = await self._unless_stopped(ahead.take(blocks_max=size.blocks_max, bytes_max=size.bytes_max))
                if not blocks:
                    return
                started = self._clock.monotonic()
                cursor = await self._commit(writer, cursor, blocks)
                size.took(len(blocks), self._clock.monotonic() - started)
        finally:
            await ahead.close()

    async def _commit(self, writer: Writer, cursor: Cursor, blocks: list[Block]) -> Cursor:
        """Commit, however often that has to be tried; what an interrupted try did commit is not done again."""
        wait_seconds, refusals = RETRY_SECONDS_FIRST, 0
        while True:
            try:
                _check_order(cursor, blocks)
                for written in await writer.write(cursor, blocks):
                    self._note(written)
                    cursor = written.cursor
            except (psycopg.Error, PoolTimeout) as error:
                refusals += not _is_connection_error(error)
                if refusals > RETRIES_MAX:
                    raise _cannot_commit(blocks[0], error) from error
                log.warning("commit_failed", height=blocks[0].height, error=_say(error), retry_seconds=wait_seconds)
                await self._clock.sleep(wait_seconds)
                wait_seconds = min(wait_seconds * 2, RETRY_SECONDS_MAX)
            else:
                return cursor
            before, cursor = cursor, await self._read_cursor()
            if cursor.height < before.height:
                raise _moved_back(before, cursor)
            blocks = [block for block in blocks if block.height > cursor.height]
            if not blocks:
                return cursor

    async def _read_cursor(self) -> Cursor:
        while True:
            try:
                async with self._lanes.indexing.connection() as conn:
                    return await cursors.read(conn, self._source.chain_id, self._start_height)
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("cursor_unreadable", error=_say(error), retry_seconds=RETRY_SECONDS_MAX)
                await self._clock.sleep(RETRY_SECONDS_MAX)

    def _note(self, written: Written) -> None:
        self.progress.wrote(written, self._clock.monotonic())
        log.debug("batch_committed", height=written.cursor.height, blocks=written.blocks, txs=written.transactions)

    def _is_done(self) -> bool:
        return self._exit_at_tip and not self._source.is_finite and self.progress.lag_blocks() == 0

    async def _unless_stopped(self, work: Any) -> Any:
        """Await ``work``, or give it up (answering None) once the loop is asked to stop."""
        doing, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            for task in (doing, stopping):
                task.cancel()
            await asyncio.wait({doing, stopping})

    async def _beat(self) -> None:
        while True:
            head = await self._source.head()
            self.progress.saw_head(head)
            await self._report(self.progress.phase, head)
            await self._clock.sleep(HEARTBEAT_SECONDS)

    async def _report(self, phase: Phase, head: Head | None = None) -> None:
        """Leave a heartbeat; a head that the source did not just confirm is not repeated as if it had."""
        rates = self.progress.rates(self._clock.monotonic())
        try:
            async with self._lanes.control.connection() as conn:
                await conn.execute(
                    HEARTBEAT,
                    {
                        "phase": str(phase),
                        "source": self._source_name,
                        "head_height": head.height if head else None,
                        "started_at": self.progress.started_at,
                        "blocks_per_second": rates.blocks_per_second,
                        "transactions_per_second": rates.transactions_per_second,
                        "plays_per_second": rates.plays_per_second,
                    },
                )
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("heartbeat_failed", error=_say(error))


def _check_order(cursor: Cursor, blocks: list[Block]) -> None:
    for expected, block in enumerate(blocks, cursor.height + 1):
        if block.height != expected or block.chain_id != cursor.chain_id:
            raise ChainDataError(
                "block_out_of_order",
                f"Expected block {expected} of chain {cursor.chain_id!r}, got {block.height} of {block.chain_id!r}.",
                cure="Nothing was written. Check that the source serves the whole chain that this database follows.",
            )


def _is_connection_error(error: Exception) -> bool:
    return isinstance(error, (psycopg.OperationalError, PoolTimeout))


def _moved_back(before: Cursor, now: Cursor) -> LeaseLostError:
    return LeaseLostError(
        "cursor_moved_back",
        f"The database stands at block {now.height}, before block {before.height} that it had committed.",
        cure="Indexing goes on from there. A crash or fail-over lost commits: look at synchronous_commit.",
    )


def _say(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _cannot_commit(block: Block, error: Exception) -> DatabaseError:
    return DatabaseError(
        "block_not_committed",
        f"Block {block.height} cannot be committed: {_say(error)}",
        cure="Nothing was skipped. The message above names the cause; fix it and start again.",
    )
