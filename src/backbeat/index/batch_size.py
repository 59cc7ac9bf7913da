"""How many blocks the next commit takes: one at the tip, as many as fit a time budget in catch-up."""

from backbeat.settings import IndexSettings

GROWTH = 2


class BatchSize:
    """Doubles while full batches stay well within the time budget, halves when one overruns it."""

    def __init__(self, settings: IndexSettings) -> None:
        self._max = settings.batch_blocks_max
        self._seconds = settings.batch_seconds
        self.blocks_max = 1
        self.bytes_max = settings.batch_bytes_max

    def took(self, blocks: int, seconds: float) -> None:
        """Learn from a committed batch."""
        if seconds > self._seconds * GROWTH:
            self.blocks_max = max(1, self.blocks_max // GROWTH)
        elif blocks == self.blocks_max and seconds < self._seconds / GROWTH:
            self.blocks_max = min(self._max, self.blocks_max * GROWTH)
