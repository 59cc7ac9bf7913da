"""What acts cost the block loop, telling of them a job; and what telling costs in the block's own transaction instead.

The same chain three ways: no act is kept; acts are kept, and a job tells afterwards; the statements of the job run at
the end of each block's transaction.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any
from unittest.mock import patch

from psycopg import AsyncConnection

from backbeat.db.pool import open_lanes
from backbeat.derived.notifications.families import FAMILIES
from backbeat.derived.notifications.notifications import EVENT_NOTIFICATIONS, KINDS, REMOVE
from backbeat.incremental.transaction import Session
from backbeat.index import batch as batches
from backbeat.index.acts import Act
from backbeat.index.applying import BatchRunner
from backbeat.index.batch import Batch
from backbeat.settings import DatabaseSettings
from bench.chains import simulated
from bench.figure import Figure
from bench.meter import metered
from bench.one_block import commit_one_by_one, decoded
from bench.replay import replay
from bench.scope import Scope
from bench.server import connect

NOTHING, KEPT, TOLD = "no acts", "acts kept", "told in the block's transaction"
ROUNDS = 3  # each takes some minutes
Write = Callable[[BatchRunner, AsyncConnection[Any], Batch, int], Awaitable[int]]


async def acts_cost(scope: Scope) -> list[Figure]:
    """Catch up, and commit single blocks, in turn each way; then have the job tell of what was kept."""
    seen: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    transactions = scope.size(30_000, 400)
    for _, txs_per_block, way in product(range(min(ROUNDS, scope.rounds)), (2, 20), (NOTHING, KEPT, TOLD)):
        chain = simulated(transactions, txs_per_block)
        of = f"{txs_per_block} tx/block, {way}"
        async with scope.server.database() as url:
            with going(way), metered(scope.server.pid) as spent:
                done = await replay(chain, url)
            seen[f"catch-up, {of}", "s"].append(spent.wall)
            per_tx = 1e6 * (spent.client + spent.server) / done.transactions
            seen[f"catch-up, {of}", "us of processor time per tx, both sides"].append(per_tx)
            if way == KEPT:
                await _tell(url, scope, seen, done.transactions)
        async with scope.server.database() as url, await open_lanes(url, DatabaseSettings()) as lanes:
            blocks = (await decoded(chain))[: scope.size(2_000, 40)]
            with going(way):
                times, statements = await commit_one_by_one(chain, lanes, blocks)
            seen[f"one block, {of}, p50", "ms"].append(times[len(times) // 2])
            seen[f"one block, {of}, p99", "ms"].append(times[int(len(times) * 0.99)])
            seen[f"one block, {of}", "statements"].append(statements / len(blocks))
    return [Figure(name, unit, values) for (name, unit), values in seen.items()]


async def _tell(url: str, scope: Scope, seen: defaultdict[tuple[str, str], list[float]], transactions: int) -> None:
    acts = told = 0
    async with await connect(url) as connection:
        with metered(scope.server.pid) as spent:
            while not (report := await EVENT_NOTIFICATIONS.incremental(Session(connection))).is_quiet:
                acts, told = acts + report.rows_read, told + report.inserted
    seen["acts", "rows"].append(acts)
    seen["notifications", "rows"].append(told)
    both = 1e6 * (spent.client + spent.server)
    seen["the job", "us of processor time per tx, both sides"].append(both / transactions)
    seen["the job, for a thousand acts", "ms"].append(1e6 * spent.wall / max(acts, 1))


@contextmanager
def going(way: str) -> Iterator[None]:
    """Index one of the three ways."""
    write: Write = BatchRunner.write

    def nothing(*_: Any) -> list[Act]:
        return []

    async def telling(self: BatchRunner, connection: AsyncConnection[Any], batch: Batch, play_id: int) -> int:
        last_id = await write(self, connection, batch, play_id)
        if batch.acts:
            last = batch.acts[-1]
            bounds = {"after": 0, "number": last.numbered.number, "place": last.place, "ordinal": last.ordinal}
            kinds = {kind for (kind,) in await (await connection.execute(KINDS, bounds)).fetchall()}
            for family in FAMILIES:
                if not kinds.isdisjoint(family.kinds):
                    await connection.execute(family.make, bounds)
            await connection.execute(REMOVE, bounds)
        return last_id

    replaced = {NOTHING: (batches, "acts_of", nothing), TOLD: (BatchRunner, "write", telling)}.get(way)
    if replaced is None:
        yield
    else:
        with patch.object(*replaced):
            yield
