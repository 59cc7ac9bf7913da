"""How fast a chain is indexed on top of ten thousand plays, and of ten million."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import product
from typing import NamedTuple

from psycopg import AsyncConnection

from bench.chains import simulated
from bench.figure import Figure
from bench.programs import OURS, Indexed
from bench.scope import Scope
from bench.server import connect

SHARE_MIN = 0.8  # of the speed with few plays; indexes of ten million plays are a level or two deeper
TXS_PER_BLOCK = 2
STRETCH = 20_000  # transactions, one more stretch of the chain for every round
ROUNDS = 3
FILL = """
    INSERT INTO plays (id, user_id, play_item_id, created_at)
    SELECT %(first)s + step, listener.user_id, track.track_id, '2025-03-01'::timestamp + step * interval '2 seconds'
    FROM generate_series(0::bigint, %(plays)s::bigint - 1) AS step
    JOIN (SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS place, count(*) OVER () AS total FROM users)
        AS listener ON listener.place = step * 7919 %% listener.total
    JOIN (SELECT track_id, row_number() OVER (ORDER BY track_id) - 1 AS place, count(*) OVER () AS total FROM tracks)
        AS track ON track.place = step * 104729 %% track.total
"""
COUNTED = """
    INSERT INTO aggregate_monthly_plays AS kept (play_item_id, timestamp, count)
    SELECT play_item_id, date_trunc('month', created_at), count(*) FROM plays WHERE id >= %s GROUP BY 1, 2
    ON CONFLICT (play_item_id, timestamp, country) DO UPDATE SET count = kept.count + excluded.count
"""


class Rates(NamedTuple):
    """Transactions per second, and microseconds of processor time per transaction on both sides, by round."""

    rates: list[float]
    ours: list[float]
    servers: list[float]

    def add(self, done: Indexed) -> None:
        """Note one more round."""
        self.rates.append(done.transactions / done.wall)
        self.ours.append(1e6 * done.client / done.transactions)
        self.servers.append(1e6 * done.server / done.transactions)


async def with_history(scope: Scope) -> list[Figure]:
    """Index stretches of a chain, in a database for each size; with ``--large`` up to 10 million plays."""
    sizes = (10_000, 10_000_000) if scope.large else (scope.size(10_000, 100), scope.size(1_000_000, 1_000))
    found = await _rates(scope, sizes)
    figures = []
    for program, plays in product(scope.programs, sizes):
        rates, ours, servers = found[program.name, plays]
        name = f"{program.name}: {TXS_PER_BLOCK} tx/block on top of {plays:,} plays"
        figures += [
            Figure(name, "tx/s", rates),
            Figure(name, "us of our processor time per tx", ours),
            Figure(name, "us of the server's processor time per tx", servers),
        ]
    for program in scope.programs:
        few, many = (max(found[program.name, plays].rates) for plays in sizes)
        name = f"{program.name}: best speed with {sizes[1]:,} plays as a share of the best with {sizes[0]:,}"
        figures.append(Figure(name, "", [many / few], at_least=SHARE_MIN if program is OURS else None))
    return figures


async def _rates(scope: Scope, sizes: Sequence[int]) -> dict[tuple[str, int], Rates]:
    """Let the programs take turns with each stretch of the chain, one size after the other."""
    stretch = scope.size(STRETCH, 400)
    found = {(program.name, plays): Rates([], [], []) for program, plays in product(scope.programs, sizes)}
    for plays in sizes:
        async with AsyncExitStack() as stack:
            urls = {
                program.name: await stack.enter_async_context(scope.server.database(program))
                for program in scope.programs
            }
            for program in scope.programs:
                await program.index(simulated(stretch, TXS_PER_BLOCK), urls[program.name], scope.server.pid)
                async with await connect(urls[program.name]) as session:
                    await _fill(session, plays)
            for number in range(min(ROUNDS, scope.rounds)):
                chain = simulated((number + 2) * stretch, TXS_PER_BLOCK)
                for program in scope.turns(number):
                    done = await program.index(chain, urls[program.name], scope.server.pid)
                    found[program.name, plays].add(done)
    return found


async def _fill(session: AsyncConnection[object], plays: int) -> None:
    """Add plays behind those that there are, as if they had been indexed; triggers have no part in it."""
    await session.execute("ALTER TABLE plays DISABLE TRIGGER USER")
    found = await (await session.execute("SELECT coalesce(max(id), 0) + 1 FROM plays")).fetchone()
    first = {"first": found[0] if isinstance(found, tuple) else 1, "plays": plays}
    await session.execute(FILL, first)
    await session.execute(COUNTED, [first["first"]])
    await session.execute("ALTER TABLE plays ENABLE TRIGGER USER")
    await session.execute("UPDATE backbeat.cursor SET play_id = (SELECT max(id) FROM plays)")
    await session.execute("VACUUM (ANALYZE)")
