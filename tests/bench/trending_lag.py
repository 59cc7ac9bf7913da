"""The three ways of trending beside the block loop: the incident, the repair, and ours.

``python -m bench.trending_lag --svg docs/pictures/trending-lag.svg``. On a made-up database with a tenth of the main
network's rows the block loop follows the simulated chain at 200 transactions a second, in ten blocks a second; after a
while trending starts, each way at the cadence that it had: before every 10 s, compatible every hour, incremental every
minute. Of every second the most blocks behind are kept.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from backbeat.app import Options, make_loop
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes, open_lanes
from backbeat.derived.trending.compatible import NAME, Refresh
from backbeat.index.loop import BlockLoop
from backbeat.jobs.catalog import find
from backbeat.jobs.job import Job, Weight
from backbeat.jobs.runner import Runner
from backbeat.settings import ChainSettings, DatabaseSettings, JobsSettings, Settings, SimulatorSettings
from bench.before import before
from bench.lag_guard import LEAD_SECONDS, Curve, svg, tip
from bench.quiet_log import quiet_log
from bench.synthetic.clock import connect_at, shifted
from bench.synthetic.library import DEFAULT, Library, opened
from bench.synthetic.sizes import ENDING

INCREMENTAL = ("trending.tracks", "trending.playlists")
BLOCK_SECONDS = 0.1
BACKLOG_BLOCKS = 50
LOOKS_PER_SECOND = 20
ADOPT = "DELETE FROM backbeat.cursor"  # the simulated chain goes on where the made-up one ends
RUNS = (
    "SELECT coalesce(sum(total_rows_written), 0)::bigint, coalesce(sum(total_deferred_seconds), 0) FROM backbeat.jobs"
)


class LateClock(SystemClock):
    """The machine's clock, set back to when the made-up network ends."""

    def __init__(self) -> None:
        self._behind = datetime.now(UTC).replace(tzinfo=None) - ENDING

    def now(self) -> datetime:
        """Return the instant that it would be there."""
        return datetime.now(UTC) - self._behind


def jobs_of(way: str) -> tuple[Job, ...]:
    """Return the jobs of a way, at its cadence."""
    if way == "before":
        return (
            Job(
                name="trending.before",
                run=before,
                every_seconds=10.0,
                group="trending",
                freshness_seconds=60.0,
                weight=Weight.HEAVY,
            ),
        )
    if way == "compatible":
        return (find(NAME, JobsSettings(trending_mode="refresh")),)
    return tuple(find(name) for name in INCREMENTAL)


async def measure(library: Library, way: str, *, seconds: int, per_second: float) -> Curve:
    """Return one way's curve, on a copy of its own."""
    clock = LateClock()
    async with library.copy() as url:
        async with await connect_at(url) as connection:
            if way != "incremental":
                await Refresh().run(connection)  # views are filled for the first time
            await connection.execute(ADOPT)
            url_there = await shifted(connection, url, datetime.now(UTC))
        with tempfile.TemporaryDirectory() as folder:
            async with await open_lanes(url_there, DatabaseSettings()) as lanes:
                simulator = SimulatorSettings(
                    txs_per_second=per_second, block_seconds=BLOCK_SECONDS, backlog_blocks=BACKLOG_BLOCKS
                )
                settings = Settings(data_dir=folder, chain=ChainSettings(source="simulator"), simulator=simulator)
                return await _race(lanes, settings, clock, way, seconds)


async def _race(lanes: Lanes, settings: Settings, clock: LateClock, way: str, seconds: int) -> Curve:
    loop = make_loop(settings, Options(), lanes, clock)
    chosen = JobsSettings(yield_seconds_max=0.0 if way == "before" else JobsSettings().yield_seconds_max)
    runner = Runner(lanes, jobs_of(way), chosen, clock)
    indexing = asyncio.create_task(loop.run())
    await tip(loop)
    lags = await worst(loop, LEAD_SECONDS)
    working = asyncio.create_task(runner.run())
    lags += await worst(loop, seconds - LEAD_SECONDS)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    loop.stop()
    await indexing
    async with lanes.control.connection() as connection:
        row = await (await connection.execute(RUNS)).fetchone()
    assert row is not None
    return Curve(name=way, lag_blocks=lags, rows_rewritten=row[0], deferred_seconds=row[1])


async def worst(loop: BlockLoop, seconds: int) -> list[int]:
    """Return for each second the most blocks that the loop was behind, looked at twenty times."""
    lags = []
    for _ in range(seconds):
        most = 0
        for _ in range(LOOKS_PER_SECOND):
            await asyncio.sleep(1 / LOOKS_PER_SECOND)
            head, cursor = await loop._source.head(), loop.progress.cursor
            assert head is not None
            assert cursor is not None
            most = max(most, head.height - cursor.height)
        lags.append(most)
    return lags


async def _all(place: Path, scale: float, ways: Sequence[str], seconds: int, rate: float) -> list[Curve]:
    async with opened(place, scale) as library:
        return [await measure(library, way, seconds=seconds, per_second=rate) for way in ways]


def main() -> None:
    """Print the figures as JSON, and draw the curves."""
    parser = argparse.ArgumentParser(prog="bench.trending_lag", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    parser.add_argument("--seconds", type=int, default=100)
    parser.add_argument("--rate", type=float, default=200.0, help="transactions per second")
    parser.add_argument("--ways", nargs="+", default=["before", "compatible", "incremental"])
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    curves = asyncio.run(_all(options.data, options.scale, options.ways, options.seconds, options.rate))
    if options.svg:
        drawn = svg(curves, title="Blocks behind while trending is computed", busy="trending runs")
        options.svg.write_text(drawn, encoding="utf-8")
    found = [curve.summary() for curve in curves]
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")


if __name__ == "__main__":
    main()
