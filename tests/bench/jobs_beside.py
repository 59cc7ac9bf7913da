"""Jobs beside an indexer that goes on writing: what its transactions take with and without them, and what they derive.

``python -m bench.jobs_beside --rate 100 --minutes 10``. A scripted indexer of the network's kind (row triggers, ids of
sequences) notes a block each second and writes its rows in transactions of their own, so many a second; another one
opens transactions at the same blocks and commits them late. First alone, then with a worker of ours beside them. At the
end every derived table is held to a rebuild, and the server's deadlocks are counted.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import msgspec
import psycopg
from foreign_database import make_foreign
from foreign_database.writers import ROWS, ForeignWriter
from integration.adopt.audience import Heard
from integration.adopt.beside import JOBS_ONLY, jobs_beside, settled, writers
from integration.adopt.conftest import index_up_to
from integration.index.test_splits import history
from rich.console import Console
from rich.table import Table

from backbeat.adopt.adoption import adopt
from backbeat.adopt.patience import Patience
from backbeat.beside.frontier import Frontier
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.incremental.transaction import Session
from bench.programs import environ
from bench.quiet_log import quiet_log
from bench.server import connect, running
from bench.synthetic.settle import until_quiet

BLOCK_SECONDS = 1.0
LATE_SECONDS_MAX = 5.0  # how long a transaction of the writer that commits late stays open at most
LATE_WRITERS = 2
WARM_SECONDS = 10.0  # of a worker: its first runs build everything
SETTLE_SECONDS_MAX = 120.0
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
LAG = """
    SELECT (SELECT max(height) FROM core_indexed_blocks) - height FROM backbeat.cursor
"""


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """What the transactions of the indexer took in one phase, from their first statement to their commit."""

    transactions: int
    """How many there were."""
    per_second: float
    """How many a second."""
    p50_ms: float
    """Half of them took less."""
    p99_ms: float
    """All but one of a hundred took less."""
    most_ms: float
    """The slowest."""
    victims: int
    """Transactions that the server ended for a deadlock."""
    lag_blocks_most: int | None = None
    """How far the frontier was behind the newest block at most; None: there was none."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a measurement found."""

    alone: Latency
    """Without jobs."""
    beside: Latency
    """With a worker of ours."""
    deadlocks: int
    """All that the server counted."""
    unequal: list[str]
    """Derived tables that a rebuild would change."""
    compared: int
    """Derived tables that were held to a rebuild."""


class Load:
    """Two indexers at work in threads, until they are asked to end."""

    def __init__(self, theirs: ForeignWriter, late: list[ForeignWriter], rate: float) -> None:
        self._theirs, self._late, self._rate = theirs, late, rate
        self._stop = threading.Event()
        self._in_block = threading.Lock()  # a late writer begins at a block that is noted, as the network's would
        self._threads = [threading.Thread(target=self._write), *(self._beginning(each) for each in late)]
        self.milliseconds: list[float] = []
        self.victims = 0
        self.failed: BaseException | None = None

    def start(self) -> None:
        """Begin to write."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """End, and commit what is open."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.failed is not None:
            raise self.failed

    def _beginning(self, writer: ForeignWriter) -> threading.Thread:
        return threading.Thread(target=self._write_late, args=(writer,))

    def _write(self) -> None:
        block_at, next_at = time.monotonic(), time.monotonic()
        try:
            while not self._stop.is_set():
                if time.monotonic() >= block_at:
                    block_at = time.monotonic() + BLOCK_SECONDS
                    self._note_block()
                self._timed(lambda: self._theirs.write_rows([random.choice(ROWS)]))
                next_at = max(next_at + 1 / self._rate, time.monotonic() - 1.0)
                self._stop.wait(max(next_at - time.monotonic(), 0.0))
        except BaseException as error:  # noqa: BLE001 - told to who waits for the thread
            self.failed = error

    def _note_block(self) -> None:
        with self._in_block:
            self._theirs.begin()
            self._theirs.note()
            self._theirs.write_block()
            self._theirs.commit()

    def _timed(self, write: Callable[[], None]) -> None:
        began = time.monotonic()
        try:
            write()
            self._theirs.commit()
        except psycopg.errors.DeadlockDetected:
            self._theirs.roll_back()
            self.victims += 1
        self.milliseconds.append((time.monotonic() - began) * 1000)

    def _write_late(self, writer: ForeignWriter) -> None:
        draw = random.Random(writer.connection.info.backend_pid)
        try:
            while not self._stop.is_set():
                with self._in_block:
                    writer.begin(late=True)
                    writer.write_rows()
                self._stop.wait(draw.uniform(0, LATE_SECONDS_MAX))
                writer.commit()
        except psycopg.errors.DeadlockDetected:
            writer.roll_back()
            self.victims += 1
        except BaseException as error:  # noqa: BLE001 - told to who waits for the thread
            self.failed = error


