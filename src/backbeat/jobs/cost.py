"""What a run cost, from PostgreSQL's own statistics of the session that did the work.

PostgreSQL 18 counts per session: every block and all WAL between the run's beginning and its end, exactly. Older
servers count per transaction: the blocks of the run's write transactions and of what led to them; WAL is not told.
Parallel workers count for themselves and are in neither. Behind a pooler, which lends sessions from transaction to
transaction, PostgreSQL 18 tells nothing either.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.connection import LaneConnection, Reading
from backbeat.db.pool import report_statistics
from backbeat.db.query import first, one
from backbeat.db.sql import load
from backbeat.db.together import Write
from backbeat.incremental.transaction import Fence

SESSION = load(__package__, "session_cost.sql")
TRANSACTION = load(__package__, "transaction_cost.sql")

SESSIONS_COUNT_SINCE = 18  # the first major version that counts a session's own blocks and WAL


class Cost(NamedTuple):
    """Blocks of 8 kB found in the buffers and fetched into them, and bytes of WAL; None where nobody knows."""

    blocks_hit: int | None = None
    blocks_read: int | None = None
    wal_bytes: int | None = None

    def plus(self, other: "Cost") -> "Cost":
        """Return both as one; what nobody knows of one is what is known of the other."""
        return Cost(*(_sum(*pair) for pair in zip(self, other, strict=True)))


UNKNOWN = Cost()


class Since(NamedTuple):
    """A session that rests, and where its counters were before the run; another session reads where they are now."""

    session: LaneConnection
    before: Cost

    @property
    def pid(self) -> int:
        """Return whose counters they are."""
        return self.session.info.backend_pid

    def take(self, cost: Cost) -> None:
        """Have the session's next run begin with where the counters are now; it has done nothing since."""
        if None not in cost:
            counters = Cost(*map(_sum, self.before, cost))
            self.session.last_reading = Reading(self.session.exchanges, counters)


class Meter(ABC):
    """Measures one run on one connection: call ``begin`` first, run with ``fence``, and ask ``end``."""

    def __init__(self, connection: LaneConnection) -> None:
        self.connection = connection

    async def begin(self) -> None:
        """Have what the session did before counted, so that it is not the run's."""
        if self.connection.reported_at != self.connection.exchanges:
            await report_statistics(self.connection)

    def fence(self, check: Fence) -> Fence:
        """Return the fence that the run's transactions end with.

        It has the transaction counted as soon as that has ended: with the next exchange, which is its COMMIT.
        """

        async def check_and_report(connection: AsyncConnection[Any], writes: Sequence[Write] = (), /) -> None:
            await check(connection, writes)
            self.connection.reported_at = self.connection.exchanges + 1

        return check_and_report

    async def rest(self) -> Since | None:
        """Have all that the session did counted, so that another may read what was used; None: only ``end`` tells."""
        return None

    @abstractmethod
    async def end(self) -> Cost:
        """Return what was used since the beginning."""


class SessionMeter(Meter):
    """Subtracts the session's counters before from those after."""

    _before = UNKNOWN

    async def begin(self) -> None:
        """Read the counters, unless the last reading was the last thing that the session did."""
        last = self.connection.last_reading
        if last is not None and last.exchanges == self.connection.exchanges:
            self._before = Cost(*last.counters)
            return
        await super().begin()
        self._before = await self._read()

    async def rest(self) -> Since | None:
        """Return what tells another where to read: behind a fence's transaction no statement is needed."""
        if None in self._before:
            return None
        await super().begin()
        return Since(self.connection, self._before)

    async def end(self) -> Cost:
        """Read again: one statement behind a fence's transaction, else two."""
        await super().begin()
        return Cost(*map(_difference, self._before, await self._read()))

    async def _read(self) -> Cost:
        values = {"pid": self.connection.info.backend_pid}
        found = await first(self.connection, tuple, SESSION, values)
        cost = Cost(*found) if found else UNKNOWN
        self.connection.last_reading = Reading(self.connection.exchanges, cost)
        return cost


class TransactionMeter(Meter):
    """Adds up what every write transaction counted, read behind the fence as its last statement."""

    _total = Cost(0, 0)

    def fence(self, check: Fence) -> Fence:
        """Return a fence that also reads the transaction's counters."""

        async def check_and_count(connection: AsyncConnection[Any], writes: Sequence[Write] = (), /) -> None:
            await check(connection, writes)
            hit, read, _ = await one(connection, tuple, TRANSACTION)
            self._total = Cost((self._total.blocks_hit or 0) + hit, (self._total.blocks_read or 0) + read)

        return super().fence(check_and_count)

    async def end(self) -> Cost:
        """Return the sum."""
        return self._total


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def meter(connection: AsyncConnection[Any]) -> Meter:
    """Return the meter that the connection's server can serve; the connection is a lane's."""
    assert isinstance(connection, LaneConnection)  # noqa: S101 - lanes have no others
    major = connection.info.server_version // 10_000
    return SessionMeter(connection) if major >= SESSIONS_COUNT_SINCE else TransactionMeter(connection)
