"""One transaction for a batch of whole blocks: apply, write, move the cursor, prove the lease."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, Protocol

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from backbeat.chain.model import Block
from backbeat.db.outage import first_line
from backbeat.errors import LeaseLostError
from backbeat.index import cursor as cursors
from backbeat.index import replays, sink
from backbeat.index.applied import Applied, NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.cursor import Cursor
from backbeat.index.lease import Lease
from backbeat.index.loader import Loader
from backbeat.index.numbering import number_blocks
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Row
from backbeat.index.seen import SeenMessages
from backbeat.index.tables import Table
from backbeat.index.wire.transaction import EntityRules

log = structlog.get_logger(__name__)

HARD_ERRORS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""What the database says of values, not of its own health or of our statements (domain 2.5)."""


class Place(msgspec.Struct, frozen=True):
    """What is being written: a block, and where they are written apart the first of some of its transactions."""

    height: int
    tx_index: int | None = None
    tx_hash: str = ""


class Written(msgspec.Struct, frozen=True):
    """A committed batch."""

    cursor: Cursor
    applied: Applied
    blocks: int
    transactions: int
    plays: int


class Applier(Protocol):
    """Applies numbered blocks on a connection and writes their rows; answers what came of it and the last play id."""

    async def __call__(
        self, conn: AsyncConnection[Any], before: Cursor, numbered: list[NumberedBlock]
    ) -> tuple[Applied, int]:
        """Apply and write."""
        ...


