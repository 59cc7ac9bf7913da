"""A server with the durability that people run, and an empty migrated database for every measurement."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from clusters import UNSAFE_AND_FAST, cluster_folder
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.settings import DatabaseSettings
from bench.programs import Program

TEMPLATE = "bench_template"
# What benchmarks ask for and the program never does: that the server times its functions.
BEYOND_AN_OWNER = "GRANT SET ON PARAMETER track_functions TO backbeat"


class Server:
    """The running server; use :func:`running`."""

    def __init__(self, postgres: EmbeddedPostgres, admin: AsyncConnection[Any]) -> None:
        self._postgres = postgres
        self._admin = admin
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

    @property
    def pid(self) -> int:
        return self._postgres.pid

    async def prepare(self) -> None:
        """Make the template of all databases."""
        await self._admin.execute(BEYOND_AN_OWNER)
        await self._admin.execute(SQL("CREATE DATABASE {} OWNER backbeat").format(Identifier(TEMPLATE)))
        await migrate(self._url(TEMPLATE), clock=SystemClock())

    @asynccontextmanager
    async def database(self, of: Program | None = None, *, empty: bool = False) -> AsyncIterator[str]:
        """Yield the address of a fresh database; what was written before is on the disk by then.

        ``of``: the program that it is made for, if that is not the one which runs here. ``empty``: nothing is in it.
        """
        template = "template0" if empty else TEMPLATE if of is None else await self._template(of)
        name = Identifier(f"bench_{next(self._numbers)}")
        await self._admin.execute(
            SQL("CREATE DATABASE {} OWNER backbeat TEMPLATE {}").format(name, Identifier(template))
        )
        await self._admin.execute("CHECKPOINT")
        try:
            yield self._url(name.as_string().strip('"'))
        finally:
            await self._admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    async def kept(self, of: Program) -> str:
        """Return the address of a database of a program's own, which is as old as the server."""
        return self._url(await self._template(of))

    async def _template(self, program: Program) -> str:
        if program.name not in self._templates:
            name = f"{TEMPLATE}_{program.name}"
            await self._admin.execute(SQL("CREATE DATABASE {} OWNER backbeat").format(Identifier(name)))
            await program.prepare(self._url(name))
            self._templates[program.name] = name
        return self._templates[program.name]

    def _url(self, database: str) -> str:
        return urlsplit(self._postgres.url)._replace(path=f"/{database}").geturl()


@asynccontextmanager
async def running(place: Path, as_shipped: str = "", *, durable: bool = True) -> AsyncIterator[Server]:
    """Run a server with its files under ``place``, durable as the program's own, until the context ends.

    Without ``durable`` it flushes nothing, for those who time nothing.
    ``as_shipped``: a folder with a system's programs, which then run with the configuration that they came with.
    """
    settings = DatabaseSettings(postgres_bin=as_shipped)
    with cluster_folder(place) as folder:
        postgres = EmbeddedPostgres(
            folder, settings, configuration=None if durable else UNSAFE_AND_FAST, tuned=not as_shipped
        )
        async with postgres, await connect(postgres.bootstrap_url) as admin:
            server = Server(postgres, admin)
            await server.prepare()
            yield server


async def connect(url: str) -> AsyncConnection[Any]:
    """Return an autocommit session in UTC."""
    return await psycopg.AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC")
