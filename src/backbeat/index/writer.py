"""One transaction for a batch of whole blocks: apply, write, move the cursor, prove the lease."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from psycopg import AsyncConnection

from backbeat.chain.model import Block
from backbeat.db.outage import first_line
from backbeat.db.pipeline import pipelined
from backbeat.db.pool import Pool, plan_for
from backbeat.index import cursor as cursors
from backbeat.index import replays, sink
from backbeat.index.applied import Applied, Committed
from backbeat.index.applying import (
    HARD_ERRORS,
    BatchRunner,
    BehindAnother,
    Bisected,
    InHand,
    OneByOne,
    Strategy,
    Turn,
    Underway,
    WholeBatch,
    is_refusal,
)
from backbeat.index.cursor import Cursor
from backbeat.index.early import Following, Take
from backbeat.index.explorer.write import write_audit
from backbeat.index.guard import Guard
from backbeat.index.lease import Lease
from backbeat.index.opening import Opening
from backbeat.index.reached import keep_reached, reached
from backbeat.index.refused import write_refused
from backbeat.index.seen import SeenMessages

log = structlog.get_logger(__name__)

SESSION_SECONDS_MAX = 3.0
"""For so long a try waits for a session. The lane is the loop's own, so by then the server takes none: the try fails,
its reason is told, and the next one waits again."""


class Writer:
    """Commits batches of blocks. ``in_hand``: what the last try was at when it ended.

    With ``explorer_blocks`` the audit tables are written as well, and hold as many. With ``take`` the next blocks are
    taken and begun while a long batch is being written; it needs two sessions of the ``pool``. With ``guard`` no commit
    goes through beside a trigger that was not judged.
    """

    in_hand: InHand | None = None

    def __init__(
        self,
        pool: Pool,
        lease: Lease,
        runner: BatchRunner,
        explorer_blocks: int = 0,
        *,
        take: Take | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._runner = runner
        self._explorer_blocks = explorer_blocks
        self._seen = SeenMessages(runner.rules.replay_window_rows)
        self._transactions = 0  # that were committed
        self._guard = guard
        self._following = Following(take or _take_nothing, self._commit_behind)

    def take_over(self) -> list[Block]:
        """Return the blocks that were taken while others were written; they are to be written next."""
        return self._following.take_over()

    async def close(self) -> None:
        """Roll back what was begun."""
        await self._following.give_up()

    async def write(self, before: Cursor, blocks: list[Block], *, one_by_one: bool = False) -> Committed:
        """Commit ``blocks``, which follow ``before``, in one transaction.

        Raises a HARD_ERRORS for more than one block that the database refuses; of a single block, what it refuses is
        rejected and the rest committed. ``one_by_one``: transactions of a single block are written each on its own.
        """
        self.in_hand = in_hand = InHand(blocks[0].height)
        early = await self._following.claim(blocks)
        try:
            async with self._following.beside():
                if one_by_one and len(blocks) == 1:
                    return await self._commit(before, blocks, OneByOne(self._runner, in_hand))
                if early is not None and (committed := await early.finish(before)):
                    return committed
                return await self._commit(before, blocks, WholeBatch(self._runner, self._following.begin))
        except HARD_ERRORS as error:
            if len(blocks) > 1 or not is_refusal(error):
                raise
            log.warning("block_refused_by_database", height=blocks[0].height, error=first_line(error))
        return await self._commit(before, blocks, Bisected(self._runner, in_hand))

    async def _commit_behind(self, underway: Underway, blocks: list[Block], turn: Turn) -> Committed:
        """Commit blocks behind a batch that is being written, once it is their turn."""
        strategy = BehindAnother(self._runner, self._following.begin, underway, turn)
        return await self._commit(underway.after, blocks, strategy)

    async def _commit(self, before: Cursor, blocks: list[Block], strategy: Strategy) -> Committed:
        opening = Opening(before, blocks, self._runner.rules, self._seen)
        with self._lease.proving(), cursors.moving():
            async with self._session(before) as connection, strategy.transaction(connection):
                applied, play_id = await strategy.apply(connection, opening)
                after = opening.after(play_id)
                if self._explorer_blocks > 0:
                    await write_audit(connection, opening.before, blocks, self._explorer_blocks)
                async with pipelined(connection):
                    await self._finish(connection, applied, opening, after)
        inspection = opening.inspection
        self._seen.follow(opening.before.position, after.position, inspection.keys, inspection.numbers)
        transactions = sum(len(block.transactions) for block in blocks)
        self._transactions += transactions
        return Committed(after, applied, len(blocks), transactions, applied.play_rows)

    @asynccontextmanager
    async def _session(self, before: Cursor) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a session whose plans are those of tables as large as they are by now."""
        async with self._pool.connection(SESSION_SECONDS_MAX) as connection:
            await plan_for(connection, before.block_number + before.play_id + self._transactions)
            yield connection

    async def _finish(
        self, connection: AsyncConnection[Any], applied: Applied, opening: Opening, after: Cursor
    ) -> None:
        """Make the last statements of the transaction, the proof of the lease last of all, in one trip."""
        before = opening.before
        await write_refused(connection, applied.rejections)
        await cursors.begin_chain(connection, before, after)
        await replays.keep(connection, opening.inspection, self._runner.rules)
        ends = list(reached(before, after, opening.numbered, applied.plays))
        is_reached = await keep_reached(connection, ends, after)
        known = self._guard.known if self._guard else None
        await cursors.advance(connection, before, after, is_reached=is_reached, known=known)
        await self._lease.fence(connection, sink.counting(applied.tallies(), applied.play_rows))


async def _take_nothing(_size_bytes: int) -> list[Block]:
    return []
