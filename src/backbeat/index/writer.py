"""One transaction for a batch of whole blocks: apply, write, move the cursor, prove the lease."""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Protocol

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from backbeat.chain.model import Block
from backbeat.errors import LeaseLostError
from backbeat.index import cursor as cursors
from backbeat.index import replays, sink
from backbeat.index.applied import Applied, NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.cursor import Cursor
from backbeat.index.entities.transaction import EntityRules
from backbeat.index.lease import Lease
from backbeat.index.loader import Loader
from backbeat.index.numbering import number_blocks
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Row
from backbeat.index.seen import SeenMessages
from backbeat.index.tables import Table

log = structlog.get_logger(__name__)

HARD_ERRORS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""What the database says of values, not of its own health or of our statements (domain 2.5)."""


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
    """Commits batches of blocks."""

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

    async def write(self, before: Cursor, blocks: list[Block]) -> list[Written]:
        """Commit ``blocks``, which follow ``before``: in one transaction, or block by block around a hard error."""
        try:
            return [await self._commit(before, blocks, self._apply_all)]
        except HARD_ERRORS as error:
            if _is_nobodys_fault(error):
                raise
            log.warning(
                "batch_refused_by_database",
                height=blocks[0].height,
                blocks=len(blocks),
                error=str(error).partition("\n")[0],
            )
        out = []
        for block in blocks:
            out.append(await self._commit(before, [block], self._apply_one_by_one))
            before = out[-1].cursor
        return out

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
                await sink.set_sequence(conn, after.play_id)
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

    async def _apply_one_by_one(
        self, conn: AsyncConnection[Any], before: Cursor, numbered: list[NumberedBlock]
    ) -> tuple[Applied, int]:
        """Give every transaction a savepoint of its own, so that what the database refuses is alone in its fate."""
        total, play_id = Applied(), before.play_id
        await sink.write_blocks(conn, before.chain_id, numbered)
        [block] = numbered
        for index, transaction in enumerate(block.block.transactions):
            batch = Batch(numbered, self._rules, only=index)
            try:
                async with conn.transaction():
                    await self._run(conn, batch)
                    play_id = await self._write(conn, batch, play_id)
                total.add(batch.applied)
            except HARD_ERRORS as error:
                if _is_nobodys_fault(error):
                    raise
                total.refuse(block.block, index, transaction, Reject(Code.DATABASE_ERROR), str(error)[:1000])
                await sink.write_skipped(conn, block, before.block_number, transaction.hash)
        return total, play_id

    async def _take_in(self, numbered: list[NumberedBlock]) -> Batch:
        """Read the payloads of entity transactions in a thread; setting plays aside takes a few milliseconds."""
        if any(block.number is not None for block in numbered):
            return await asyncio.to_thread(Batch, numbered, self._rules)
        return Batch(numbered, self._rules)

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
