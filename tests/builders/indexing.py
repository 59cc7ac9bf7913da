"""Runs the block loop over a made-up chain, as the program would."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.chain.native import NativeReader
from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Verifier
from backbeat.chain.source import Source
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import IndexSettings


def block_loop(
    lanes: Lanes, source: Source, rules: EntityRules | None = None, native: NativeReader | None = None, **settings: Any
) -> BlockLoop:
    """Return a loop over ``source`` with the dev network's signatures; settings as in IndexSettings."""
    chain = FollowedChain(
        source=source, rules=rules or EntityRules(), verifier=Verifier(DEV), exit_at_tip=True, native=native
    )
    return BlockLoop(chain, lanes, IndexSettings(**{"lease_seconds": 1.0} | settings), SystemClock())


async def index(
    lanes: Lanes, source: Source, rules: EntityRules | None = None, native: NativeReader | None = None, **settings: Any
) -> None:
    """Index a finite source to its end."""
    await block_loop(lanes, source, rules, native, **settings).run()


async def rows(conn: AsyncConnection[Any], query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a query written by a test."""
    return await (await conn.execute(query.encode(), values)).fetchall()
