"""Plays of a block that are sent before its other transactions are applied: the server writes them meanwhile.

Their COPY is sent whole, up to its end. Its answer is waited for when the session is wanted for something else.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from backbeat.index.batch import Batch
from backbeat.index.few_plays import are_few

TRACK = "Track"

Copy = Callable[[Callable[[], None]], Coroutine[Any, Any, int]]
"""Writes the plays and returns the last id given; calls what it is given once all of them are sent."""


def may_go_ahead(batch: Batch) -> bool:
    """Tell whether the plays of a batch may be written before its rows: no transaction names a track that they name.

    A milestone is told to the track's owner, and there is none before the track. Nothing is gained where all is applied
    already, or where the plays are few enough to be inserted instead.
    """
    if not batch.is_loaded or batch.is_done or are_few(batch.applied.plays):
        return False
    named = batch.named(TRACK)
    return not named or not any(track in named for plays in batch.applied.plays for track in plays.track_ids)


class PlaysAhead:
    """The COPY under way."""

    def __init__(self, copying: asyncio.Task[int]) -> None:
        self._copying = copying

    async def written(self) -> int:
        """Wait until the server has written the plays; return the last id given. Raises what it refuses them with."""
        return await self._copying


@asynccontextmanager
async def sent_ahead(copy: Copy) -> AsyncIterator[PlaysAhead]:
    """Send plays by ``copy``, and be the context in which they may be on their way."""
    sent = asyncio.Event()
    copying = asyncio.create_task(copy(sent.set), name="plays ahead")
    copying.add_done_callback(lambda _: sent.set())
    try:
        await sent.wait()
        yield PlaysAhead(copying)
    finally:
        if not copying.done():
            copying.cancel()
        await asyncio.wait([copying])
        if not copying.cancelled():
            copying.exception()  # raised where it was waited for, or beside what is being raised
