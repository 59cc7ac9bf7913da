"""Heavy jobs that fill the disk and the processors beside the block loop, with and without giving way.

``python -m bench.lag_guard --svg docs/pictures/lag-guard.svg``. A simulated chain feeds the real block loop; after a
while the real runner starts heavy jobs that rewrite a big table in batches, again and again. How far the block loop is
behind is sampled each second.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

import msgspec

from backbeat.clock import SystemClock
from backbeat.codes import Phase
from backbeat.db.pool import Lanes, open_lanes
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.index.loop import BlockLoop
from backbeat.index.sources import followed_chain
from backbeat.jobs.job import Job, Weight
from backbeat.jobs.runner import Runner
from backbeat.settings import ChainSettings, DatabaseSettings, JobsSettings, Settings, SimulatorSettings
from bench.quiet_log import quiet_log
from bench.server import Server, running
from builders.waiting import eventually

ROWS = 2_000_000
BATCH_ROWS = 25_000
HEAVY_JOBS = 40
LEAD_SECONDS = 20  # the block loop alone
BLOCK_SECONDS = 0.1
BACKLOG_BLOCKS = 50
NEVER = 0.0
POOLS = DatabaseSettings(pool_max_conns=HEAVY_JOBS + 8)

FILL = """
CREATE TABLE public.heavy AS
SELECT id, id %% 977 AS shade, md5(id::text) AS name, 0::bigint AS score FROM generate_series(1, %s) AS id;
"""
INDEXES = "ALTER TABLE public.heavy ADD PRIMARY KEY (id); CREATE INDEX ON public.heavy (score, shade);"
REWRITE = """
UPDATE public.heavy SET score = score + 1, name = md5(name)
WHERE id >= %(first)s::int AND id < %(first)s::int + %(rows)s::int
"""


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One run: blocks behind, a sample each second."""

    name: str
    lag_blocks: list[int]
    rows_rewritten: int
    deferred_seconds: float

    def summary(self) -> dict[str, Any]:
        """Return the figures of the time with heavy jobs."""
        busy = self.lag_blocks[LEAD_SECONDS:]
        percentiles = quantiles(busy, n=100) if len(busy) > 1 else [0.0] * 99
        return {
            "name": self.name,
            "seconds": len(self.lag_blocks),
            "p50": percentiles[49],
            "p90": percentiles[89],
            "p99": percentiles[98],
            "most": max(busy, default=0),
            "over_5_blocks_share": round(sum(lag > 5 for lag in busy) / max(len(busy), 1), 3),
            "rows_rewritten": self.rows_rewritten,
            "deferred_seconds": round(self.deferred_seconds),
        }


def heavy_jobs(rows: int) -> Iterator[Job]:
    """Yield jobs that always have more to do, each on its own part of the table."""
    part = rows // HEAVY_JOBS
    for number in range(HEAVY_JOBS):
        yield Job(
            name=f"heavy_{number}",
            run=_rewrite(f"heavy_{number}", number * part + 1, part),
            every_seconds=1.0,
            group=f"heavy_{number}",
            freshness_seconds=60.0,
            weight=Weight.HEAVY,
        )


def _rewrite(name: str, first: int, rows: int) -> Any:
    done = 0

    async def run(session: Session) -> RunReport:
        nonlocal done
        connection, fence = session
        async with connection.transaction():
            values = {"first": first + done % rows, "rows": min(BATCH_ROWS, rows - done % rows)}
            written = (await connection.execute(REWRITE.encode(), values)).rowcount
            if fence is not None:
                await fence(connection)
        done += written
        return RunReport(name=name, updated=written, more=True)

    return run


async def measure(server: Server, *, seconds: int, rows: int, per_second: float, yields: bool) -> Curve:
    """Return one curve on a fresh database."""
    async with server.database() as url, await open_lanes(url, POOLS) as lanes:
        async with lanes.jobs.connection() as connection:
            await connection.execute(FILL.replace("%s", str(rows)).replace("%%", "%").encode())
            await connection.execute(INDEXES.encode())
        with tempfile.TemporaryDirectory() as folder:
            return await _race(lanes, _settings(per_second, folder), seconds, rows, yields=yields)


def _settings(per_second: float, folder: str) -> Settings:
    simulator = SimulatorSettings(txs_per_second=per_second, block_seconds=BLOCK_SECONDS, backlog_blocks=BACKLOG_BLOCKS)
    return Settings(data_dir=folder, chain=ChainSettings(source="simulator"), simulator=simulator)


