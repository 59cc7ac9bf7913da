"""Everything at a high rate for an hour: does derived state stay exact, and does anything grow that should not?

``python -m bench.soak --minutes 60 --rate 200``. An indexer with the simulator, a worker and a page run as processes of
their own; beside them another writer sends and takes back tips, and a visitor looks at the page. Samples twice a
minute, audits of every job that has one every five minutes; at the end everything comes to rest and is compared once
more.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
from processes import free_port
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings
from bench.quiet_log import quiet_log
from bench.server import connect, running
from bench.soak.churn import churn
from bench.soak.judge import Audited, Verdict, judge
from bench.soak.parts import Part, started
from bench.soak.picture import draw
from bench.soak.sample import POSTGRES, Sample, look

VISIT_SECONDS = 1.0
PAGES = ("/", "/live", "/status", "/metrics", "/history.json")


class Soak:
    """One soak of the migrated database at ``url``; what it found so far can be written at any time."""

    def __init__(self, options: argparse.Namespace, url: str, server_pid: int) -> None:
        self.samples: list[Sample] = []
        self.audits: list[Audited] = []
        self.last: list[Audited] = []
        self._options = options
        self._url = url
        self._server_pid = server_pid
        self._clock = SystemClock()
        self._began = time.monotonic()

    async def run(self, folder: Path) -> None:
        """Run for as long as was asked, then stop the parts, settle and compare."""
        port = free_port()
        async with (
            await connect(self._url) as connection,
            await connect(self._url) as other,
            started(self._url, folder, rate=self._options.rate, port=port) as parts,
        ):
            async with _beside(churn(other, Random(1)), visit(f"http://127.0.0.1:{port}")):
                await self._watch(connection, parts)
            for part in parts.values():
                await part.stop()
            await self._settle()
            self.last = [await self._audit(connection, job) for job in JOBS if job.audit]

    async def _watch(self, connection: AsyncConnection[Any], parts: dict[str, Part]) -> None:
        pids = {POSTGRES: self._server_pid} | {name: part.pid for name, part in parts.items()}
        seconds, every = self._options.minutes * 60, self._options.sample_seconds
        audited = 0.0
        while (rest := seconds - self._seconds()) > 0:
            await asyncio.sleep(min(every - self._seconds() % every, rest))
            for part in parts.values():
                part.check()
            self.samples.append(await look(connection, pids, self._seconds(), self._clock))
            if self._seconds() - audited >= self._options.audit_seconds:
                audited = self._seconds()
                self.audits += [await self._audit(connection, job) for job in JOBS if job.audit]
            self.tell()
            self.write()

    async def _audit(self, connection: AsyncConnection[Any], job: Job) -> Audited:
        assert job.audit is not None
        began = self._seconds()
        report = await job.audit(connection)
        if not report.is_clean:
            Console(stderr=True).print(f"{job.name} differs: {report.samples}", style="red")
        return Audited(
            seconds=began,
            name=job.name,
            took_seconds=self._seconds() - began,
            compared=report.compared,
            missing=report.missing,
            extra=report.extra,
            pending=report.pending,
            stale=report.stale,
        )

    async def _settle(self) -> None:
        async with await open_lanes(self._url, DatabaseSettings()) as lanes:
            await Runner(lanes, JOBS, JobsSettings(), self._clock).run_until_idle()

    def tell(self) -> None:
        """Print a line about the newest sample."""
        sample = self.samples[-1]
        memory = ", ".join(f"{name} {mb:.0f}" for name, mb in sample.resident_mb.items())
        differing = sum(audit.missing + audit.extra for audit in self.audits)
        sys.stderr.write(
            f"{sample.seconds:6.0f} s  {sample.transactions:>9} txs  {sample.lag_blocks} behind  MB: {memory}  "
            f"log {sample.log_rows} rows, {sample.log_seconds:.0f} s  drift {differing} in {len(self.audits)} audits\n"
        )

    def write(self, verdicts: Sequence[Verdict] = ()) -> None:
        """Write all figures and the picture; safe to read while a soak goes on."""
        out: Path = self._options.out
        out.mkdir(parents=True, exist_ok=True)
        held = [{**msgspec.structs.asdict(verdict), "holds": verdict.holds} for verdict in verdicts]
        found = {
            "minutes": self._options.minutes,
            "rate": self._options.rate,
            "verdicts": held,
            "audits": self.audits,
            "last_audits": self.last,
            "samples": self.samples,
        }
        (out / "soak.json").write_bytes(msgspec.json.format(msgspec.json.encode(found)))
        (out / "soak.svg").write_text(draw(self.samples), encoding="utf-8")

    def _seconds(self) -> float:
        return time.monotonic() - self._began


async def visit(page: str) -> None:
    """Look at every page of ours, one a second, until cancelled; the first looks may come too early."""
    async with httpx.AsyncClient(base_url=page) as client:
        while True:
            for path in PAGES:
                with suppress(httpx.TransportError):
                    await client.get(path)
                await asyncio.sleep(VISIT_SECONDS)


@asynccontextmanager
async def _beside(*works: Any) -> Any:
    """Do the works while the context lasts; what fails in one of them is raised at its end."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


def show(verdicts: Sequence[Verdict]) -> None:
    """Print the verdicts as a table."""
    table = Table("claim", "found", "at most", "", "")
    for each in verdicts:
        mark = "[green]holds[/]" if each.holds else "[red]broken[/]"
        table.add_row(each.claim, f"{each.found:.4g}", f"{each.at_most:g}", mark, each.note)
    Console().print(table)


async def _soak(options: argparse.Namespace) -> list[Verdict]:
    async with running(options.data_dir) as server, server.database() as url:
        soak = Soak(options, url, server.pid)
        with tempfile.TemporaryDirectory() as folder:
            await soak.run(Path(folder))
        verdicts = judge(soak.samples, soak.audits, soak.last, len(JOBS))
        soak.write(verdicts)
        return verdicts


def main() -> int:
    """Soak, tell, and exit with 1 if anything does not hold."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=200.0, help="transactions per second")
    parser.add_argument("--sample-seconds", type=float, default=30.0)
    parser.add_argument("--audit-seconds", type=float, default=300.0)
    parser.add_argument("--out", type=Path, default=Path(".backbeat/soak"), help="folder for soak.json and soak.svg")
    parser.add_argument(
        "--data-dir", type=Path, default=Path(tempfile.gettempdir()), help="where the server's files go"
    )
    options = parser.parse_args()
    quiet_log()
    verdicts = asyncio.run(_soak(options))
    show(verdicts)
    return 0 if all(verdict.holds for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
