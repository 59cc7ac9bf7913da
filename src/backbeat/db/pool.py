"""Connections come in lanes, so that no kind of work can take the connections of another."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, cast
from weakref import WeakSet

import psycopg
import structlog
from psycopg import AsyncConnection, AsyncCursor
from psycopg.pq import PipelineStatus
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from backbeat.codes import LaneName
from backbeat.db import address
from backbeat.db.connection import LaneConnection, cancel_requests
from backbeat.db.lanes import Lane, plan
from backbeat.db.outage import UNREACHABLE, OutageError, first_line, outage
from backbeat.db.server import ServerInfo, check_database, check_limits, is_beside, read_info
from backbeat.db.session import Sessions
from backbeat.db.sql import load
from backbeat.db.troubles import Troubles
from backbeat.db.watchdog import Watchdog
from backbeat.settings import DatabaseSettings

Pool = AsyncConnectionPool[AsyncConnection[Any]]

REPORT_STATISTICS = load(__package__, "report_statistics.sql")

WAIT_SECONDS_MAX = 30.0  # for a free connection; by then something is stuck and should be seen
WAITING_MAX = 1_000  # callers queueing for one lane
TRY_SECONDS_MAX = 1.0  # then a caller asks the pool again, which makes it connect again: so soon an outage is over
BACKOFF_SECONDS = (0.0, 0.01, 0.05, 0.2)  # between connections found broken; the driver's own are 1, 2, 4, 8 s
TRUSTED_SECONDS = 5.0  # after its last answer: as long as whatever waits for the database pauses between two tries
OPEN_SECONDS_MAX = 30.0
CLOSE_SECONDS = 5.0  # what attempts to connect get to end in; the driver's own
CUT_CLOSE_SECONDS = 1.0  # the same, where the program has waited for long enough
USELESS = (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported)
"""What a session meets again: that the database can only be read; that a column's type was changed, of a statement that
it has prepared."""

USER: ContextVar[str] = ContextVar("user", default="")
"""Whom a connection is wanted for."""

log = structlog.get_logger(__name__)


class Lanes:
    """The open pools: ``indexing``, ``control``, ``jobs``, ``status`` and ``reads``.

    How large each is, :func:`backbeat.db.lanes.plan` says.

    Every connection is autocommit and in UTC. Waiting for one is bounded and then raises ``PoolTimeout``; a broken
    one is replaced before it is handed out. A connection whose server is gone without a word is given up after
    ``database.silence_seconds``.
    """

    def __init__(
        self,
        info: ServerInfo,
        pools: Mapping[str, "LanePool"],
        connections: WeakSet[LaneConnection],
        watchdog: Watchdog,
    ) -> None:
        self.info = info
        self.pools = pools
        self._connections = connections
        self._watching = asyncio.create_task(watchdog.watch())

    @property
    def indexing(self) -> Pool:
        """For block transactions."""
        return self.pools[LaneName.INDEXING]

    @property
    def control(self) -> "LanePool":
        """For leases and schedules."""
        return self.pools[LaneName.CONTROL]

    @property
    def jobs(self) -> "LanePool":
        """For derived state."""
        return self.pools[LaneName.JOBS]

    @property
    def status(self) -> Pool:
        """For the status page and probes."""
        return self.pools[LaneName.STATUS]

    @property
    def reads(self) -> Pool:
        """For what anyone may ask of the API."""
        return self.pools[LaneName.READS]

    @property
    def are_watched(self) -> bool:
        """Say whether the watchdog still runs."""
        return not self._watching.done()

    async def close(self) -> None:
        """Close every connection; those in use are closed when they come back."""
        self._watching.cancel()
        await asyncio.wait([self._watching])
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))

    def cut(self) -> None:
        """Close every connection that waits for the server, and lend no more.

        The tasks that wait get an OperationalError: for the server at once, for a connection within a second.
        """
        for pool in self.pools.values():
            pool.cut()
        for connection in list(self._connections):
            if connection.waits_since is not None:
                connection.cut()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_lanes(
    url: str, settings: DatabaseSettings, names: Collection[str] = (), *, needs_writes: bool = True
) -> Lanes:
    """Return the lanes over the database at ``url``, all or the named ones, each able to connect.

    Without ``needs_writes`` a server that can only be read will do for every lane. Raises ConfigError for an address
    that cannot be read or sizes that the server does not admit, DatabaseError when the server does not answer or is too
    old.
    """
    where = address.parse(url)
    shapes = {
        name: lane if needs_writes else lane._replace(needs_writes=False)
        for name, lane in plan(settings, where.pool_max_conns).items()
        if name in names or not names
    }
    sizes = {name: lane.connections_max for name, lane in shapes.items()}
    async with await address.connect(where, "backbeat/start") as connection:
        info = await read_info(connection)
        beside = await is_beside(connection, info)
    check_database(info)
    check_limits(info, sizes)
    connections = WeakSet[LaneConnection]()
    troubles = Troubles()
    limits = {name: lane.limits(settings, info, beside=beside) for name, lane in shapes.items()}
    pools = {
        name: _pool(
            name, lane, Sessions(name, limits[name], where, settings, connections, pooled=info.pooled), troubles
        )
        for name, lane in shapes.items()
    }
    watchdog = Watchdog(where, connections, settings.silence_seconds, pooled=info.pooled)
    lanes = Lanes(info, pools, connections, watchdog)
    try:
        await asyncio.gather(*(pool.open(wait=True, timeout=OPEN_SECONDS_MAX) for pool in pools.values()))
    except PoolTimeout as error:  # of whatever else goes wrong meanwhile the pools only tell the log
        await lanes.close()
        raise _not_opened(error, troubles) from error
    except BaseException:
        await lanes.close()
        raise
    log.info("pools_opened", server=info.version, pooled=info.pooled, **sizes)
    return lanes


def _not_opened(error: PoolTimeout, troubles: Troubles) -> OutageError:
    """Return why the pools could not be opened, under the server's own reason where that is a known one."""
    error = PoolTimeout(": ".join([first_line(error), *troubles.refusals()]))
    found = outage(error)
    if found is not None and found.code != UNREACHABLE.code:
        return found
    return OutageError(
        "pools_not_opened",
        f"The database answered once and then opened no more connections: {error}",
        cure="See the server's log for why it admits no more sessions to this database.",
    )


