"""Our connections: each knows how long nothing has moved on it, and what its transactions begin with."""

import asyncio
import os
import select
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor, AsyncRawCursor, AsyncTransaction, IsolationLevel
from psycopg.abc import Params, PQGen
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.sql import SQL, Composed, Literal

from backbeat.db import pinned
from backbeat.db.sql import compose, load

if TYPE_CHECKING:
    from backbeat.db.pipeline import TransactionPipeline

PIN_SESSION = load(__package__, "pin_session.sql")
DISCARD_PLANS = load(__package__, "discard_plans.sql")

SMALL_SIZE = 1_000
"""Up to so many blocks and plays a table read whole is some pages."""

R = TypeVar("R")
Found = TypeVar("Found")


def cancel_requests() -> int:
    """Return how often the running task was asked to end.

    Before Python 3.12 a wait with a timeout, as the driver's are, swallows a request that comes together with what it
    waits for; a caller that compares this number before and after knows of it.
    """
    task = asyncio.current_task()
    return task.cancelling() if task else 0


class Reading(NamedTuple):
    """What a session had used when it was asked."""

    exchanges: int
    """How often the server had been asked something by then."""

    counters: tuple[int | None, ...]
    """Blocks hit, blocks read, bytes of WAL; None where the server cannot tell."""


