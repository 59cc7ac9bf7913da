"""Commits a batch however often, and in however many pieces, that has to be tried."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import psycopg
import structlog

from backbeat.chain.model import Block
from backbeat.clock import Clock
from backbeat.db.outage import first_line, is_cut, retry_while_unreachable
from backbeat.errors import ChainDataError, LeaseLostError
from backbeat.index.applied import Committed
from backbeat.index.applying import is_of_the_schema, is_refusal
from backbeat.index.commits import Commits
from backbeat.index.cursor import Cursor
from backbeat.index.frontier import Frontier
from backbeat.index.guard import met_trigger, met_writer
from backbeat.index.lease import Lease
from backbeat.index.pieces import Pieces
from backbeat.index.retries import Retries
from backbeat.index.stopping import unless_stopped
from backbeat.index.writer import Writer

log = structlog.get_logger(__name__)

Note = Callable[[Committed], None]
"""Is told of each commit."""


Look = Callable[[], Awaitable[object]]
"""Looks at what another program may have changed; raises UnfitDatabaseError where that forbids to write blocks."""


class Committing:
    """The commits under one lease, until ``stop`` is set.

    After a failure the cursor is read again, so that what a commit did whose answer was lost is not done again. Where
    the failure tells that the database is not as it was, ``look`` has a look at it first.
    """

    def __init__(
        self,
        writer: Writer,
        lease: Lease,
        frontier: Frontier,
        stop: asyncio.Event,
        clock: Clock,
        note: Note,
        look: Look,
        commits: Commits,
    ) -> None:
        self._writer = writer
        self._lease = lease
        self._frontier = frontier
        self._stop = stop
        self._clock = clock
        self._note = note
        self._look = look
        self._commits = commits

    async def commit(self, cursor: Cursor, blocks: list[Block]) -> Cursor:
        """Commit ``blocks``, which follow ``cursor``; return where the database stands then.

        Asked to stop, it leaves what is not committed yet. Raises ChainDataError for blocks that do not follow,
        DatabaseError for a block that cannot be committed, LeaseLostError, and what ``look`` raises.
        """
        try:
            return await self._commit(cursor, blocks)
        finally:
            self._commits.ended()

    async def _commit(self, cursor: Cursor, blocks: list[Block]) -> Cursor:
        pieces, retries = Pieces(blocks), Retries()
        while (piece := pieces.next()) and not self._stop.is_set():
            check_order(cursor, piece)
            try:
                committed = await self._write(cursor, piece, one_by_one=pieces.one_by_one)
            except psycopg.Error as error:
                if (is_met := met_trigger(error)) or met_writer(error) or is_of_the_schema(error):
                    await self._look()
                if is_met:
                    continue
                if is_refusal(error) and pieces.refused():
                    log.warning("batch_refused", height=piece[0].height, blocks=len(piece), error=first_line(error))
                    continue
                cursor = await self._after_failure(error, cursor, pieces, retries)
            else:
                self._note(committed)
                cursor, retries = committed.cursor, Retries()
            pieces.committed(cursor.height)
        return cursor

    async def _write(self, cursor: Cursor, piece: list[Block], *, one_by_one: bool) -> Committed:
        self._commits.began(piece[0].height, self._clock.monotonic())
        committed = await self._writer.write(cursor, piece, one_by_one=one_by_one)
        self._commits.succeeded(self._clock.monotonic())
        return committed

    async def _after_failure(self, error: psycopg.Error, cursor: Cursor, pieces: Pieces, retries: Retries) -> Cursor:
        """Wait, with smaller pieces from here if the connection was cut; return where the database stands."""
        first = pieces.next()[0]
        self._commits.failed(error, self._clock.monotonic())
        seconds = retries.failed(error, first)
        log.warning("commit_failed", height=first.height, error=first_line(error), retry_seconds=seconds)
        if is_cut(error):
            pieces.cut()
            self._log_cut_block(pieces)
        await self._wait(error, seconds)
        return await self._current_cursor(cursor)

    def _log_cut_block(self, pieces: Pieces) -> None:
        if pieces.names_the_transaction and self._writer.in_hand is not None:
            log.error("block_cut_again", cuts=pieces.cuts_alone, **msgspec.structs.asdict(self._writer.in_hand))

    async def _wait(self, error: psycopg.Error, seconds: float) -> None:
        """Let some time pass, and a process that stands still with locks of ours be ended."""
        await unless_stopped(self._stop, self._clock.sleep(seconds))
        if isinstance(error, psycopg.errors.LockNotAvailable):
            await unless_stopped(self._stop, retry_while_unreachable(self._lease.evict, self._clock, "evict_stalled"))

    async def _current_cursor(self, before: Cursor) -> Cursor:
        """Read the cursor after a failed commit; ``before`` itself once the loop is asked to stop."""
        now = await unless_stopped(self._stop, self._frontier.read())
        if now is None:
            return before
        if now.chain_id != before.chain_id:
            raise _at_another_chain(before, now)
        if now.height < before.height:
            raise _moved_back(before, now)
        return now


def check_order(cursor: Cursor, blocks: list[Block]) -> None:
    """Raise ChainDataError unless ``blocks`` are the next of the chain behind ``cursor``."""
    for expected, block in enumerate(blocks, cursor.height + 1):
        if block.height != expected or block.chain_id != cursor.chain_id:
            raise ChainDataError(
                "block_out_of_order",
                f"Expected block {expected} of chain {cursor.chain_id!r}, got {block.height} of {block.chain_id!r}.",
                cure="Nothing was written. Check that the source serves the whole chain that this database follows.",
            )


def _at_another_chain(before: Cursor, now: Cursor) -> LeaseLostError:
    return LeaseLostError(
        "cursor_moved",
        f"The database stands before block {now.height + 1} of {now.chain_id!r}, behind {before.chain_id!r}.",
        cure="Indexing goes on from there. Run one indexer for one database.",
    )


def _moved_back(before: Cursor, now: Cursor) -> LeaseLostError:
    return LeaseLostError(
        "cursor_moved_back",
        f"The database stands at block {now.height}, before block {before.height} that it had committed.",
        cure="Indexing goes on from there. A crash or fail-over lost commits: look at synchronous_commit.",
    )