async def _race(lanes: Lanes, settings: Settings, seconds: int, rows: int, *, yields: bool) -> Curve:
    clock = SystemClock()
    loop = BlockLoop(followed_chain(settings, clock), lanes, settings.index, clock)
    chosen = JobsSettings(concurrent_max=2 * HEAVY_JOBS, yield_seconds_max=float(seconds * 10) if yields else NEVER)
    runner = Runner(lanes, tuple(heavy_jobs(rows)), chosen, clock)
    indexing = asyncio.create_task(loop.run())
    await tip(loop)
    lags = await sample(loop, LEAD_SECONDS)
    working = asyncio.create_task(runner.run())
    lags += await sample(loop, seconds - LEAD_SECONDS)
    working.cancel()
    await asyncio.wait([working])
    loop.drain()
    await indexing
    async with lanes.control.connection() as connection:
        cursor = await connection.execute(
            "SELECT sum(total_rows_written)::bigint, sum(total_deferred_seconds) FROM backbeat.jobs"
        )
        row = await cursor.fetchone()
    assert row is not None
    return Curve(
        name="giving way" if yields else "not giving way",
        lag_blocks=lags,
        rows_rewritten=row[0] or 0,
        deferred_seconds=row[1] or 0.0,
    )


async def tip(loop: BlockLoop) -> None:
    """Wait until the loop has caught up."""
    assert await eventually(lambda: _is_at_tip(loop), tries_max=1_200)


async def _is_at_tip(loop: BlockLoop) -> bool:
    return loop.progress.phase is Phase.AT_TIP


async def sample(loop: BlockLoop, seconds: int) -> list[int]:
    """Return how many blocks the loop is behind, each second."""
    lags = []
    for _ in range(seconds):
        await asyncio.sleep(1.0)
        head, cursor = await loop._source.head(), loop.progress.cursor
        assert head is not None
        assert cursor is not None
        lags.append(max(head.height - cursor.height, 0))
    return lags


def svg(curves: list[Curve], *, title: str = "Blocks behind while heavy jobs run", busy: str = "heavy jobs run") -> str:
    """Draw the curves: seconds to the right, blocks behind upwards."""
    width, height, left, bottom = 860, 320, 56, 40
    seconds = max(len(curve.lag_blocks) for curve in curves)
    most = max(max(curve.lag_blocks) for curve in curves) or 1
    step: int = 10 ** (len(str(most)) - 1)
    top = -(-most // step) * step

    def x(second: float) -> float:
        return left + (width - left - 16) * second / seconds

    def y(lag: float) -> float:
        return height - bottom - (height - bottom - 40) * lag / top

    lead = x(LEAD_SECONDS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="12">',
        f"<title>{title}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<rect x="{lead:.1f}" y="40" width="{x(seconds) - lead:.1f}" height="{height - bottom - 40}" fill="#f3f3ef"/>',
        f'<text x="{lead + 6:.1f}" y="56" fill="#5c646e">{busy}</text>',
    ]
    for lag in range(0, top + 1, max(top // 4, 1)):
        parts.append(f'<line x1="{left}" x2="{width - 16}" y1="{y(lag):.1f}" y2="{y(lag):.1f}" stroke="#e3e3de"/>')
        parts.append(f'<text x="{left - 8}" y="{y(lag) + 4:.1f}" text-anchor="end" fill="#5c646e">{lag}</text>')
    for second in range(0, seconds + 1, 30):
        label = f'<text x="{x(second):.1f}" y="{height - 16}" text-anchor="middle" fill="#5c646e">{second} s</text>'
        parts.append(label)
    for number, (curve, colour) in enumerate(zip(curves, ("#b42318", "#0f766e", "#5c646e"), strict=False)):
        points = " ".join(f"{x(at + 1):.1f},{y(lag):.1f}" for at, lag in enumerate(curve.lag_blocks))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(f'<text x="{left + number * 150}" y="24" fill="{colour}">{curve.name}</text>')
    return "\n".join([*parts, "</svg>", ""])


async def _both(options: argparse.Namespace) -> list[Curve]:
    async with running(options.data_dir) as server:
        wanted = {"seconds": options.seconds, "rows": options.rows, "per_second": options.rate}
        return [await measure(server, **wanted, yields=yields) for yields in (False, True)]


def main() -> None:
    """Print both runs' figures as JSON, and draw them."""
    parser = argparse.ArgumentParser(prog="bench.lag_guard", description=__doc__)
    parser.add_argument("--seconds", type=int, default=150)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rate", type=float, default=200.0, help="transactions per second")
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    curves = asyncio.run(_both(options))
    if options.svg:
        options.svg.write_text(svg(curves), encoding="utf-8")
    found = [curve.summary() for curve in curves]
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")


if __name__ == "__main__":
    main()
