"""What it costs the block loop that statement triggers log which rows changed: the same chain with and without them."""

from collections import defaultdict
from itertools import product

from psycopg.sql import SQL, Identifier

from backbeat.db.pool import open_lanes
from backbeat.settings import DatabaseSettings
from bench.chains import simulated
from bench.figure import Figure
from bench.meter import metered
from bench.one_block import commit_one_by_one, decoded
from bench.replay import replay
from bench.scope import Scope
from bench.server import connect

SHARE_PERCENT_MAX = 15.0
ROUNDS = 3  # each takes a minute
CAPTURES = """
    SELECT c.relnamespace::regnamespace::text, c.relname, t.tgname
    FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgname LIKE 'log%'
"""


async def capture_cost(scope: Scope) -> list[Figure]:
    """Catch up, and commit single blocks, in turn with and without."""
    seen: defaultdict[tuple[str, str], dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    transactions = scope.size(30_000, 400)
    for _, txs_per_block, captured in product(range(min(ROUNDS, scope.rounds)), (2, 20), (False, True)):
        chain = simulated(transactions, txs_per_block)
        async with scope.server.database() as url:
            if not captured:
                await release(url)
            with metered(scope.server.pid) as spent:
                await replay(chain, url)
            seen[f"catch-up, {txs_per_block} tx/block", "s"][captured].append(spent.wall)
            both = spent.client + spent.server
            seen[f"catch-up, {txs_per_block} tx/block, processor time", "s"][captured].append(both)
        async with scope.server.database() as url, await open_lanes(url, DatabaseSettings()) as lanes:
            if not captured:
                await release(url)
            blocks = (await decoded(chain))[: scope.size(2_000, 40)]
            times, _ = await commit_one_by_one(chain, lanes, blocks)
            seen[f"one block of {txs_per_block} transactions, p50", "ms"][captured].append(times[len(times) // 2])
    return [figure for (name, unit), values in seen.items() for figure in _figures(name, unit, values)]


def _figures(name: str, unit: str, values: dict[bool, list[float]]) -> list[Figure]:
    shares = [100 * (captured / bare - 1) for bare, captured in zip(values[False], values[True], strict=True)]
    return [
        Figure(f"{name}, without captures", unit, values[False]),
        Figure(f"{name}, with captures", unit, values[True]),
        Figure(f"{name}: cost of captures", "%", [max(0.0, share) for share in shares], at_most=SHARE_PERCENT_MAX),
    ]


async def release(url: str) -> None:
    """Stop logging what changes in the database at ``url``."""
    async with await connect(url) as connection:
        for schema, table, trigger in await (await connection.execute(CAPTURES)).fetchall():
            await connection.execute(
                SQL("DROP TRIGGER {} ON {}").format(Identifier(trigger), Identifier(schema, table))
            )
