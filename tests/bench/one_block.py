"""What one commit of one block costs at the tip: time and statements."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from psycopg import AsyncCursor

from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block
from backbeat.chain.recording import open_recording
from backbeat.chain.sequence import only
from backbeat.chain.signatures import Verifier
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes, open_lanes
from backbeat.index import cursor as cursors
from backbeat.index.applying import BatchRunner
from backbeat.index.lease import Lease
from backbeat.index.loop import set_interpreter
from backbeat.index.rows import ROW_TYPES
from backbeat.index.tables import describe
from backbeat.index.wire.transaction import EntityRules
from backbeat.index.writer import Writer
from backbeat.settings import DatabaseSettings
from bench.chains import NETWORK, Chain, simulated
from bench.figure import Figure
from bench.scope import Scope

WARMED_UP_SHARE = 0.2  # of the blocks are committed before measuring: plans are made, the founding blocks are over


async def one_block(scope: Scope) -> list[Figure]:
    """Commit block by block, at two sizes."""
    figures = []
    for txs_per_block in (2, 20):
        chain = simulated(scope.size(60_000, 400), txs_per_block)
        async with scope.server.database() as url, await open_lanes(url, DatabaseSettings()) as lanes:
            blocks = (await decoded(chain))[: scope.size(2_000, 40)]
            times, statements = await commit_one_by_one(chain, lanes, blocks)
            at_tip = f"{chain.name}, one block per commit"
            figures += [
                Figure(f"{at_tip}, p50", "ms", [times[len(times) // 2]]),
                Figure(f"{at_tip}, p99", "ms", [times[int(len(times) * 0.99)]]),
                Figure(at_tip, "statements", [statements / len(blocks)]),
            ]
    return figures


async def commit_one_by_one(chain: Chain, lanes: Lanes, blocks: list[Block]) -> tuple[list[float], int]:
    """Return the milliseconds of every commit but the first ones, in order of size, and the statements of all."""
    set_interpreter()
    clock = SystemClock()
    async with lanes.indexing.connection() as conn:
        tables = await describe(conn, ROW_TYPES)
        cursor = await cursors.read(conn, only(blocks[0].chain_id))
    lease = Lease(lanes.control, "index", 60.0, clock)
    await lease.acquire()
    rules = EntityRules(verifier_address=chain.verifier_address)
    writer = Writer(lanes.indexing, lease, BatchRunner(tables, rules))
    times = [clock.monotonic()]
    with _counting() as statements:
        for block in blocks:
            cursor = (await writer.write(cursor, [block])).cursor
            times.append(clock.monotonic())
    first = int(len(blocks) * WARMED_UP_SHARE)
    spans = sorted(1_000 * (after - before) for before, after in list(pairwise(times))[first:])
    return spans, statements.total()


async def decoded(chain: Chain) -> list[Block]:
    """Return a chain's blocks, signatures recovered."""
    source, verifier = open_recording(chain.path), Verifier(NETWORK)
    await source.open()
    blocks = [decode_block(block, verifier) async for block in source.blocks(0)]
    await source.close()
    return blocks


@contextmanager
def _counting() -> Iterator[Counter[str]]:
    seen, execute = Counter[str](), AsyncCursor.execute

    async def counted(self: AsyncCursor[Any], *args: Any, **named: Any) -> Any:
        seen["statements"] += 1
        return await execute(self, *args, **named)

    AsyncCursor.execute = counted  # type: ignore[method-assign]  # for as long as it is counted
    try:
        yield seen
    finally:
        AsyncCursor.execute = execute  # type: ignore[method-assign]
