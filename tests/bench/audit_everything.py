"""`backbeat audit` of every derived table while blocks arrive: its time, its memory, and what commits feel of it.

``python -m bench.audit_everything --scale 1`` works on a tenth of the main network, filled and at rest, which is made
once and kept (see :mod:`bench.synthetic`). The real block loop follows the simulated chain at ``--rate`` transactions a
second in blocks of a second: first alone, then with the audit of all tables beside it, a process of its own. No job
runs, so what blocks bring waits; and rows that were made up, not derived, differ. Exits with 1 if the loop was further
behind beside the audit than a block, and further than alone.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from backbeat.db.pool import open_lanes
from backbeat.errors import Exit
from backbeat.index.loop import BlockLoop
from backbeat.index.sources import followed_chain
from backbeat.index.writer import Writer
from backbeat.settings import ChainSettings, DatabaseSettings, Settings, SimulatorSettings
from bench.lag.prepared import Prepared, prepared
from bench.lag.watch import Figures, Lag, watch
from bench.programs import environ
from bench.quiet_log import quiet_log
from bench.synthetic.clock import connect_at, shifted
from bench.synthetic.library import DEFAULT, opened
from bench.trending_lag import ADOPT, BACKLOG_BLOCKS, LateClock, following

LOOK_SECONDS = 0.05  # at the memory of the audit
PEAK = "VmHWM:"
BLOCKS_BEHIND_MAX = 1


class Beside(NamedTuple):
    """What the block loop did in some time."""

    commits_ms: Figures
    lag_blocks: Figures
    lag_seconds: Figures


class Audit(msgspec.Struct, frozen=True):
    """What the audit came to."""

    seconds: float
    """How long it took."""
    peak_bytes: int
    """The most memory that its process had."""
    status: int
    """Its exit status."""
    audits: int
    """How many were made."""
    keys: int
    """Keys that were looked at."""
    same: int
    """Those that are as they should be."""
    differing: Mapping[str, int]
    """Rows, by audit."""
    unverifiable: Mapping[str, int]
    """Rows, by reason."""


class Found(NamedTuple):
    """All figures."""

    alone: Beside
    beside: Beside
    audit: Audit

    @property
    def is_kept(self) -> bool:
        """Say whether the loop kept up as it does alone."""
        return self.beside.lag_blocks.p99 <= max(BLOCKS_BEHIND_MAX, self.alone.lag_blocks.p99)


@contextmanager
def committing() -> Iterator[list[float]]:
    """Yield the milliseconds that each commit of the block loop takes meanwhile."""
    spans: list[float] = []
    write = Writer.write

    async def timed(self: Writer, *of: Any, **more: Any) -> Any:
        began = time.perf_counter()
        found = await write(self, *of, **more)
        spans.append(1e3 * (time.perf_counter() - began))
        return found

    with patch.object(Writer, "write", timed):
        yield spans


async def measure(source: Prepared, rate: float, lead_seconds: float) -> Found:
    """Follow the chain alone for so long, and then until the audit is through."""
    clock = LateClock()
    async with _running(source, rate, clock) as (loop, url):
        with committing() as spans:
            alone = await watch(loop, clock, 1.0, lead_seconds)
        first = _beside(alone, spans)
        with committing() as spans:
            auditing = asyncio.create_task(_audit(url))
            looks: list[Lag] = []
            while not auditing.done():
                looks += await watch(loop, clock, 1.0, 1.0)
        return Found(first, _beside(looks, spans), auditing.result())


@asynccontextmanager
async def _running(source: Prepared, rate: float, clock: LateClock) -> AsyncIterator[tuple[BlockLoop, str]]:
    """Yield a loop at the tip, and the address of its database, whose clock shows when its network ends."""
    simulator = SimulatorSettings(txs_per_second=rate, block_seconds=1.0, backlog_blocks=BACKLOG_BLOCKS)
    with tempfile.TemporaryDirectory() as folder:
        chain = ChainSettings(source="simulator", start_height=1)
        settings = Settings(data_dir=folder, chain=chain, simulator=simulator)
        async with source.copy() as url:
            async with await connect_at(url) as connection:
                await connection.execute(ADOPT)
                url_there = await shifted(connection, url, datetime.now(UTC))
            async with await open_lanes(url_there, DatabaseSettings()) as lanes:
                loop = BlockLoop(followed_chain(settings, clock), lanes, settings.index, clock)
                async with following(loop):
                    yield loop, url_there


def _beside(looks: Sequence[Lag], spans: Sequence[float]) -> Beside:
    behind = Figures.of([float(look.blocks) for look in looks])
    return Beside(Figures.of(spans), behind, Figures.of([look.seconds for look in looks]))


async def _audit(url: str) -> Audit:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "backbeat", "audit", "--again", "--json", "--data-dir", folder,
            env=environ() | {"BACKBEAT_DATABASE_URL": url},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        watching = asyncio.create_task(_peak(process))
        said, errors = await process.communicate()
    if process.returncode not in (Exit.OK, Exit.FAILURE, Exit.UNVERIFIED) or not said:
        raise RuntimeError(f"the audit failed: {errors.decode()[-2_000:]}")
    told = json.loads(said)
    found = [one["found"] for one in told]
    reasons: Counter[str] = Counter()
    for one in found:
        reasons.update(one["unverifiable"])
    return Audit(
        seconds=time.monotonic() - began,
        peak_bytes=await watching,
        status=process.returncode or 0,
        audits=len(found),
        keys=sum(one["keys"] for one in found),
        same=sum(one["same"] for one in found),
        differing={one["audit"]: one["found"]["differing"] for one in told if one["found"]["differing"]},
        unverifiable=dict(reasons),
    )


async def _peak(process: asyncio.subprocess.Process) -> int:
    """Return the most memory that a process had resident, as the kernel says, in bytes."""
    most = 0
    while process.returncode is None:
        most = max(most, _resident(process.pid))
        await asyncio.sleep(LOOK_SECONDS)
    return most


def _resident(pid: int) -> int:
    """Return the most that a process had resident so far; 0 of one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(PEAK))


