"""In which pieces a batch goes into the database: whole, or divided by what the database refused or cut off.

A refused batch is bisected, so that one bad transaction among many costs a few tries. A batch whose connection was cut
is tried again in smaller pieces, since its size may be why.
"""

from typing import Final

from backbeat.chain.model import Block

CUT_SHARE: Final = 4  # of the blocks that a cut piece had, its successors have a quarter: from 2,000 to 1 in six cuts
CUTS_NAMED_FROM: Final = 3  # cuts of one block alone, after which the transaction in hand is named


class Pieces:
    """The blocks of one batch that are not committed yet. ``cuts_alone``: how often the first was cut by itself."""

    def __init__(self, blocks: list[Block]) -> None:
        self._left = [blocks]
        self._blocks_max = max(len(blocks), 1)
        self.cuts_alone = 0

    def next(self) -> list[Block]:
        """Return the blocks to commit in one transaction now, none at the end."""
        return self._left[0][: self._blocks_max] if self._left else []

    @property
    def _first(self) -> Block | None:
        return self._left[0][0] if self._left else None

    @property
    def one_by_one(self) -> bool:
        """Whether to write the transactions of a block each on its own: every other try of one that is cut alone.

        The other tries are whole and short, so that cuts which come from elsewhere do not hold a block up for good.
        """
        return self.cuts_alone % 2 == 1

    @property
    def names_the_transaction(self) -> bool:
        """Whether a block was cut so often by itself that the log should name it."""
        return self.cuts_alone >= CUTS_NAMED_FROM

    def committed(self, height: int) -> None:
        """Leave out what is in the database: the blocks up to ``height``."""
        first = self._first
        left = [[block for block in blocks if block.height > height] for blocks in self._left]
        self._left = [blocks for blocks in left if blocks]
        if self._first is not first:
            self.cuts_alone = 0

    def refused(self) -> bool:
        """Divide the blocks that :meth:`next` returns in two; False if it is one and cannot be divided."""
        blocks = self.next()
        rest = self._left[0][len(blocks) :]
        middle = len(blocks) // 2
        if not middle:
            return False
        self._left[:1] = [part for part in (blocks[:middle], blocks[middle:], rest) if part]
        return True

    def cut(self) -> None:
        """Take smaller pieces from here to the end of the batch."""
        tried = len(self.next())
        if tried > 1:
            self._blocks_max = max(tried // CUT_SHARE, 1)
        else:
            self.cuts_alone += 1
