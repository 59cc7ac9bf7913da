"""A program at the tip of the simulated chain, on a server and a database of its own.

Every program gets the same server with the same configuration, and migrates its own database.
"""

import asyncio
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from clusters import cluster_folder
from psycopg import AsyncConnection

from backbeat.codes import Phase
from backbeat.db.embedded import EmbeddedPostgres
from bench.programs import Program, environ
from bench.server import connect

OBSERVER = "bench"
SHUTTING_DOWN_SECONDS_MAX = 30.0  # the program cuts itself off after 10
READY_SECONDS_MAX = 300.0
POLL_SECONDS = 0.25
HEIGHT_POLL_SECONDS = 0.02
SIMULATOR_FILE = "simulator.json"


class Tip(NamedTuple):
    """The simulated chain, and how soon the first runs of jobs follow each other (None: as users have it)."""

    txs_per_second: float
    backlog_blocks: int = 600
    stagger_seconds: float | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What a program is told of it."""
        chain = {
            "BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": str(self.backlog_blocks),
            "BACKBEAT_SIMULATOR_TXS_PER_SECOND": str(self.txs_per_second),
        }
        stagger = self.stagger_seconds
        return chain if stagger is None else chain | {"BACKBEAT_JOBS_STAGGER_SECONDS": str(stagger)}


class Home(NamedTuple):
    """A program and the server that is its own. ``observer``: a superuser's session, called ``bench``."""

    program: Program
    postgres: EmbeddedPostgres
    folder: Path
    observer: AsyncConnection[Any]

    @property
    def data_dir(self) -> Path:
        """The program's folder, where the simulated chain's beginning is kept."""
        return self.folder / "program"

    async def execute(self, *arguments: str, tip: Tip) -> None:
        """Let the program end by itself; raises RuntimeError if it does not end well."""
        process = await self._start(*arguments, tip=tip)
        if status := await process.wait():
            raise RuntimeError(f"{self.program.name}: {' '.join(arguments)} ended with {status}")

    @asynccontextmanager
    async def up(self, tip: Tip) -> AsyncIterator[Process]:
        """Run ``backbeat up`` at the simulated chain, as users run it, until the context ends."""
        process = await self._start("up", "--simulate", "--port", "0", tip=tip)
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            async with asyncio.timeout(SHUTTING_DOWN_SECONDS_MAX):
                await process.wait()

    async def _start(self, *arguments: str, tip: Tip) -> Process:
        common = ["--database", self.postgres.url, "--data-dir", str(self.data_dir), "--log-level", "error"]
        return await asyncio.create_subprocess_exec(
            self.program.backbeat, *arguments, *common, env=environ() | tip.environ, stdout=DEVNULL
        )

    async def one(self, query: str, **values: Any) -> Any:
        """Return the one value that a query answers."""
        row = await (await self.observer.execute(query.encode(), values or None)).fetchone()
        return row[0] if row else None

    async def height(self) -> int:
        """Return the height that is indexed."""
        return int(await self.one("SELECT height FROM backbeat.cursor"))

    async def next_height(self) -> int:
        """Wait for the next block and return its height."""
        before = await self.height()
        async with asyncio.timeout(READY_SECONDS_MAX):
            while (now := await self.height()) == before:  # noqa: ASYNC110 - another program's, which tells nobody
                await asyncio.sleep(HEIGHT_POLL_SECONDS)
        return now


@asynccontextmanager
async def housed(
    program: Program, place: Path, tip: Tip, configuration: Mapping[str, str] | None = None
) -> AsyncIterator[Home]:
    """Run a fresh server under ``place``, with the program's migrations in it, until the context ends."""
    with cluster_folder(place) as folder:
        postgres = EmbeddedPostgres(folder, configuration=configuration)
        async with postgres, await connect(postgres.bootstrap_url) as observer:
            await observer.execute(f"SET application_name = '{OBSERVER}'".encode())
            home = Home(program, postgres, folder, observer)
            await home.execute("migrate", tip=tip)
            yield home


async def stays_up(process: Process, seconds: float) -> None:
    """Let so much time pass; raises RuntimeError if the program ends meanwhile."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            raise RuntimeError(f"the program ended with {await process.wait()}")


async def all_have_run(home: Home, process: Process) -> None:
    """Wait until the chain's tip is reached and every job has succeeded."""
    query = """
        SELECT coalesce((SELECT phase = %(at_tip)s FROM backbeat.indexer), false)
            AND EXISTS (SELECT FROM backbeat.jobs) AND NOT EXISTS (SELECT FROM backbeat.jobs WHERE succeeded_at IS NULL)
    """
    async with asyncio.timeout(READY_SECONDS_MAX):
        while not await home.one(query, at_tip=Phase.AT_TIP):
            await stays_up(process, POLL_SECONDS)
