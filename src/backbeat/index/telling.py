"""Tells who watches a run how far it is."""

import asyncio
from typing import Protocol

from backbeat.clock import Clock
from backbeat.index.progress import Progress
from backbeat.service import until

TELL_SECONDS = 0.5


class Watcher(Protocol):
    """Receives the progress of a run: a terminal, a log."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear what was started and where it is reached."""
        ...

    def progress(self, progress: Progress) -> None:
        """Hear about twice a second how far the indexer is."""
        ...


class Telling:
    """The service that tells ``watcher`` of ``progress``."""

    name = "telling"

    def __init__(self, watcher: Watcher, progress: Progress, clock: Clock) -> None:
        self._watcher = watcher
        self._progress = progress
        self._clock = clock
        self._drained = asyncio.Event()

    async def run(self) -> None:
        """Tell twice a second until drained."""
        if not self._drained.is_set():
            await until(self._tell(), self._drained)

    def drain(self) -> None:
        """Tell no more."""
        self._drained.set()

    async def _tell(self) -> None:
        while True:
            self._watcher.progress(self._progress)
            await self._clock.sleep(TELL_SECONDS)
