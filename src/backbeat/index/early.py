"""The batch behind the one that is being written: taken, loaded and applied meanwhile.

So our processor and the server's work side by side, where each would wait for the other. There are two sessions: on one
a batch is written, on the other the next one is applied, in the transaction that will write it. That waits until the
first is committed, and then the sessions change their parts. Only one batch is written at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import structlog

from backbeat.chain.model import Block
from backbeat.db.outage import first_line
from backbeat.index.applied import Committed
from backbeat.index.applying import Turn, Underway
from backbeat.index.cursor import Cursor

log = structlog.get_logger(__name__)

Take = Callable[[int], Awaitable[list[Block]]]
"""Waits until as many bytes of blocks are decoded, or all that there are, and returns those of the next batch."""

Commit = Callable[[Underway, list[Block], Turn], Coroutine[Any, Any, Committed]]
"""Commits blocks behind a batch that is being written."""

LONG_BYTES = 20_000
"""Some thirty transactions. Above these, a batch takes long enough for the next one to be begun."""

SIZE_SHARE = 2
"""A batch is begun early if it has a half of the bytes of the one before, so that no commit is made small by it."""

TURN_SECONDS_MAX = 5.0
"""Ten times what a batch is to take. What waits longer is rolled back, and tried in its turn: its transaction has locks
on the tables that it read. Who wants such a table alone waits for them, and the batch that is being written may wait
for who wants it: a circle that the server does not see."""


class Early:
    """A commit of ``blocks`` that has begun and waits for its turn."""

    def __init__(self, blocks: list[Block], commit: Callable[[Turn], Coroutine[Any, Any, Committed]]) -> None:
        self.blocks = blocks
        self._before: asyncio.Future[Cursor] = asyncio.get_running_loop().create_future()
        self._is_writing = False
        self._committing = asyncio.create_task(commit(self._turn), name="early")

    async def finish(self, before: Cursor) -> Committed | None:
        """Write the blocks behind ``before``, which is committed; None if nothing was written and they are to be tried.

        Raises what a commit raises, once it is being written.
        """
        self._before.set_result(before)
        try:
            return await self._committing
        except Exception as error:
            if self._is_writing:
                raise
            log.info("batch_not_begun_early", height=self.blocks[0].height, error=first_line(error))
            return None

    async def give_up(self) -> None:
        """Roll back what was begun."""
        self._committing.cancel()
        await asyncio.wait([self._committing])
        if not self._committing.cancelled():
            self._committing.exception()  # whatever it was, the blocks are tried again

    async def _turn(self) -> Cursor:
        await asyncio.wait([self._before], timeout=TURN_SECONDS_MAX)
        if not self._before.done():
            raise TimeoutError("the batch before takes long")
        self._is_writing = True
        return self._before.result()


class Following:
    """What follows the batch in hand. ``blocks``: those that were taken for the next commit."""

    def __init__(self, take: Take, commit: Commit) -> None:
        self._take = take
        self._commit = commit
        self._taking: asyncio.Task[None] | None = None
        self._early: Early | None = None
        self.blocks: list[Block] = []

    def begin(self, underway: Underway) -> None:
        """Take the next blocks and begin with them, while a batch is being written."""
        if not self.blocks and self._taking is None and underway.size_bytes > LONG_BYTES:
            self._taking = asyncio.create_task(self._follow(underway), name="following")

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Be the context in which a batch is written; if that fails, what was begun on it is given up."""
        try:
            yield
        except BaseException:
            await self.give_up()
            raise
        await self._take_no_more()

    async def claim(self, blocks: list[Block]) -> Early | None:
        """Return the commit of just these blocks, if one was begun; any other is given up."""
        early, self._early = self._early, None
        if early is None or early.blocks == blocks:
            return early
        await early.give_up()
        return None

    def take_over(self) -> list[Block]:
        """Return the blocks that were taken, once."""
        blocks, self.blocks = self.blocks, []
        return blocks

    async def give_up(self) -> None:
        """Begin nothing any more; blocks that were taken stay."""
        await self._take_no_more()
        early, self._early = self._early, None
        if early is not None:
            await early.give_up()

    async def _take_no_more(self) -> None:
        taking, self._taking = self._taking, None
        if taking is not None:
            taking.cancel()
            await asyncio.wait([taking])

    async def _follow(self, underway: Underway) -> None:
        self.blocks = await self._take(underway.size_bytes // SIZE_SHARE)
        if self.blocks:
            self._early = Early(self.blocks, partial(self._commit, underway, self.blocks))
