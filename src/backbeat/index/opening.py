"""How a batch begins: its blocks get their numbers, and messages that the chain has seen before are found.

What the database is asked for that goes with the first trip of the transaction. Its answer is mostly foreseen, so a
short batch goes on meanwhile, and is held to the answer before anything is written.
"""

from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from backbeat.chain.model import Block
from backbeat.index import replays, sink
from backbeat.index.applied import NumberedBlock
from backbeat.index.cursor import Cursor, Position
from backbeat.index.numbering import ask_known, foreseen, number_blocks, read_known, what_is_in
from backbeat.index.replays import Inspection
from backbeat.index.seen import SeenMessages
from backbeat.index.short import is_short
from backbeat.index.wire.transaction import EntityRules


class Opening:
    """The first statements of a transaction that writes ``blocks``, which follow ``before``."""

    def __init__(self, before: Cursor, blocks: list[Block], rules: EntityRules, seen: SeenMessages) -> None:
        self.before = before
        self._blocks = blocks
        self._held = list(map(what_is_in, blocks))
        self._rules = rules
        self._seen = seen
        self._asked: AsyncCursor[Any] | None = None
        self.play_id = before.play_id
        self.numbered: list[NumberedBlock] = []
        self.inspection = Inspection([])

    async def mark(self, connection: AsyncConnection[Any]) -> None:
        """Mark the transaction as one that writes blocks: from here on nobody changes rows past the chain."""
        await connection.execute(sink.MARK)

    async def ask(self, connection: AsyncConnection[Any]) -> None:
        """Ask what is known of the blocks."""
        self._asked = await ask_known(connection, self.before, self._blocks)

    async def foresee(self, connection: AsyncConnection[Any]) -> list[NumberedBlock]:
        """Return the blocks with the numbers that they will have if no other writer adds blocks."""
        self.numbered = number_blocks(self.before, self._blocks, foreseen(self.before), self._held)
        return await self._inspected(connection)

    async def foresee_behind(self, left: Position, keys: list[bytes]) -> list[NumberedBlock] | None:
        """Return the same while the batch before, which leaves ``left``, is being written.

        ``keys`` are its signed messages. None where one that was seen before may be among those of the blocks.
        """
        self.numbered = number_blocks(self.before, self._blocks, foreseen(self.before), self._held)
        places = left, self.before.position
        found = await replays.foresee(keys, places, self.numbered, self._rules, self._seen)
        if found is None:
            self.numbered = []
            return None
        self.inspection = found
        return found.blocks

    async def settle(self, connection: AsyncConnection[Any]) -> bool:
        """Give the blocks their numbers by the answer; return whether they were foreseen.

        Raises ChainDataError for a hash that is known at another height.
        """
        assert self._asked is not None  # noqa: S101 - asked before
        numbers = [each.number for each in self.numbered]
        known = await read_known(self._asked)
        self.numbered = number_blocks(self.before, self._blocks, known, self._held)
        self.play_id = max(self.before.play_id, known.play_id)
        is_foreseen = numbers == [each.number for each in self.numbered]
        if is_foreseen and (not self.inspection.keys or self._seen.is_at(self.before.position)):
            return True
        await self._inspected(connection)
        return False

    def after(self, play_id: int) -> Cursor:
        """Return where the cursor stands behind the blocks."""
        last = self.numbered[-1].block
        numbers = [block.number for block in self.numbered if block.number is not None]
        return Cursor(
            chain_id=self.before.chain_id,
            height=last.height,
            block_hash=last.hash,
            block_time=last.time,
            block_number=max(numbers, default=self.before.block_number),
            play_id=play_id,
        )

    @property
    def size_bytes(self) -> int:
        """How many bytes the blocks have on the wire."""
        return sum(block.size_bytes for block in self._blocks)

    @property
    def is_short(self) -> bool:
        """Whether it pays to go on before the answer."""
        return is_short(self._blocks)

    @property
    def blocks(self) -> list[NumberedBlock]:
        """The numbered blocks, which name the transactions that are replays."""
        return self.inspection.blocks

    async def _inspected(self, connection: AsyncConnection[Any]) -> list[NumberedBlock]:
        self.inspection = await replays.inspect(connection, self.before, self.numbered, self._rules, self._seen)
        return self.inspection.blocks
