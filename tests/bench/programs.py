"""The program of this checkout and, beside it, that of another, each on a server and a database of its own.

Both servers are the same one with the same configuration; each program migrates its own database.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from clusters import cluster_folder
from psycopg import AsyncConnection

from backbeat.codes import Phase
from backbeat.db.embedded import EmbeddedPostgres
from bench.server import connect

BEFORE = "before"
AFTER = "after"
OBSERVER = "bench"
SHUTTING_DOWN_SECONDS_MAX = 30.0  # the program cuts itself off after 10
READY_SECONDS_MAX = 300.0
POLL_SECONDS = 0.25
HEIGHT_POLL_SECONDS = 0.02
SIMULATOR_FILE = "simulator.json"
WHERE_IT_LIES = "import backbeat; print(backbeat.__path__[0])"
SPINNER = (
    "import os\nos.sched_setaffinity(0, {max(os.sched_getaffinity(0))})\nwhile True:\n    pass"  # one core, no other
)


class Program:
    """One version of the program: ``folder`` holds the programs of a virtual environment that it is installed in."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.backbeat = folder / "backbeat"
        self.python = folder / "python"

    @cached_property
    def source(self) -> Path:
        """Where its package lies."""
        asked = [str(self.python), "-c", WHERE_IT_LIES]
        answer = subprocess.run(asked, env=environ(), check=True, capture_output=True, text=True)
        return Path(answer.stdout.strip())


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
        """Run ``backbeat up`` at the simulated chain, as everybody runs it, until the context ends."""
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


def programs(before: Path | None) -> list[Program]:
    """Return what is measured, in turn: the program before where its folder is given, and that of this checkout."""
    ours = Program(AFTER, Path(sys.executable).parent)
    return [ours] if before is None else [Program(BEFORE, before.absolute()), ours]


def environ() -> dict[str, str]:
    """Return this process's environment for another program's."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


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


@contextmanager
def one_core_taken(*, wanted: bool) -> Iterator[int]:
    """Keep one core busy until the context ends, if it is wanted; yield the process that does, 0 without one."""
    if not wanted:
        yield 0
        return
    spinning = subprocess.Popen([sys.executable, "-c", SPINNER])
    try:
        yield spinning.pid
    finally:
        spinning.kill()
        spinning.wait()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every measurement of one program beside another takes."""
    place = Path(tempfile.gettempdir())
    parser.add_argument(
        "--before", type=Path, metavar="BIN", help="the programs of another checkout's virtual environment: in turn"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the figures as JSON")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds; its figures mean nothing")
    parser.add_argument("--data-dir", type=Path, default=place, help="where the servers' files go")


def write(found: Any, options: argparse.Namespace) -> None:
    """Write the figures where they are wanted as JSON."""
    text = msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"
    if options.json:
        sys.stdout.write(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


def ratio(before: float | None, after: float) -> str:
    """Return a table's cell that says how many times the one before is of the one after."""
    return f"x {before / after:.2f}" if before is not None and after else ""
