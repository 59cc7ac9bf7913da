"""How a batch begins: its blocks get their numbers, and messages that the chain has seen before are found.

What the database is asked for that goes with the first trip of the transaction. Its answer is mostly foreseen, so a
short batch goes on meanwhile, and is held to the answer before anything is written.
"""

from typing import Any

from psycopg import AsyncConnection, AsyncCursor

from backbeat.chain.model import Block
from backbeat.index import replays, sink
from backbeat.index.applied import NumberedBlock
from backbeat.index.batch import SHORT_BYTES
from backbeat.index.cursor import Cursor
from backbeat.index.numbering import ask_known, foreseen, number_blocks, read_known
from backbeat.index.replays import Inspection
from backbeat.index.seen import SeenMessages
from backbeat.index.wire.transaction import EntityRules


class Opening:
    """The first statements of a transaction that writes ``blocks``, which follow ``before``."""

    def __init__(self, before: Cursor, blocks: list[Block], rules: EntityRules, seen: SeenMessages) -> None:
        self.before = before
        self._blocks = blocks
        self._rules = rules
        self._seen = seen
        self._asked: AsyncCursor[Any] | None = None
        self.play_id = before.play_id
        self.numbered: list[NumberedBlock] = []
        self.inspection = Inspection([])

    async def ask(self, connection: AsyncConnection[Any]) -> None:
        """Mark the transaction as one that writes blocks, and ask what is known of them."""
        await connection.execute(sink.MARK)
        self._asked = await ask_known(connection, self.before, self._blocks)

    async def foresee(self, connection: AsyncConnection[Any]) -> list[NumberedBlock]:
        """Return the blocks with the numbers that they will have if no other writer adds blocks."""
        self.numbered = number_blocks(self.before, self._blocks, foreseen(self.before))
        return await self._inspected(connection)

    async def settle(self, connection: AsyncConnection[Any]) -> bool:
        """Give the blocks their numbers by the answer; return whether they were foreseen.

        Raises ChainDataError for a hash that is known at another height.
        """
        assert self._asked is not None  # noqa: S101 - asked before
        numbers = [each.number for each in self.numbered]
        known = await read_known(self._asked)
        self.numbered = number_blocks(self.before, self._blocks, known)
        self.play_id = max(self.before.play_id, known.play_id)
        if numbers == [each.number for each in self.numbered]:
            return True
        await self._inspected(connection)
        return False

    @property
    def is_short(self) -> bool:
        """Whether it pays to go on before the answer."""
        return sum(block.size_bytes for block in self._blocks) <= SHORT_BYTES

    @property
    def blocks(self) -> list[NumberedBlock]:
        """The numbered blocks, which name the transactions that are replays."""
        return self.inspection.blocks

    async def _inspected(self, connection: AsyncConnection[Any]) -> list[NumberedBlock]:
        self.inspection = await replays.inspect(connection, self.before, self.numbered, self._rules, self._seen)
        return self.inspection.blocks
