"""Replays refused transactions in place of the block loop: under the same lease, some hundred in a transaction.

Each commit holds the rows, what became of each transaction, the counts and the cursor's last id of plays, and proves
cursor and lease at its end as a commit of blocks does. So a death loses and repeats nothing, and no indexer writes
beside it. The transactions are not marked as writing blocks: their rows carry blocks that were followed already, so
they are logged as edits, and every feed hears of them.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.chain.signatures import Verifier
from backbeat.clock import Clock
from backbeat.db.between_blocks import go_between_blocks
from backbeat.db.outage import RETRY_SECONDS_MAX, first_line, is_away, retry_while_unreachable
from backbeat.db.pool import Lanes
from backbeat.db.query import first
from backbeat.errors import DatabaseError
from backbeat.index import cursor as cursors
from backbeat.index.applying import BatchRunner
from backbeat.index.cursor import Cursor
from backbeat.index.lease import Lease
from backbeat.index.rejected.picking import Choice, Place, Totals, pick, total
from backbeat.index.rejected.recording import record
from backbeat.index.rejected.report import Report, begun
from backbeat.index.rejected.trying import Attempt, Came, Try, mark_duplicates, read
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.state import State
from backbeat.index.stopping import unless_stopped
from backbeat.index.tables import Table, describe
from backbeat.index.wire.transaction import EntityRules

log = structlog.get_logger(__name__)

BEGINNING = Place(0, 0, -1)
DRY_TRANSACTIONS_MAX = 20_000
"""The rows of so many, some 100 MB, a dry run keeps in memory; then it begins with none."""

Tell = Callable[[int, int], None]
"""Is told how many transactions are done, and of how many."""


class Replay:
    """One replay of the transactions of a choice, with the rules of the chain that the database follows.

    A message that was applied elsewhere counts as a replay, whatever the settings say of those.
    """

    def __init__(
        self,
        lanes: Lanes,
        rules: EntityRules,
        verifier: Verifier | None,
        choice: Choice,
        clock: Clock,
        *,
        migration_case: int = 0,
    ) -> None:
        self._lanes = lanes
        self._rules = msgspec.structs.replace(rules, refuse_replays=True)
        self._read_tries = partial(read, verifier=verifier, migration_case=migration_case)
        self._choice = choice
        self._clock = clock

    async def run(self, lease_seconds: float, stop: asyncio.Event, tell: Tell) -> Report:
        """Replay all of them, or until ``stop`` is set and the commit in hand is done.

        Raises LeaseHeldError while an indexer runs, LeaseLostError if another process took the lease over, and
        DatabaseError for a failure that does not pass by itself.
        """
        lease = Lease(self._lanes.control, "index", lease_seconds, self._clock)
        await unless_stopped(stop, lease.acquire_if_left())
        if not lease.is_held:
            return Report(dry_run=False, found=0, stopped=True)
        async with lease.kept():
            await retry_while_unreachable(lease.evict, self._clock, "evict_stalled")
            begin = partial(self._begin, dry_run=False)
            report, tables = await retry_while_unreachable(begin, self._clock, "begin_replay")
            runner = BatchRunner(tables, self._rules, past_the_chain=True)
            await self._through(report, stop, tell, partial(self._commit, runner, lease))
        return report

    async def dry_run(self, stop: asyncio.Event, tell: Tell) -> Report:
        """Say what a replay would do as far as the rules decide: nothing is written, and no lease is needed."""
        report, tables = await self._begin(dry_run=True)
        dry_run = _DryRun(BatchRunner(tables, self._rules))
        await self._through(report, stop, tell, partial(self._try, dry_run))
        return report

    async def _begin(self, *, dry_run: bool) -> tuple[Report, Mapping[type[Row], Table]]:
        async with self._lanes.indexing.connection() as connection:
            cursor = await first(connection, Cursor, cursors.READ)
            totals = await total(connection, cursor.chain_id, self._choice) if cursor else Totals(0, 0, 0)
            return begun(totals, dry_run=dry_run), await describe(connection, ROW_TYPES)

    async def _through(self, report: Report, stop: asyncio.Event, tell: Tell, step: Callable[[Place], Any]) -> None:
        began = self._clock.monotonic()
        after: Place | None = BEGINNING if report.found else None
        while after is not None and not stop.is_set():
            done = await self._until_done(step, after, stop)
            after = None
            if done is not None:
                tries, came = done
                report.add(came.tried, came.plays)
                after = tries[-1].refused.place
                tell(report.done, max(report.found, report.done))
        report.stopped = stop.is_set() and report.done < report.found
        report.seconds = self._clock.monotonic() - began

    async def _until_done(self, step: Callable[[Place], Any], after: Place, stop: asyncio.Event) -> Any:
        """Take a step, again while the database is away; None at the end, or once asked to stop meanwhile."""
        while not stop.is_set():
            try:
                return await step(after)
            except psycopg.Error as error:
                if not is_away(error):
                    raise _not_replayed(after, error) from error
                log.warning("replay_failed", error=first_line(error), retry_seconds=RETRY_SECONDS_MAX)
            await unless_stopped(stop, self._clock.sleep(RETRY_SECONDS_MAX))
        return None

    async def _commit(self, runner: BatchRunner, lease: Lease, after: Place) -> tuple[list[Try], Came] | None:
        async with self._lanes.indexing.connection() as connection, connection.transaction():
            before, tries = await self._read(connection, after)
            if not tries:
                return None
            await go_between_blocks(connection)
            tries = await mark_duplicates(connection, tries)
            came = await Attempt(connection, runner).apply(tries, before.play_id)
            if await record(connection, tries[0].refused.chain_id, came):
                await self._finish(connection, before, came.play_id, lease)
        return tries, came

    async def _finish(self, connection: AsyncConnection[Any], before: Cursor, play_id: int, lease: Lease) -> None:
        after = msgspec.structs.replace(before, play_id=play_id)
        await cursors.advance(connection, before, after, is_reached=after.block_time is not None)
        await lease.fence(connection)

    async def _try(self, dry_run: "_DryRun", after: Place) -> tuple[list[Try], Came] | None:
        async with self._lanes.indexing.connection() as connection, connection.transaction():
            _, tries = await self._read(connection, after)
            if not tries:
                return None
            tries = await mark_duplicates(connection, tries, dry_run.messages)
            came = await Attempt(connection, dry_run.runner, dry_run.state_for(len(tries))).apply(tries, 0)
        dry_run.messages |= {each.message for each in came.tried if each.message}
        return tries, came

    async def _read(self, connection: AsyncConnection[Any], after: Place) -> tuple[Cursor, list[Try]]:
        cursor = await first(connection, Cursor, cursors.READ)
        if cursor is None:
            raise cursors.moved()
        picked = await pick(connection, self._choice, after)
        return cursor, await asyncio.to_thread(self._read_tries, picked=picked)


class _DryRun:
    """What a dry run remembers of what it would have written. ``messages``: those that it would have applied."""

    def __init__(self, runner: BatchRunner) -> None:
        self.runner = runner
        self.messages: set[bytes] = set()
        self._state = State()
        self._held = 0

    def state_for(self, count: int) -> State:
        """Return the state that ``count`` more transactions are applied to."""
        if self._held + count > DRY_TRANSACTIONS_MAX:
            self._state, self._held = State(), 0
        self._held += count
        return self._state


def _not_replayed(after: Place, error: psycopg.Error) -> DatabaseError:
    return DatabaseError(
        "rejected_not_replayed",
        f"What was refused behind {after} cannot be replayed: {first_line(error)}",
        cure="What stands before is replayed, and nothing behind it. The message names the cause; then replay again.",
    )
