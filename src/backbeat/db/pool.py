"""Connections come in lanes, so that no kind of work can take the connections of another."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from backbeat.db import address
from backbeat.db.address import Address
from backbeat.db.server import ServerInfo, check_limits, read_info
from backbeat.errors import DatabaseError
from backbeat.settings import JOBS_POOL_MIN, DatabaseSettings

Pool = AsyncConnectionPool[AsyncConnection[Any]]

WAIT_SECONDS_MAX = 30.0  # for a free connection; by then something is stuck and should be seen
WAITING_MAX = 1_000  # callers queueing for one lane
RECONNECT_SECONDS_MAX = 5.0  # after an outage of 75 s a lane came back in 0.15 s; with 300 it took 42 s
OPEN_SECONDS_MAX = 30.0
UNLIMITED = 0.0

log = structlog.get_logger(__name__)


class Lane(NamedTuple):
    """One pool's shape. ``statement_seconds_max`` caps the setting; 0 means that no timeout applies at all."""

    connections_max: int
    connections_min: int
    statement_seconds_max: float


class Lanes:
    """The open pools: ``indexing`` (block transactions), ``control`` (leases, schedules), ``jobs``, ``reads``.

    Every connection is autocommit and in UTC. Waiting for one is bounded and then raises ``PoolTimeout``; a broken
    one is replaced before it is handed out.
    """

    def __init__(self, info: ServerInfo, pools: Mapping[str, Pool]) -> None:
        self.info = info
        self.pools = pools
        self.indexing = pools["indexing"]
        self.control = pools["control"]
        self.jobs = pools["jobs"]
        self.reads = pools["reads"]

    async def close(self) -> None:
        """Close every connection; those in use are closed when they come back."""
        await asyncio.gather(*(pool.close() for pool in self.pools.values()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def jobs_size(settings: DatabaseSettings, asked_in_url: int) -> int:
    """Return the size of the jobs lane: max(20, requested); a setting speaks before the address.

    Source: domain, derived state, section 1.3.
    """
    return max(JOBS_POOL_MIN, settings.pool_max_conns or asked_in_url)


def plan(settings: DatabaseSettings, asked_in_url: int) -> dict[str, Lane]:
    """Return every lane's shape by name."""
    return {
        # A catch-up batch takes as long as it takes; it is the lock queue that must not hold it.
        "indexing": Lane(settings.indexing_pool, 1, UNLIMITED),
        # Renewing a lease late is losing it, so what hangs here is cut off early.
        "control": Lane(settings.control_pool, 1, 10.0),
        "jobs": Lane(jobs_size(settings, asked_in_url), 1, settings.statement_timeout_seconds),
        "reads": Lane(settings.reads_pool, 0, 30.0),
    }


async def open_lanes(url: str, settings: DatabaseSettings) -> Lanes:
    """Return the lanes over the database at ``url``, each able to connect.

    Raises ConfigError for an address that cannot be read or sizes that the server does not admit, DatabaseError when
    the server does not answer or is too old.
    """
    where = address.parse(url)
    shapes = plan(settings, where.pool_max_conns)
    async with await address.connect(where, "backbeat/start") as connection:
        info = await read_info(connection)
    check_limits(info, {name: lane.connections_max for name, lane in shapes.items()})
    lanes = Lanes(info, {name: _pool(name, lane, where, settings) for name, lane in shapes.items()})
    try:
        await asyncio.gather(*(pool.open(wait=True, timeout=OPEN_SECONDS_MAX) for pool in lanes.pools.values()))
    except (PoolTimeout, psycopg.Error) as error:
        await lanes.close()
        raise DatabaseError(
            "pools_not_opened",
            f"The database answered once and then opened no more connections: {error}",
            cure="See the server's log; it may be out of connections.",
        ) from error
    log.info("pools_opened", server=info.version, **{name: lane.connections_max for name, lane in shapes.items()})
    return lanes


def _pool(name: str, lane: Lane, where: Address, settings: DatabaseSettings) -> Pool:
    session = where.session(
        f"backbeat/{name}",
        statement_timeout=_milliseconds(min(settings.statement_timeout_seconds, lane.statement_seconds_max)),
        lock_timeout=_milliseconds(settings.lock_timeout_seconds),
        idle_in_transaction_session_timeout=_milliseconds(settings.idle_timeout_seconds),
    )
    return AsyncConnectionPool(
        kwargs={"autocommit": True, "prepare_threshold": 5 if settings.prepared_statements else None, **session},
        connection_class=AsyncConnection[Any],
        min_size=min(lane.connections_min, lane.connections_max),
        max_size=lane.connections_max,
        open=False,
        configure=_configure,
        check=AsyncConnectionPool.check_connection,
        name=name,
        timeout=WAIT_SECONDS_MAX,
        max_waiting=WAITING_MAX,
        reconnect_timeout=RECONNECT_SECONDS_MAX,
    )


async def _configure(connection: AsyncConnection[Any]) -> None:
    set_json_loads(msgspec.json.decode, connection)
    set_json_dumps(msgspec.json.encode, connection)


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
