"""Ways to apply numbered blocks inside the transaction that commits them: together, or in pieces under savepoints."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, ClassVar, NamedTuple, Protocol

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.chain.native import NativeReader
from backbeat.db.pipeline import pipelined_transaction
from backbeat.index import cursor as cursors
from backbeat.index import sink
from backbeat.index.applied import Applied, NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.cursor import Cursor, Position
from backbeat.index.early_plays import early_plays, tell_early_plays
from backbeat.index.few_plays import are_few, insert_plays
from backbeat.index.histories import keep_superseded
from backbeat.index.kept_acts import write_acts
from backbeat.index.loader import Loader
from backbeat.index.opening import Opening
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Row
from backbeat.index.rows import WRITTEN
from backbeat.index.short import is_short
from backbeat.index.standing import note_standings
from backbeat.index.state import State
from backbeat.index.tables import Table
from backbeat.index.wire.transaction import EntityRules

HARD_ERRORS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
"""What the database says of values, not of its own health or of our statements (domain 2.5)."""

SCHEMA_CLASS = "42"
"""How the states begin by which a server says that a table, a column, a function or a key is not there."""


class InHand(msgspec.Struct):
    """What is being written: a block, and where transactions are written apart the first of some of them."""

    height: int
    tx_index: int | None = None
    tx_hash: str = ""


class BatchRunner:
    """Runs batches on a connection: reads payloads, loads rows, applies, writes rows and plays.

    ``gil_held`` opens a context in which threads that decode leave the interpreter lock to plays on their way out.
    ``past_the_chain``: its transactions are not marked as writing blocks, so triggers keep what they supersede of rows
    that are there, and note standings.
    ``native`` is the reader of the blocks; without one no play in them is packed.
    """

    def __init__(
        self,
        tables: Mapping[type[Row], Table],
        rules: EntityRules,
        gil_held: sink.GilHeld = nullcontext,
        native: NativeReader | None = None,
        *,
        past_the_chain: bool = False,
    ) -> None:
        self._tables = tables
        self._gil_held = gil_held
        self._native = native
        self._past_the_chain = past_the_chain
        self.rules = rules

    async def take_in(self, numbered: list[NumberedBlock], *, only: range | None = None) -> Batch:
        """Read the payloads of entity transactions, many in a thread; setting plays aside takes a few milliseconds."""
        is_read = any(block.number is not None for block in numbered)
        if is_read and not is_short([each.block for each in numbered]):
            return await asyncio.to_thread(Batch, numbered, self.rules, only=only)
        return Batch(numbered, self.rules, only=only)

    async def load(self, connection: AsyncConnection[Any], batch: Batch) -> None:
        """Load what handlers say that they want."""
        batch.is_loaded = True
        if not batch.is_done:
            wants = batch.wants() if batch.is_short else await asyncio.to_thread(batch.wants)
            await Loader(connection, self._tables).load(batch.state, wants)

    async def run(self, connection: AsyncConnection[Any], batch: Batch) -> None:
        """Apply the batch to its state, loading what handlers read."""
        if not batch.is_loaded:
            await self.load(connection, batch)
        loader = Loader(connection, self._tables)
        while missing := batch.run() if batch.is_short else await asyncio.to_thread(batch.run):
            await loader.load(batch.state, missing)

    async def write(self, connection: AsyncConnection[Any], batch: Batch, play_id: int) -> int:
        """Write what the batch came to, its plays with ids after ``play_id``; return the last one given."""
        await write_acts(connection, batch.acts)
        await sink.write_rows(connection, self._tables, batch.state)
        # behind the rows: who else was changing one of them has kept what it superseded by then
        await keep_superseded(connection, self._tables, batch.state, only_new=self._past_the_chain)
        if not self._past_the_chain:
            await note_standings(connection, batch.state)
        if not (early := early_plays(batch)):
            return await self._write_plays(connection, batch, play_id)
        await tell_early_plays(connection, early)
        last_id = await self._write_plays(connection, batch, play_id)
        await tell_early_plays(connection, Counter())
        return last_id

    async def _write_plays(self, connection: AsyncConnection[Any], batch: Batch, play_id: int) -> int:
        plays = batch.applied.plays
        if batch.is_behind_last_play and are_few(plays):
            return await insert_plays(connection, plays, play_id)
        is_last = batch.is_short and batch.is_behind_last_play  # asked for a few milliseconds ago
        return await sink.write_plays(connection, plays, play_id, self._gil_held, self._native, is_last=is_last)


class Strategy(Protocol):
    """A way to apply blocks and write their rows."""

    def transaction(self, connection: AsyncConnection[Any]) -> AbstractAsyncContextManager[object]:
        """Return the transaction for it."""
        ...

    async def apply(self, connection: AsyncConnection[Any], opening: Opening) -> tuple[Applied, int]:
        """Write the block rows and all that follows from them; return what that was, and the last play id given."""
        ...


class Underway(NamedTuple):
    """A batch that is applied and now being written, as the one behind it has to know it."""

    left: Position
    """Where the cursor stands before it."""
    after: Cursor
    """Where it will stand; the last id of plays is not known yet."""
    keys: list[bytes]
    """Its signed messages."""
    size_bytes: int
    """Its size on the wire."""
    state: State
    """What it changed."""


Tell = Callable[[Underway], None]
"""Is told of a batch that is being written."""

Turn = Callable[[], Awaitable[Cursor]]
"""Waits until the batch before is committed, and returns where the cursor stands then."""


class WholeBatch:
    """All blocks together: a refusal by the database is one of everything.

    ``tell`` is called once nothing is left to do but write.
    """

    def __init__(self, runner: BatchRunner, tell: Tell = lambda _underway: None) -> None:
        self._runner = runner
        self._tell = tell

    def transaction(self, connection: AsyncConnection[Any]) -> AbstractAsyncContextManager[object]:
        """Return one whose statements go together."""
        return pipelined_transaction(connection)

    async def apply(self, connection: AsyncConnection[Any], opening: Opening) -> tuple[Applied, int]:
        """Apply; raises a HARD_ERRORS for what the database refuses."""
        await opening.mark(connection)
        await opening.ask(connection)
        batch = None
        if opening.is_short:
            batch = await self._runner.take_in(await opening.foresee(connection))
            await self._runner.load(connection, batch)
        return await self._write(connection, opening, batch)

    async def _write(
        self, connection: AsyncConnection[Any], opening: Opening, batch: Batch | None
    ) -> tuple[Applied, int]:
        """Write ``batch``, made again if its blocks have other numbers than it took them to have."""
        was_foreseen = await opening.settle(connection)
        await sink.write_blocks(connection, opening.before.chain_id, opening.numbered)
        if batch is None or not was_foreseen:  # the server writes the blocks while we read what is in them
            batch = await self._runner.take_in(opening.blocks)
        batch.is_behind_last_play = True
        await self._runner.run(connection, batch)
        self._tell(_underway(opening, batch.state))
        return batch.applied, await self._runner.write(connection, batch, opening.play_id)


class BehindAnother(WholeBatch):
    """The same, begun while the batch before is being written: up to its first write, for which it waits for its turn.

    The transaction shares the lock of those that write blocks from its begin on. If the batch before is not committed
    then, that one still has the lock, too: nobody changed rows between the two, and what the batch before changed lies
    over what is loaded, whether or not a load sees it by itself. If it is committed, all of it is loaded.
    """

    def __init__(self, runner: BatchRunner, tell: Tell, underway: Underway, turn: Turn) -> None:
        super().__init__(runner, tell)
        self._underway = underway
        self._turn = turn

    async def apply(self, connection: AsyncConnection[Any], opening: Opening) -> tuple[Applied, int]:
        """Apply; raises as the other."""
        await opening.mark(connection)
        batch = await self._prepare(connection, opening)
        opening.before = await self._turn()
        if batch is not None:
            batch.state.name_born()
        await opening.ask(connection)
        return await self._write(connection, opening, batch)

    async def _prepare(self, connection: AsyncConnection[Any], opening: Opening) -> Batch | None:
        """Return the batch, applied; None where it cannot be told what the batch before leaves."""
        asked = await connection.execute(cursors.READ)
        blocks = await opening.foresee_behind(self._underway.left, self._underway.keys)
        if blocks is None:
            return None
        batch = await self._runner.take_in(blocks)
        found = await asked.fetchone()
        position = found[:2] if found else None
        if position != opening.before.position:
            batch.state.stand_on(self._underway.state)
        await self._runner.run(connection, batch)
        return batch


class Bisected:
    """The transactions of a single block under savepoints; what the database refuses is halved until one is left.

    That one is rejected and the others are written. ``in_hand`` is kept to what is being written.
    """

    together_max: ClassVar[int | None] = None  # the most transactions under one savepoint; None: begin with all

    def __init__(self, runner: BatchRunner, in_hand: InHand) -> None:
        self._runner = runner
        self._in_hand = in_hand

    def transaction(self, connection: AsyncConnection[Any]) -> AbstractAsyncContextManager[object]:
        """Return one that may hold savepoints."""
        return connection.transaction()

    async def apply(self, connection: AsyncConnection[Any], opening: Opening) -> tuple[Applied, int]:
        """Apply; what the database refuses is among the rejections."""
        before = opening.before
        total, play_id = Applied(), before.play_id
        await opening.mark(connection)
        await opening.ask(connection)
        await opening.settle(connection)
        await sink.write_blocks(connection, before.chain_id, opening.numbered)
        [block] = opening.blocks
        groups = self._groups(len(block.block.transactions))
        while groups:
            group = groups.pop()
            self._in_hand.tx_index = group.start
            self._in_hand.tx_hash = block.block.transactions[group.start].hash
            batch = await self._runner.take_in(opening.blocks, only=group)
            try:
                async with connection.transaction():
                    await self._runner.run(connection, batch)
                    last_id = await self._runner.write(connection, batch, play_id)
            except HARD_ERRORS as error:
                if not is_refusal(error):
                    raise
                if len(group) > 1:
                    middle = len(group) // 2
                    groups += group[middle:], group[:middle]
                else:
                    _refuse(total, block, group.start, error)
                    transaction = block.block.transactions[group.start]
                    await sink.write_skipped(connection, block, before.block_number, transaction.hash)
            else:
                play_id = last_id
                total.add(batch.applied)
        self._in_hand.tx_index, self._in_hand.tx_hash = None, ""
        return total, play_id

    def _groups(self, count: int) -> list[range]:
        """Return the transactions of a block in groups, the first group last."""
        size = self.together_max or max(count, 1)
        return [range(first, min(first + size, count)) for first in range(0, count, size)][::-1]


class OneByOne(Bisected):
    """The transactions of a single block, each under a savepoint of its own, for a block that is cut."""

    together_max = 1


def _underway(opening: Opening, state: State) -> Underway:
    after = opening.after(opening.play_id)
    return Underway(opening.before.position, after, opening.inspection.keys, opening.size_bytes, state)


def _refuse(total: Applied, block: NumberedBlock, index: int, error: psycopg.Error) -> None:
    total.refuse(block.block, index, block.block.transactions[index], Reject(Code.DATABASE_ERROR), str(error))


def is_refusal(error: BaseException) -> bool:
    """Tell whether the database refused a value of ours, so that the rest may be written without it."""
    return isinstance(error, HARD_ERRORS) and not (_is_taken_play_id(error) or is_of_the_schema(error))


def is_of_the_schema(error: psycopg.Error) -> bool:
    """Tell whether it is no value of ours that the database refuses, but what stands in the database otherwise.

    That is a table, a column or a key that is not as it was, or a new column that has to have a value.
    """
    if isinstance(error, psycopg.errors.NotNullViolation):
        table, name = error.diag.table_name, error.diag.column_name
        return table is not None and table in WRITTEN and name not in WRITTEN[table]
    return (error.sqlstate or "").startswith(SCHEMA_CLASS)


def _is_taken_play_id(error: psycopg.Error) -> bool:
    """Tell whether another writer of plays was just faster with an id: repeated, the same batch goes through."""
    return isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == "plays_pkey"