class Writer:
    """Commits batches of blocks. ``in_hand``: what the last try was at when it ended."""

    in_hand: Place | None = None

    def __init__(
        self,
        pool: AsyncConnectionPool[AsyncConnection[Any]],
        tables: Mapping[type[Row], Table],
        rules: EntityRules,
        lease: Lease,
        alone: sink.Alone = nullcontext,
    ) -> None:
        self._pool = pool
        self._tables = tables
        self._rules = rules
        self._lease = lease
        self._alone = alone
        self._seen = SeenMessages(rules.replay_window_rows)

    async def write(self, before: Cursor, blocks: list[Block], *, one_by_one: bool = False) -> Written:
        """Commit ``blocks``, which follow ``before``, in one transaction.

        Raises a HARD_ERRORS for more than one block that the database refuses; of a single block, what it refuses is
        rejected and the rest committed. ``one_by_one``: transactions of a single block are written each on its own.
        """
        self.in_hand = Place(blocks[0].height)
        if one_by_one and len(blocks) == 1:
            return await self._commit(before, blocks, partial(self._apply_bisected, together_max=1))
        try:
            return await self._commit(before, blocks, self._apply_all)
        except HARD_ERRORS as error:
            if len(blocks) > 1 or not is_refusal(error):
                raise
            log.warning("block_refused_by_database", height=blocks[0].height, error=first_line(error))
        return await self._commit(before, blocks, self._apply_bisected)

    async def _commit(self, before: Cursor, blocks: list[Block], apply: Applier) -> Written:
        async with self._pool.connection() as conn, conn.transaction():
            numbered = await number_blocks(conn, before, blocks)
            looked = await replays.look(conn, before, numbered, self._rules, self._seen)
            applied, play_id = await apply(conn, before, looked.blocks)
            after = _cursor_after(before, numbered, play_id)
            await self._finish(conn, applied, looked, before, after)
        self._seen.follow(before.height, after.height, looked.keys, looked.numbers)
        transactions = sum(len(block.transactions) for block in blocks)
        return Written(after, applied, len(blocks), transactions, after.play_id - before.play_id)

    async def _finish(
        self, conn: AsyncConnection[Any], applied: Applied, looked: replays.Looked, before: Cursor, after: Cursor
    ) -> None:
        """Make the last statements of the transaction, the proof of the lease last of all, in one trip."""
        async with conn.pipeline():
            if after.play_id > before.play_id:
                await sink.advance_plays(conn, after.play_id)
            await sink.write_outcomes(conn, applied, after.play_id - before.play_id)
            await replays.keep(conn, looked, self._rules)
            moved = await cursors.advance(conn, before, after)
            await self._lease.fence(conn)
        if not moved.rowcount:
            raise LeaseLostError(
                "cursor_moved",
                "Another process moved the block cursor.",
                cure="Nothing was written twice. Run one indexer for one database.",
            )

    async def _apply_all(
        self, conn: AsyncConnection[Any], before: Cursor, numbered: list[NumberedBlock]
    ) -> tuple[Applied, int]:
        async with conn.pipeline():  # the server writes the blocks while we read what is in them
            await sink.write_blocks(conn, before.chain_id, numbered)
            batch = await self._take_in(numbered)
            await self._run(conn, batch)
        return batch.applied, await self._write(conn, batch, before.play_id)

    async def _apply_bisected(
        self,
        conn: AsyncConnection[Any],
        before: Cursor,
        numbered: list[NumberedBlock],
        *,
        together_max: int | None = None,
    ) -> tuple[Applied, int]:
        """Apply transactions under savepoints, halving what the database refuses: in the end that is alone in its fate.

        At most ``together_max`` are written together.
        """
        total, play_id = Applied(), before.play_id
        await sink.write_blocks(conn, before.chain_id, numbered)
        [block] = numbered
        count = len(block.block.transactions)
        size = together_max or max(count, 1)
        groups = [range(first, min(first + size, count)) for first in range(0, count, size)][::-1]
        while groups:
            group = groups.pop()
            self.in_hand = Place(block.block.height, group.start, block.block.transactions[group.start].hash)
            batch = await self._take_in(numbered, only=group)
            try:
                async with conn.transaction():
                    await self._run(conn, batch)
                    last_id = await self._write(conn, batch, play_id)
            except HARD_ERRORS as error:
                if not is_refusal(error):
                    raise
                if len(group) > 1:
                    middle = len(group) // 2
                    groups += group[middle:], group[:middle]
                else:
                    await self._refuse(conn, before, block, group.start, total, error)
            else:
                play_id = last_id
                total.add(batch.applied)
        self.in_hand = Place(block.block.height)
        return total, play_id

    async def _refuse(
        self,
        conn: AsyncConnection[Any],
        before: Cursor,
        block: NumberedBlock,
        index: int,
        total: Applied,
        error: psycopg.Error,
    ) -> None:
        transaction = block.block.transactions[index]
        total.refuse(block.block, index, transaction, Reject(Code.DATABASE_ERROR), str(error))
        await sink.write_skipped(conn, block, before.block_number, transaction.hash)

    async def _take_in(self, numbered: list[NumberedBlock], *, only: range | None = None) -> Batch:
        """Read the payloads of entity transactions in a thread; setting plays aside takes a few milliseconds."""
        if any(block.number is not None for block in numbered):
            return await asyncio.to_thread(Batch, numbered, self._rules, only=only)
        return Batch(numbered, self._rules, only=only)

    async def _run(self, conn: AsyncConnection[Any], batch: Batch) -> None:
        if batch.is_done:
            return
        loader = Loader(conn, self._tables)
        await loader.load(batch.state, await asyncio.to_thread(batch.wants))
        while missing := await asyncio.to_thread(batch.run):
            await loader.load(batch.state, missing)

    async def _write(self, conn: AsyncConnection[Any], batch: Batch, play_id: int) -> int:
        await sink.write_rows(conn, self._tables, batch.state)
        return await sink.write_plays(conn, batch.applied, play_id, self._alone)


def is_refusal(error: BaseException) -> bool:
    """Tell whether the database refused a value of ours, so that the rest may be written without it."""
    return isinstance(error, HARD_ERRORS) and not _is_nobodys_fault(error)


def _is_nobodys_fault(error: psycopg.Error) -> bool:
    """Tell whether another writer of plays was just faster with an id: repeated, the same batch goes through."""
    return isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == "plays_pkey"


def _cursor_after(before: Cursor, numbered: list[NumberedBlock], play_id: int) -> Cursor:
    last = numbered[-1].block
    numbers = [block.number for block in numbered if block.number is not None]
    return Cursor(
        chain_id=before.chain_id,
        height=last.height,
        block_hash=last.hash,
        block_time=last.time,
        block_number=max(numbers, default=before.block_number),
        play_id=play_id,
    )