def lines(found: Found) -> Iterator[str]:
    """Yield the table, and the verdict."""
    yield "| | commit p50, ms | p99, ms | most, ms | blocks behind, p99 | most | seconds behind, p99 |"
    yield "|---|---|---|---|---|---|---|"
    for name, of in (("alone", found.alone), ("beside the audit", found.beside)):
        spans = of.commits_ms
        yield (
            f"| {name} | {spans.p50:.1f} | {spans.p99:.1f} | {spans.most:.1f} | {of.lag_blocks.p99:.0f} |"
            f" {of.lag_blocks.most:.0f} | {of.lag_seconds.p99:.2f} |"
        )
    audit = found.audit
    yield ""
    yield f"{audit.audits} audits in {audit.seconds / 60:.1f} minutes, at most {audit.peak_bytes / 1e6:.0f} MB resident"
    yield f"{audit.keys:,} keys, {audit.same:,} rows as they should be"
    yield f"differ: {_listed(audit.differing)}"
    yield f"unverifiable: {_listed(audit.unverifiable)}"
    yield "kept: the loop was no further behind" if found.is_kept else "missed: the loop was further behind"


def _listed(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in rows.items()) or "none"


async def _all(options: argparse.Namespace) -> Found:
    async with opened(options.data, options.scale) as library, prepared(library) as source:
        return await measure(source, options.rate, options.lead)


def main() -> int:
    """Print the table; exit with 1 if the loop fell behind, or a row differs."""
    parser = argparse.ArgumentParser(prog="bench.audit_everything", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    parser.add_argument("--rate", type=float, default=50.0, help="transactions per second")
    parser.add_argument("--lead", type=float, default=30.0, help="how many seconds the block loop is alone before")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    found = asyncio.run(_all(options))
    sys.stdout.write("\n".join((*lines(found), "")))
    return int(not found.is_kept)


if __name__ == "__main__":
    sys.exit(main())
