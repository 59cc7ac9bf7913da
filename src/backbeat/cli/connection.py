"""The database that a verb speaks to: the one it was given, or the embedded one in the data directory."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.db import address, environment, postmaster
from backbeat.db.address import Address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.failures import translated
from backbeat.db.installation import clusters_in
from backbeat.db.kind import require_own
from backbeat.db.lock_waits import watched
from backbeat.db.pool import Lanes, open_lanes
from backbeat.errors import DatabaseError
from backbeat.settings import Settings
from backbeat.settings_layers import Loaded


@asynccontextmanager
async def database_url(loaded: Loaded, *, start: bool, create: bool = False) -> AsyncIterator[str]:
    """Give the address of the database; an embedded server stays up at least as long as this context.

    A running embedded server is joined, and revived if it dies. One that is not running is started when ``start``,
    and stopped afterwards; otherwise this raises DatabaseError with code ``database_not_running``. One that is not
    there is made when ``create``; otherwise this raises DatabaseError with code ``database_not_there``.
    """
    settings = loaded.settings
    environment.forget(embedded=not settings.database.url)
    if settings.database.url:
        yield settings.database.url
        return
    if not start and not embedded_runs(settings):
        raise DatabaseError(
            "database_not_running",
            f"Nothing is running in the data directory {settings.data_dir}.",
            cure="Start it with `backbeat up`, or name another with --data-dir or --database.",
        )
    if not create and not clusters_in(Path(settings.data_dir)):
        raise DatabaseError(
            "database_not_there",
            f"The data directory {settings.data_dir} holds no database yet.",
            cure="Make one with `backbeat up`, or name another with --data-dir or --database.",
        )
    async with EmbeddedPostgres(Path(settings.data_dir), settings.database) as postgres, postgres.guarded():
        yield postgres.url


@asynccontextmanager
async def connect(loaded: Loaded, *, start: bool, any_kind: bool = False) -> AsyncIterator[AsyncConnection[Any]]:
    """Lend one autocommit connection to the database of :func:`database_url`; what fails is a DatabaseError.

    Raises UnfitDatabaseError where the database is empty, another program's or of another version, unless ``any_kind``.
    """
    async with database_url(loaded, start=start) as url, session_of(loaded, url, any_kind=any_kind) as connection:
        yield connection


@asynccontextmanager
async def session_of(loaded: Loaded, url: str, *, any_kind: bool = False) -> AsyncIterator[AsyncConnection[Any]]:
    """Lend a connection as :func:`connect` does, to the database of an address that is lent already."""
    settings = loaded.settings.database
    limits = {
        "statement_timeout": f"{settings.statement_timeout_seconds * 1000:.0f}ms",
        "lock_timeout": f"{settings.lock_timeout_seconds * 1000:.0f}ms",
    }
    where = address.parse(url)
    with translated():
        async with (
            await address.connect(where, "backbeat/cli", **limits) as connection,
            told_of_locks(connection, where),
        ):
            if not any_kind:
                await require_own(connection)
            yield connection


@asynccontextmanager
async def told_of_locks(connection: AsyncConnection[Any], where: Address) -> AsyncIterator[None]:
    """Have what a session of ours fails with say who kept it from a lock."""
    opens = partial(address.connect, where, "backbeat/locks")
    async with watched(connection.info.backend_pid, opens, SystemClock()) as sights:
        with translated(sights.holder):
            yield


@asynccontextmanager
async def own_lanes(loaded: Loaded, names: Collection[str] = ()) -> AsyncIterator[Lanes]:
    """Lend lanes, all or the named ones, over the database of :func:`database_url`, started if it has to be.

    Raises UnfitDatabaseError as :func:`connect` does.
    """
    async with database_url(loaded, start=True) as url, await open_lanes(url, loaded.settings.database, names) as lanes:
        async with lanes.control.connection() as connection:
            await require_own(connection)
        yield lanes


def embedded_runs(settings: Settings) -> bool:
    """Say whether an embedded server of the data directory is up."""
    for home in Path(settings.data_dir).absolute().glob("pg[0-9]*"):
        data = home.resolve() / "data"
        found = postmaster.read(data)
        if found is not None and postmaster.runs(found.pid, data):
            return True
    return False