class LaneCursor(AsyncCursor[Found]):
    """A cursor whose statement is a transaction of its own where each transaction has to begin with settings."""

    async def execute(
        self, query: Any, params: Params | None = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Self:
        """Execute a statement as the driver does."""
        connection = self.connection
        if isinstance(connection, LaneConnection) and connection.is_between_transactions:
            async with connection.transaction():
                return await super().execute(query, params, prepare=prepare, binary=binary)
        return await super().execute(query, params, prepare=prepare, binary=binary)


class RawLaneCursor(LaneCursor[Found], AsyncRawCursor[Found]):
    """The same, for statements whose parameters are written $1, $2 and so on."""


class LaneConnection(AsyncConnection[Any]):
    """One connection, of a lane or by itself."""

    name: str = ""
    """Its application_name."""
    waits_since: float | None = None
    """An instant of the monotonic clock; None while nothing is awaited from the server."""
    moved_at: float = 0.0
    """When bytes last went one way or the other; a pipeline may be one long wait."""
    exchanges: int = 0
    """How often the server was asked something."""
    answered_at: float | None = None
    """When the server last answered, by the monotonic clock."""
    reported_at: int | None = None
    """After how many exchanges the session reported to the statistics; what is read of it then is complete."""
    last_reading: Reading | None = None
    """What was read last of what the session has used."""
    planned_for: int | None = None
    """How large the database was when the session's plans were made, as a power of two; None: it has none yet."""
    is_flushed: bool = True
    """Whether the last commit behind a fence waited for the disk."""
    excused_at: float = 0.0
    """When the server was last found at work for it."""
    local_settings: tuple[Composed, ...] = ()
    """Statements that begin each transaction, for a session that is not ours alone. A statement outside of any
    transaction then becomes one."""
    lets_alone: bool = False
    """Whether such a statement stays outside, because it must not be in a transaction."""
    transaction_pipeline: "TransactionPipeline | None" = None
    """The transaction in a pipeline that is open."""
    refused: ClassVar[Callable[[psycopg.Error], None] | None] = None
    """Called with the error of a session that could not begin."""

    @classmethod
    async def connect(cls, *args: Any, **kwargs: Any) -> Self:
        """Begin a session as the driver does, and tell ``refused`` why it could not."""
        try:
            return await super().connect(*args, **kwargs)
        except psycopg.Error as error:
            if cls.refused is not None:
                cls.refused(error)
            raise

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = LaneCursor
        self.users: Counter[str] = Counter()  # whom its pool lent it to, and how often

    @property
    def is_between_transactions(self) -> bool:
        """Say whether what is executed next has to become a transaction, so that settings can begin it."""
        if not self.local_settings or self.lets_alone:
            return False
        return self.info.transaction_status is TransactionStatus.IDLE

    async def pin(self) -> bool:
        """Pin for the session what its first packet could not; False if the packet did not arrive, and nothing is."""
        values = pinned.afterwards(self.info.server_version)
        cursor = await self.execute(PIN_SESSION, {"names": list(values), "values": list(values.values())})
        found = await cursor.fetchone()
        return bool(found and found[0])

    async def pin_transactions(self, wanted: Mapping[str, str | int]) -> None:
        """Have each transaction begin with what is pinned and with these settings: others use the session, too."""
        values = pinned.in_transaction(self.info.server_version, **{name: str(each) for name, each in wanted.items()})
        only_reads = values.pop("default_transaction_read_only") == "on"
        self.local_settings = tuple(
            compose(__package__, "set_local.sql", name=tuple(name.split(".")), value=Literal(value))
            for name, value in values.items()
        )
        await self.set_isolation_level(IsolationLevel.READ_COMMITTED)
        await self.set_read_only(only_reads)
        await self.set_deferrable(False)

    async def plan_for(self, size: int) -> None:
        """Have what the session keeps planned again, if the database has doubled since; ``size`` grows as tables do.

        A plan that was made while a table was small may read it whole, and is kept until the server hears of other
        statistics. A session that is not ours alone keeps no plans of ours.
        """
        power = max(size, SMALL_SIZE).bit_length()
        if self.planned_for not in (None, power) and not self.local_settings:
            await self.execute(DISCARD_PLANS, prepare=False)
        self.planned_for = power

    async def wait(self, gen: PQGen[R], *args: Any, **kwargs: Any) -> R:
        """Exchange messages with the server, and say meanwhile since when."""
        task = asyncio.current_task()
        requests = task.cancelling() if task else 0
        self.waits_since = time.monotonic()
        try:
            answer = await super().wait(self._noting_moves(gen), *args, **kwargs)
        finally:
            self.waits_since = None
        if task and task.cancelling() > requests:  # see cancel_requests
            raise asyncio.CancelledError
        return answer

    def _noting_moves(self, gen: PQGen[R]) -> PQGen[R]:
        """Pass on what the driver and ``gen`` tell each other, and note when the socket was ready.

        A generator that wants nothing of the socket, as that of a COMMIT outside of any transaction, asks nothing.
        """
        try:
            wanted = next(gen)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]  # what the generator is declared to return
        self.exchanges += 1
        self.answered_at = None
        try:
            while True:
                ready = yield wanted
                if ready:
                    self.moved_at = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as ended:
            self.answered_at = time.monotonic()
            return ended.value  # type: ignore[no-any-return]  # as above

    @asynccontextmanager
    async def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002 - the driver's own signature
    ) -> AsyncIterator[AsyncTransaction]:
        """Begin a transaction, or a savepoint within one; a new one begins with the lane's settings."""
        is_new = self.info.transaction_status is TransactionStatus.IDLE
        async with AsyncExitStack() as stack:
            try:
                transaction = await stack.enter_async_context(super().transaction(savepoint_name, force_rollback))
            except psycopg.errors.FeatureNotSupported as error:
                # a standby, asked to begin a transaction that may write
                raise psycopg.errors.ReadOnlySqlTransaction(*error.args) from error
            if is_new and self.local_settings:
                await self._set_locally()
            yield transaction

    async def _set_locally(self) -> None:
        """Execute the settings in one trip: together, or in a pipeline, which takes one statement at a time, singly.

        None of them reads anything, so the transaction may still choose what it sees. A server tells how it writes
        dates now only where a pipeline is synchronized, and the driver reads them by what it was told last.
        """
        if self.info.pipeline_status is PipelineStatus.OFF:
            await self.execute(SQL("; ").join(self.local_settings))
            return
        for statement in self.local_settings:
            await self.execute(statement)
        async with self.pipeline():  # one within another synchronizes it
            pass

    def has_answered_since(self, since: float) -> bool:
        """Say whether the server answered the last question, after that instant, and has said nothing of its own since.

        A server that ends a session says so, and closes it: there is something to read. No question is asked for this.
        """
        if self.answered_at is None or self.answered_at < since or self.closed:
            return False
        unread = select.poll()
        unread.register(self.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        return not unread.poll(0)

    def silent_seconds(self, now: float) -> float:
        """Return for how long nothing has come of waiting, not even word that the server is at work."""
        return 0.0 if self.waits_since is None else now - max(self.waits_since, self.moved_at, self.excused_at)

    def cut(self) -> None:
        """Close the connection from our side; a task that waits for the server gets an OperationalError at once."""
        if self.closed:
            return
        with socket.socket(fileno=os.dup(self.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)
