"""How long to wait before asking again (domain: section 2.2)."""

from random import Random
from typing import Final

from backbeat.clock import Clock

FIRST_SECONDS: Final = 0.2
LAST_SECONDS: Final = 3.2


class Backoff:
    """Waits of 0.2 s doubling to 3.2 s and staying there, each with full jitter; :meth:`reset` after a success."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._seconds = FIRST_SECONDS

    def reset(self) -> None:
        """Begin again at the shortest wait."""
        self._seconds = FIRST_SECONDS

    async def wait(self) -> None:
        """Sleep a random part of the present bound, then double the bound."""
        await self._clock.sleep(self._seconds * self._random.random())
        self._seconds = min(self._seconds * 2, LAST_SECONDS)
