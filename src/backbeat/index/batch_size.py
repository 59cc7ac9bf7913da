"""How many blocks the next commit takes: one at the tip, in catch-up as many as fit a time budget, or as many as pay.

A commit may have a cost of its own that no budget covers: a disk that flushes slowly, a server far away. Then more
blocks in a commit are cheaper, each, and the batch grows for as long as that is so.
"""

from typing import Final

from backbeat.settings import IndexSettings

GROWTH: Final = 2
LEAP: Final = 4  # while a commit takes less than a sixteenth of the budget; each smaller size costs one, or two
WORTH: Final = 0.8  # of its time a block must take at the next size; with less gained, waiting for it is all one gets
REMEMBERED_BATCHES: Final = 20  # then the next size is tried again: a twentieth of the commits may take twice as long


class BatchSize:
    """Doubles while full batches are well within the budget or blocks get cheaper by it, halves when one overruns it.

    Far below the budget it grows fourfold. In a batch that overruns, blocks that are cheaper than in a smaller one
    still pay, and it does not halve.
    """

    def __init__(self, settings: IndexSettings) -> None:
        self._max = settings.batch_blocks_max
        self._seconds = settings.batch_seconds
        self._each: dict[int, float] = {}  # seconds per block by the size that was asked for, as last seen
        self._full_batches = 0
        self.blocks_max = 1
        self.bytes_max = settings.batch_bytes_max

    def committed(self, blocks: int, seconds: float) -> None:
        """Learn from a committed batch."""
        is_full = blocks == self.blocks_max
        pays = self._pays(blocks, seconds / blocks)
        if is_full:
            self._each[blocks] = seconds / blocks
            self._forget(blocks)
        if seconds > self._seconds * GROWTH and not pays:
            self._move(max(1, self.blocks_max // GROWTH))
        elif is_full and (seconds < self._seconds / GROWTH or self._promises(blocks, pays=pays)):
            growth = LEAP if seconds < self._seconds / LEAP**2 else GROWTH
            self._move(min(self._max, self.blocks_max * growth))

    def _pays(self, blocks: int, each: float) -> bool:
        """Tell whether blocks are cheaper than they were in a batch of half the size or less; yes if there was none."""
        smaller = [size for size in self._each if size * GROWTH <= blocks]
        return not smaller or each < WORTH * self._each[max(smaller)]

    def _promises(self, blocks: int, *, pays: bool) -> bool:
        """Tell whether the next size is likely to pay: it did when it was last tried, or the step to this one did."""
        larger = self._each.get(blocks * GROWTH)
        return pays if larger is None else larger < WORTH * self._each[blocks]

    def _forget(self, blocks: int) -> None:
        self._full_batches += 1
        if self._full_batches % REMEMBERED_BATCHES == 0:
            self._each.pop(blocks * GROWTH, None)

    def _move(self, blocks_max: int) -> None:
        if blocks_max != self.blocks_max:
            self._full_batches = 0
        self.blocks_max = blocks_max
