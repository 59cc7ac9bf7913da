"""What it costs to keep what rewards are judged by: the block loop and another program, with histories and without."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from itertools import product
from unittest.mock import patch

from psycopg import AsyncConnection

from backbeat.db.pool import open_lanes
from backbeat.index.rows import ROW_TYPES
from backbeat.settings import DatabaseSettings
from bench.chains import Chain, simulated
from bench.figure import Figure
from bench.meter import metered
from bench.one_block import commit_one_by_one, decoded
from bench.replay import replay
from bench.scope import Scope

SHARE_PERCENT_MAX = 3.0
ROUNDS = 3  # each takes a minute

UNWATCHED = """
    DO $$
    DECLARE each record;
    BEGIN
        FOR each IN SELECT tgname, tgrelid::regclass AS watched FROM pg_trigger WHERE tgname LIKE 'keep_past_%' LOOP
            EXECUTE format('DROP TRIGGER %I ON %s', each.tgname, each.watched);
        END LOOP;
    END $$
"""
USERS = 1_000  # that another program changes by one statement
TIMES = 20
MAKE_USERS = """
    INSERT INTO users (user_id, is_current, is_verified, blocknumber, created_at, updated_at)
    SELECT number, true, false, NULL, now(), now() FROM generate_series(1, %s) AS number
"""
CHANGES = {
    "what is watched": "UPDATE users SET is_verified = NOT is_verified WHERE user_id <= %s",
    "what is not": "UPDATE users SET location = user_id::text || clock_timestamp() WHERE user_id <= %s",
}

Seen = defaultdict[tuple[str, str], dict[bool, list[float]]]
"""By name and unit, the values without histories and with them."""


async def history_cost(scope: Scope) -> list[Figure]:
    """Catch up, commit single blocks, and change rows past the loop, in turn with and without."""
    seen: Seen = defaultdict(lambda: {True: [], False: []})
    transactions = scope.size(30_000, 400)
    for _, txs_per_block, kept in product(range(min(ROUNDS, scope.rounds)), (2, 20), (False, True)):
        with nullcontext() if kept else without():
            await _index(scope, simulated(transactions, txs_per_block), seen, kept=kept)
    figures = [figure for (name, unit), values in seen.items() for figure in _figures(name, unit, values)]
    return figures + await _other_writers(scope)


async def _index(scope: Scope, chain: Chain, seen: Seen, *, kept: bool) -> None:
    async with _database(scope, kept=kept) as url:
        with metered(scope.server.pid) as spent:
            await replay(chain, url)
        seen[f"catch-up, {chain.name}, processor time", "s"][kept].append(spent.client + spent.server)
    async with _database(scope, kept=kept) as url, await open_lanes(url, DatabaseSettings()) as lanes:
        blocks = (await decoded(chain))[: scope.size(2_000, 40)]
        with metered(scope.server.pid) as spent:
            times, statements = await commit_one_by_one(chain, lanes, blocks)
        one = f"one block, {chain.name}"
        each = 1_000 * (spent.client + spent.server) / len(blocks)
        seen[f"{one}, processor time", "ms"][kept].append(each)
        seen[f"{one}, p50", "ms"][kept].append(times[len(times) // 2])
        seen[f"{one}, statements", ""][kept].append(statements / len(blocks))


async def _other_writers(scope: Scope) -> list[Figure]:
    """Return what one of many rows costs the server that another program changes."""
    users = scope.size(USERS, 10)
    seen: Seen = defaultdict(lambda: {True: [], False: []})
    for _, kept in product(range(scope.rounds), (False, True)):
        async with (
            _database(scope, kept=kept) as url,
            await AsyncConnection.connect(url, autocommit=True) as connection,
        ):
            await connection.execute(MAKE_USERS, [users])
            for what, change in CHANGES.items():
                with metered(scope.server.pid) as spent:
                    for _ in range(scope.size(TIMES, 1)):
                        await connection.execute(change.encode(), [users])
                each = 1_000_000 * spent.server / users / scope.size(TIMES, 1)
                seen[f"{users:,} users changed past the loop, {what}, a row", "us"][kept].append(each)
    return [
        Figure(f"{name}, {'with' if kept else 'without'} histories", unit, values[kept])
        for (name, unit), values in seen.items()
        for kept in (False, True)
    ]


def _figures(name: str, unit: str, values: dict[bool, list[float]]) -> list[Figure]:
    shares = [100 * (kept / bare - 1) for bare, kept in zip(values[False], values[True], strict=True)]
    return [
        Figure(f"{name}, without histories", unit, values[False]),
        Figure(f"{name}, with histories", unit, values[True]),
        Figure(f"{name}: cost of histories", "%", [max(0.0, share) for share in shares], at_most=SHARE_PERCENT_MAX),
    ]


@asynccontextmanager
async def _database(scope: Scope, *, kept: bool) -> AsyncIterator[str]:
    """Yield the address of a fresh database, whose tables nothing watches unless histories are ``kept``."""
    async with scope.server.database() as url:
        if not kept:
            async with await AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(UNWATCHED)
        yield url


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
