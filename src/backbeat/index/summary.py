"""What the database holds of the chain, told in numbers: every transaction by kind and outcome."""

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.codes import Outcome
from backbeat.db.outage import log_if_unreachable
from backbeat.db.pool import Pool
from backbeat.db.query import every, first
from backbeat.db.sql import load

SUMMARY = load(__package__, "summary.sql")
CURSOR = load(__package__, "cursor_read.sql")

SUM_UP_SECONDS = 3.0


class Outcomes(msgspec.Struct):
    """Transactions by how they ended."""

    applied: int = 0
    rejected: int = 0
    ignored: int = 0

    def add(self, outcome: Outcome, count: int) -> None:
        """Count ``count`` more that ended so."""
        setattr(self, outcome, getattr(self, outcome) + count)


class Transactions(Outcomes):
    """All transactions, and the same by kind; the three outcomes add up to all, the reasons to the rejected."""

    by_kind: dict[str, Outcomes] = {}
    by_reason: dict[str, int] = {}


class Summary(msgspec.Struct):
    """Totals of everything indexed into this database so far."""

    transactions: Transactions
    """How many, by outcome, kind and reason."""
    plays: int
    """Plays that are there."""
    height: int
    """The last block on its chain."""
    chain_id: str
    """The chain that is followed."""
    block_number: int
    """The number of the last block here."""
    unsettled_jobs: tuple[str, ...] = ()
    """Jobs that a program left with work which was to end with all settled."""


async def read_summary(connection: AsyncConnection[Any]) -> Summary:
    """Return the totals; zeros for a database that nothing was indexed into."""
    transactions, plays = Transactions(), 0
    for kind, outcome, reason, count, rows in await every(connection, tuple, SUMMARY):
        transactions.add(Outcome(outcome), count)
        transactions.by_kind.setdefault(kind, Outcomes()).add(Outcome(outcome), count)
        if reason:
            transactions.by_reason[reason] = transactions.by_reason.get(reason, 0) + count
        plays += rows
    at = await first(connection, tuple, CURSOR)
    chain_id, height, _, _, number, _ = at or ("", 0, None, None, 0, 0)
    return Summary(transactions, plays, height, chain_id, number)


async def sum_up(pool: Pool) -> Summary | None:
    """Return what the database holds now; None if it does not say soon."""
    with log_if_unreachable("summary_not_read"), suppress(TimeoutError):
        async with asyncio.timeout(SUM_UP_SECONDS), pool.connection(SUM_UP_SECONDS) as connection:
            return await read_summary(connection)
    return None
