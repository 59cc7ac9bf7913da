"""A fenced lease: at most one holder writes, whatever happens to processes, clocks and connections.

Time is the database's, and may be set: a lease that ends further ahead than it is long was given by a clock that was
ahead, and counts as ended. The term grows with every change of holder, and a holder proves its term at the end of each
write transaction under a row lock, so a take-over and a commit exclude each other.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Final

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from backbeat.clock import Clock
from backbeat.db.outage import log_if_unreachable, retry_while_unreachable
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.db.together import Write, write_before
from backbeat.errors import LeaseHeldError, LeaseLostError
from backbeat.service import beside

log = structlog.get_logger(__name__)

CLAIM = load(__package__, "lease_claim.sql")
RENEW = load(__package__, "lease_renew.sql")
RELEASE = load(__package__, "lease_release.sql")
FENCE = load(__package__, "lease_fence.sql")
EVICT = load(__package__, "lease_evict.sql")

LOST_STATE: Final = "BB002"  # the SQLSTATE of the fence

TRIES_PER_LEASE = 4  # renewals, and looks at a held lease, within one lease time


class Lease:
    """One named lease and this process's claim to it. ``lost`` is set once another process is known to hold it."""

    def __init__(self, pool: AsyncConnectionPool[Any], name: str, seconds: float, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._pause_seconds = seconds / TRIES_PER_LEASE
        self._claim = {"name": name, "holder": uuid.uuid4(), "seconds": seconds, "term": 0}
        self.is_held = False
        self.lost = asyncio.Event()

    async def acquire(self) -> int:
        """Wait until the lease is ours, also while the database is away; return its term."""
        while not await self._claimed():
            log.info("waiting_for_lease", lease=self._claim["name"])
            await self._clock.sleep(self._pause_seconds)
        return int(str(self._claim["term"]))

    async def acquire_if_left(self) -> None:
        """Take the lease, once that of a holder who died has run out; raises LeaseHeldError while one is kept."""
        give_up_at = self._clock.monotonic() + self._pause_seconds * (TRIES_PER_LEASE + 1)
        while not await self._claimed():
            if self._clock.monotonic() >= give_up_at:
                raise LeaseHeldError(
                    "lease_held",
                    f"Another process holds the {self._claim['name']!r} lease, and goes on renewing it.",
                    cure="Stop every `backbeat up` and `backbeat index` of this database, those that stand by as well, "
                    "and try again.",
                )
            log.warning("waiting_for_lease", lease=self._claim["name"])
            await self._clock.sleep(self._pause_seconds)

    async def _claimed(self) -> bool:
        self.is_held = await retry_while_unreachable(partial(self._try, CLAIM), self._clock, "acquire_lease")
        if self.is_held:
            log.info("lease_acquired", lease=self._claim["name"], term=self._claim["term"])
        return self.is_held

    async def evict(self) -> None:
        """End block transactions of processes that stand still: the fence would refuse them, their locks hold us up."""
        values = {"seconds": self._pause_seconds * TRIES_PER_LEASE / 2}
        async with self._pool.connection() as connection:
            evicted = await every(connection, tuple, EVICT, values)
        if evicted:
            log.warning("stalled_sessions_ended", lease=self._claim["name"], sessions=len(evicted))

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew the lease beside the work inside this context, and give it up at its end."""
        try:
            async with beside(self._keep()):
                yield
        finally:
            await self._release()

    async def _keep(self) -> None:
        while self.is_held:
            await self._clock.sleep(self._pause_seconds)
            kept = True  # a database that cannot be used cannot give the lease to anybody either; the fence decides
            with log_if_unreachable("lease_renewal_failed", lease=self._claim["name"]):
                kept = await self._try(RENEW)
            if not kept:
                # a write under way meets the fence and stops there
                self._note_loss()

    async def fence(self, connection: AsyncConnection[Any], writes: Sequence[Write] = ()) -> None:
        """Make sure, as the last statement of a write transaction, that the lease is still ours.

        It does what is still to be written as well. In a pipeline the answer comes later: :meth:`proving` is around it.
        """
        with self.proving():
            await write_before(connection, writes, Write(FENCE, self._claim))

    @contextmanager
    def proving(self) -> Iterator[None]:
        """Raise LeaseLostError where a statement inside this context found the lease lost."""
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate != LOST_STATE:
                raise
            self._note_loss()
            raise self.loss() from None

    async def _release(self) -> None:
        if not self.is_held:
            return
        self.is_held = False
        with log_if_unreachable("lease_not_released", lease=self._claim["name"]):
            await self._try(RELEASE)

    async def _try(self, statement: Any) -> bool:
        async with self._pool.connection() as connection:
            cursor = await connection.execute(statement, self._claim)
            row = await cursor.fetchone() if cursor.description else None
        if row:
            self._claim["term"] = row[0]
        return row is not None

    def _note_loss(self) -> None:
        self.is_held = False
        self.lost.set()
        log.warning("lease_lost", lease=self._claim["name"], term=self._claim["term"])

    def loss(self) -> LeaseLostError:
        """Return the error for a lease that is no longer ours."""
        return LeaseLostError(
            "lease_lost",
            f"Another process took the {self._claim['name']!r} lease.",
            cure="Nothing was written twice. Stop one of the two processes, or let this one wait as a standby.",
        )
