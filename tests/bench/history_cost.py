"""What it costs the block loop to keep what rewards are judged by: the same chain with histories and without."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import product
from unittest.mock import patch

from backbeat.db.pool import open_lanes
from backbeat.index.rows import ROW_TYPES
from backbeat.settings import DatabaseSettings
from bench.chains import simulated
from bench.figure import Figure
from bench.meter import metered
from bench.one_block import commit_one_by_one, decoded
from bench.replay import replay
from bench.scope import Scope

SHARE_PERCENT_MAX = 3.0
ROUNDS = 3  # each takes a minute


async def history_cost(scope: Scope) -> list[Figure]:
    """Catch up, and commit single blocks, in turn with and without."""
    seen: defaultdict[tuple[str, str], dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    transactions = scope.size(30_000, 400)
    for _, txs_per_block, kept in product(range(min(ROUNDS, scope.rounds)), (2, 20), (False, True)):
        chain = simulated(transactions, txs_per_block)
        with nullcontext() if kept else without():
            async with scope.server.database() as url:
                with metered(scope.server.pid) as spent:
                    await replay(chain, url)
                both = spent.client + spent.server
                seen[f"catch-up, {txs_per_block} tx/block, processor time", "s"][kept].append(both)
            async with scope.server.database() as url, await open_lanes(url, DatabaseSettings()) as lanes:
                blocks = (await decoded(chain))[: scope.size(2_000, 40)]
                with metered(scope.server.pid) as spent:
                    times, _ = await commit_one_by_one(chain, lanes, blocks)
                each = 1_000 * (spent.client + spent.server) / len(blocks)
                seen[f"one block of {txs_per_block} transactions, processor time", "ms"][kept].append(each)
                seen[f"one block of {txs_per_block} transactions, p50", "ms"][kept].append(times[len(times) // 2])
    return [figure for (name, unit), values in seen.items() for figure in _figures(name, unit, values)]


def _figures(name: str, unit: str, values: dict[bool, list[float]]) -> list[Figure]:
    shares = [100 * (kept / bare - 1) for bare, kept in zip(values[False], values[True], strict=True)]
    return [
        Figure(f"{name}, without histories", unit, values[False]),
        Figure(f"{name}, with histories", unit, values[True]),
        Figure(f"{name}: cost of histories", "%", [max(0.0, share) for share in shares], at_most=SHARE_PERCENT_MAX),
    ]


@contextmanager
def without() -> Iterator[None]:
    """Have the block loop keep nothing of the past."""
    watched = {row: row.past for row in ROW_TYPES if row.past is not None}
    for row in watched:
        row.past = None
    try:
        with patch("backbeat.index.writer.reached", lambda *_: ()):
            yield
    finally:
        for row, past in watched.items():
            row.past = past