async def measure(place: Path, *, rate: float, seconds: float, say: Callable[[str], None]) -> Found:
    """Measure with and without jobs, on a server of its own under ``place``."""
    async with running(place) as server, server.database() as url:
        await index_up_to(url, len(history(1)))
        make_foreign(url)
        names = ["theirs", *(f"late {number}" for number in range(LATE_WRITERS))]
        with writers(url, *names) as [theirs, *late]:
            say("alone")
            alone = await phase(url, theirs, late, rate, seconds)
            say("adopting beside the writer")
            load = Load(theirs, [], rate)  # each index that is built waits for every transaction that is open
            load.start()
            where = address.parse(url)
            async with await address.connect(where, "backbeat/adopt", statement_timeout=0) as connection:
                chosen = msgspec.structs.replace(JOBS_ONLY, patience=Patience())
                await adopt(connection, chosen, clock=SystemClock(), audience=Heard())
                for (
                    job
                ) in jobs_beside():  # challenges begin with what is to come, and a rebuild judges the past as well
                    if job.rebuild is not None:
                        await job.rebuild(Session(connection))
            with _worker(url):
                await asyncio.sleep(WARM_SECONDS)
                load.end()
                say("beside")
                beside = await phase(url, theirs, late, rate, seconds, beside=True)
            for _ in range(2):
                theirs.whole_block()
        say("holding every table to a rebuild")
        compared, unequal = await _compare(url)
        async with await connect(url) as connection:
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            [(deadlocks,)] = await (await connection.execute(DEADLOCKS)).fetchall()
    return Found(alone=alone, beside=beside, deadlocks=deadlocks, compared=compared, unequal=unequal)


async def phase(
    url: str, theirs: ForeignWriter, late: list[ForeignWriter], rate: float, seconds: float, *, beside: bool = False
) -> Latency:
    """Have the indexers write for so long, and return what its transactions took."""
    load = Load(theirs, late, rate)
    load.start()
    lag: int | None = None
    until = time.monotonic() + seconds
    async with await connect(url) as connection:
        while time.monotonic() < until and load.failed is None:
            await asyncio.sleep(min(BLOCK_SECONDS, seconds))
            if beside:
                [(behind,)] = await (await connection.execute(LAG.encode())).fetchall()
                lag = max(lag or 0, int(behind))
    load.end()
    percentiles = quantiles(load.milliseconds, n=100)
    return Latency(
        transactions=len(load.milliseconds),
        per_second=len(load.milliseconds) / seconds,
        p50_ms=percentiles[49],
        p99_ms=percentiles[98],
        most_ms=max(load.milliseconds),
        victims=load.victims,
        lag_blocks_most=lag,
    )


@contextmanager
def _worker(url: str) -> Iterator[None]:
    """Run `backbeat jobs run` as a process of its own."""
    command = [sys.executable, "-m", "backbeat", "jobs", "run", "--log-level", "warning"]
    process = subprocess.Popen(command, env={**environ(), "BACKBEAT_DATABASE_URL": url}, stdout=subprocess.DEVNULL)
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError(f"the worker ended with {process.returncode}")
    finally:
        process.terminate()
        process.wait(SETTLE_SECONDS_MAX)


async def _compare(url: str) -> tuple[int, list[str]]:
    async with await connect(url) as connection:
        await settled(Frontier(blocks_behind=1), connection)
        for _ in range(2):
            for job in jobs_beside():
                await until_quiet(job.run, connection)
        held = [job for job in jobs_beside() if job.difference is not None]
        unequal = [job.name for job in held if job.difference and not (await job.difference(connection)).is_clean]
    return len(held), unequal


def table(found: Found) -> Table:
    """Return the figures for people."""
    shown = Table(title="jobs beside another indexer", title_justify="left", title_style="bold")
    for heading in ("", "alone", "beside"):
        shown.add_column(heading, justify="right" if heading else "left")
    rows: list[tuple[str, Any, Any]] = [
        (name.replace("_", " "), getattr(found.alone, name), getattr(found.beside, name))
        for name in Latency.__struct_fields__
    ]
    for name, alone, beside in rows:
        shown.add_row(name, *(f"{each:,.2f}" if isinstance(each, float) else str(each) for each in (alone, beside)))
    shown.caption = (
        f"{found.deadlocks} deadlocks in all; {found.compared - len(found.unequal)} of {found.compared} tables equal a "
        f"rebuild{': not ' + ', '.join(found.unequal) if found.unequal else ''}"
    )
    return shown


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.jobs_beside", description=__doc__)
    parser.add_argument("--rate", type=float, default=100.0, help="transactions of the indexer a second")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long each of the two phases takes")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--data-dir", type=Path, default=Path(tempfile.gettempdir()), help="where the server's files go"
    )
    options = parser.parse_args()
    quiet_log()
    errors = Console(stderr=True)
    found = asyncio.run(measure(options.data_dir, rate=options.rate, seconds=options.minutes * 60, say=errors.print))
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    else:
        Console().print(table(found))


if __name__ == "__main__":
    main()