def _pool(name: str, lane: Lane, sessions: Sessions, troubles: Troubles) -> "LanePool":
    return LanePool(
        troubles,
        needs_writes=lane.needs_writes,
        kwargs=sessions.arguments,
        connection_class=type("LaneConnection", (LaneConnection,), {"refused": staticmethod(troubles.of(name))}),
        min_size=min(lane.connections_min, lane.connections_max),
        max_size=lane.connections_max,
        open=False,
        configure=sessions.configure,
        name=str(name),
        timeout=WAIT_SECONDS_MAX,
        max_waiting=WAITING_MAX,
        reconnect_timeout=TRY_SECONDS_MAX,
    )


async def report_statistics(connection: AsyncConnection[Any]) -> bool:
    """Let the server count what the session did so far, which it does once it has answered; say whether it can write.

    Behind a pooler, whose sessions are others' too, only a standby cannot.
    """
    cursor = AsyncCursor(connection, row_factory=tuple_row)  # one trip, whatever transactions begin with
    found = await (await cursor.execute(REPORT_STATISTICS)).fetchone()
    if isinstance(connection, LaneConnection):
        connection.reported_at = connection.exchanges
    return bool(found and found[0])


async def plan_for(connection: AsyncConnection[Any], size: int) -> None:
    """Have a lane's session make its plans for a database of that size: see :meth:`LaneConnection.plan_for`."""
    if isinstance(connection, LaneConnection):
        await connection.plan_for(size)


