"""What the server on the other side is, and whether it suits."""

from collections.abc import Mapping
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import first, value
from backbeat.db.sql import load
from backbeat.errors import ConfigError, DatabaseError

VERSION_MIN = 150_000
SPARE_CONNECTIONS = 3  # a migration with its second connection, and a person with psql
UNLIMITED = -1
ENCODING = "UTF8"

READ_INFO = load(__package__, "read_server_info.sql")
IS_BESIDE = load(__package__, "is_beside.sql")


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of the server and of this user there. A limit of -1 means none."""

    version_number: int
    """As a number: 180004 is 18.4."""
    version: str
    """As text."""
    connections_max: int
    """``max_connections``."""
    reserved: int
    """Connections that only superusers and roles with a reserve may take."""
    role_connections_max: int
    """The limit of this role."""
    database_connections_max: int
    """The limit of this database."""
    encoding: str = ENCODING
    """The encoding of the database."""
    replication_role: str = "origin"
    """``session_replication_role``; only ``origin`` lets our triggers run."""
    pooled: bool = False
    """Whether a transaction pooler stands between, which gives a session to each transaction."""
    sets_deadlocks: bool = False
    """Whether this user may set ``deadlock_timeout`` of its sessions."""
    may_be_beside: bool = False
    """Whether the database can tell that another indexer writes its blocks."""
    has_reader: bool = False
    """Whether there is a role ``backbeat_reader`` that this user may turn into."""

    @property
    def major(self) -> int:
        """Return the major version: features of 18 are used where present."""
        return self.version_number // 10_000


async def read_info(connection: AsyncConnection[Any]) -> ServerInfo:
    """Return the server's facts. Raises DatabaseError when it is older than PostgreSQL 15."""
    info = await first(connection, ServerInfo, READ_INFO)
    if info is None:
        raise DatabaseError(
            "role_unknown",
            "The server does not list the user or the database of this session.",
            cure="Connect to PostgreSQL itself, as a user of its own.",
        )
    if info.version_number < VERSION_MIN:
        raise DatabaseError(
            "postgres_too_old",
            f"The server is PostgreSQL {info.version}; Backbeat needs {VERSION_MIN // 10_000} or newer.",
            cure="Upgrade the server, or leave the address empty for the embedded one.",
        )
    return info


async def is_beside(connection: AsyncConnection[Any], info: ServerInfo) -> bool:
    """Say whether another indexer writes the blocks of this database, and jobs run beside it."""
    return info.may_be_beside and bool(await value(connection, IS_BESIDE))


def check_database(info: ServerInfo) -> None:
    """Raise ConfigError for a database that cannot hold our rows, or whose sessions would not keep counts.

    Neither can be set by a session of ours. To be asked before anything is written.
    """
    if info.encoding != ENCODING:
        raise ConfigError(
            "database_encoding_unsupported",
            f"The database is in {info.encoding}; titles, names and bios need {ENCODING}.",
            cure="Create another one and name it: CREATE DATABASE discovery ENCODING 'UTF8' TEMPLATE template0.",
        )
    if info.replication_role != "origin":
        raise ConfigError(
            "triggers_disabled",
            f"Sessions begin with session_replication_role = {info.replication_role}: no trigger would keep a count.",
            cure="A superuser set it for this role or database: ALTER ROLE ... or ALTER DATABASE ... "
            "RESET session_replication_role.",
        )


def check_limits(info: ServerInfo, sizes: Mapping[str, int]) -> None:
    """Raise ConfigError for an empty lane, or when all together may open more connections than the server admits.

    Behind a pooler it is the pooler's limits that count, and it queues rather than refuses.
    """
    if empty := [name for name, size in sizes.items() if size < 1]:
        raise ConfigError(
            "pool_empty",
            f"The {empty[0]} pool has no connections.",
            cure=f"Set database.{empty[0]}_pool to one or more.",
        )
    if info.pooled:
        return
    wanted = sum(sizes.values())
    limits = {
        "max_connections less those reserved": info.connections_max - info.reserved,
        "this user's connection limit": info.role_connections_max,
        "this database's connection limit": info.database_connections_max,
    }
    for limit, admitted in limits.items():
        if admitted != UNLIMITED and wanted + SPARE_CONNECTIONS > admitted:
            lanes = " + ".join(f"{name} {size}" for name, size in sizes.items())
            raise ConfigError(
                "pools_exceed_server",
                f"The pools may open {wanted} connections ({lanes}) and {SPARE_CONNECTIONS} are kept spare, "
                f"but the server admits {admitted} ({limit}).",
                cure="Raise the server's limit, or lower database.pool_max_conns (the jobs pool is never below 20), "
                "indexing_pool, control_pool, status_pool or reads_pool.",
            )
