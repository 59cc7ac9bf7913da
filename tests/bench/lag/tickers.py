"""Work on a clock, as the original has it: a loop per ticker, the works of one in order, a connection for each piece.

The interval counts between starts. Who overruns it starts again at once, once; an interval of 0 never rests. What fails
is counted, and comes again with the next tick.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import NoReturn

import msgspec
import psycopg

from backbeat.derived.keeper import Step
from backbeat.incremental.transaction import Session
from bench.lag.connections import Entrance


class Ticker(msgspec.Struct, frozen=True):
    """Works on one interval. ``begins_seconds``: how long after the start of everything the first tick is."""

    name: str
    works: Sequence[Step]
    every_seconds: float
    begins_seconds: float = 0.0


class Tally(msgspec.Struct):
    """What tickers did: ticks that ended, the longest one until now, rows written, works that failed."""

    ticks: int = 0
    longest_seconds: float = 0.0
    rows_written: int = 0
    failed: int = 0


async def keep(ticker: Ticker, connections: Entrance, tally: Tally) -> NoReturn:
    """Tick until cancelled."""
    await asyncio.sleep(ticker.begins_seconds)
    while True:
        began = time.monotonic()
        try:
            await once(ticker, connections, tally)
        finally:
            took_seconds = time.monotonic() - began
            tally.longest_seconds = max(tally.longest_seconds, took_seconds)
        await asyncio.sleep(max(0.0, ticker.every_seconds - took_seconds))


async def once(ticker: Ticker, connections: Entrance, tally: Tally) -> None:
    """Do all works once, one after another."""
    for work in ticker.works:
        await _through(work, connections, tally)
    tally.ticks += 1


async def _through(work: Step, connections: Entrance, tally: Tally) -> None:
    """Work until nothing is left, each batch on a connection of its own."""
    more = True
    while more:
        try:
            async with connections.connection() as connection:
                report = await work(Session(connection))
        except psycopg.Error:
            tally.failed += 1
            return
        tally.rows_written += report.rows_written
        more = report.more