class LanePool(Pool):
    """A pool that tries each connection before it lends it, and is back at once when its server is.

    The connection that came back last is lent first, and to a ``user`` the one that served it most often: few sessions
    do the work, each its own part of it, and have the plans and the tables' descriptions at hand.

    One that answered a moment ago, and that the server has not ended since, is lent untried. If its server is gone
    without a word, its user finds out: an outage, after which everything tries again.

    ``troubles`` are those of all lanes. Where the lane ``needs_writes``, a connection to a server that can only be read
    is closed, so that the next one may find another server, and ReadOnlySqlTransaction is raised.
    """

    def __init__(self, troubles: Troubles, *, needs_writes: bool, **options: Any) -> None:
        self.troubles = troubles
        self._needs_writes = needs_writes
        self._is_cut = False
        super().__init__(**options)

    def cut(self) -> None:
        """Lend no more connections; who waits for one gets PoolClosed."""
        self._is_cut = True

    async def close(self, timeout: float = CLOSE_SECONDS) -> None:  # noqa: ASYNC109 - the pool's own
        """Close the pool; once it is cut off, without waiting long for attempts to connect."""
        await super().close(min(timeout, CUT_CLOSE_SECONDS) if self._is_cut else timeout)

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the pool's own
        *,
        user: str = "",
    ) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection; one that is of no use any more does not come back to the pool."""
        USER.set(user)
        try:
            async with super().connection(timeout) as connection:
                try:
                    yield connection
                except USELESS:
                    await connection.close()
                    raise
        except psycopg.Error as error:
            if self._needs_writes or not isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                self.troubles.note(self.name, error)
            raise

    async def putconn(self, conn: AsyncConnection[Any]) -> None:
        """Take a connection back; close one in a pipeline, which the driver leaves open where its start is cancelled.

        In a pipeline COPY fails, and so would each user of that session.
        """
        if not conn.closed and conn.info.pipeline_status is not PipelineStatus.OFF:
            await conn.close()
        await super().putconn(conn)

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[Any]:  # noqa: ASYNC109 - the pool's own
        """Return a connection that answered lately. Raises PoolTimeout if there is none within ``timeout`` seconds."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        requests = cancel_requests()
        pauses = itertools.chain(BACKOFF_SECONDS, itertools.repeat(BACKOFF_SECONDS[-1]))
        while True:
            connection = await self._taken(deadline)
            if cancel_requests() > requests:
                await self.putconn(connection)
                raise asyncio.CancelledError
            is_usable = await self._answers(connection, deadline)
            if is_usable:
                cast("LaneConnection", connection).users[USER.get()] += 1
                return connection
            if is_usable is None:
                await connection.close()
            await self.putconn(connection)
            if is_usable is None:
                raise psycopg.errors.ReadOnlySqlTransaction("the server at this address only reads: it is a standby")
            await asyncio.sleep(next(pauses))

    async def _get_ready_connection(self, timeout: float | None) -> AsyncConnection[Any] | None:  # noqa: ASYNC109 - the pool's own
        """Return the connection that served the user most often; of those that did alike, the one that came back last.

        In front stands the one that has been idle for longest, which the driver closes where there are too many.
        """
        user, idle = USER.get(), cast("deque[LaneConnection]", self._pool)
        wanted = max(reversed(idle), key=lambda each: each.users[user], default=None)
        if wanted is not None:
            idle.remove(wanted)
            idle.appendleft(wanted)
        return await super()._get_ready_connection(timeout)

    async def _taken(self, deadline: float) -> AsyncConnection[Any]:
        while True:
            if self._is_cut:
                raise PoolClosed(f"the pool {self.name!r} is cut off")
            left_seconds = deadline - time.monotonic()
            try:
                return await super().getconn(min(left_seconds, TRY_SECONDS_MAX))
            except PoolTimeout as timed_out:
                if left_seconds > TRY_SECONDS_MAX:
                    continue
                why = self.troubles.refusal(self.name)
                if why is None:
                    raise
                raise PoolTimeout(f"{timed_out}: {why}") from timed_out

    async def _answers(self, connection: AsyncConnection[Any], deadline: float) -> bool | None:
        """Say whether the connection answers; None if it does and is of no use, since its server can only be read."""
        assert isinstance(connection, LaneConnection)  # noqa: S101 - the pool opens no others
        if connection.has_answered_since(time.monotonic() - TRUSTED_SECONDS):
            return True
        cutting = asyncio.get_running_loop().call_at(deadline, connection.cut)
        try:
            # a round trip anyway; what a run costs is measured from here
            can_write = await report_statistics(connection)
        except psycopg.Error:
            return False
        except BaseException:
            await self.putconn(connection)
            raise
        finally:
            cutting.cancel()
        return True if can_write or not self._needs_writes else None
