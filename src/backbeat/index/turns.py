"""Long work in pieces, between which others get their turn: heartbeats and leases live in the same event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

VALUES_AT_ONCE: Final = 5_000  # of an array that is sent; some 10 ms
TURN_SECONDS: Final = 0.002
STEPS_AT_ONCE: Final = 2_000  # of a microsecond or a few; more of them go to a thread


async def in_turns(values: Sequence[T], at_once: int = VALUES_AT_ONCE) -> AsyncIterator[Sequence[T]]:
    """Yield the values in pieces of ``at_once``."""
    for first in range(0, len(values), at_once):
        if first:
            await asyncio.sleep(0)
        yield values[first : first + at_once]


class Turn:
    """The time for which one has had the event loop to oneself, while it cannot be told from what is done."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    async def pass_on(self) -> None:
        """Let others have theirs, if this one was long enough: to do so costs some 30 us."""
        if self._loop.time() - self._began >= TURN_SECONDS:
            await asyncio.sleep(0)
            self._began = self._loop.time()


async def in_thread_if_long(steps: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``work`` does, in a thread if it has many steps."""
    if steps <= STEPS_AT_ONCE:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
