"""How far the block loop is behind beside the jobs: in the incident, after its fix, with the fix as fresh as ours, and
with ours; and what each costs.

``python -m bench.trending_lag --svg docs/pictures/trending-lag.svg`` takes twenty minutes. On copies of one
made-up database with a tenth of the main network's rows the real block loop follows the simulated chain at 200
transactions a second in a block a second, the network's pace; after a while the jobs start, each way as
:mod:`bench.lag.ways` has it. ``--ingredients`` tries what the incident is made of one by one instead; for that
``--lead 5 --seconds 65`` is enough.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes, open_lanes
from backbeat.index.loop import BlockLoop
from backbeat.index.sources import followed_chain
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import ChainSettings, DatabaseSettings, JobsSettings, Settings, SimulatorSettings
from bench.lag.connections import Entrance, entered
from bench.lag.machine import loaded
from bench.lag.picture import draw
from bench.lag.prepared import Prepared, prepared
from bench.lag.table import Outcome, short, table
from bench.lag.tickers import Tally, keep
from bench.lag.watch import watch
from bench.lag.ways import WAYS, Way, ingredients
from bench.lag_guard import tip
from bench.quiet_log import quiet_log
from bench.synthetic.clock import connect_at, shifted
from bench.synthetic.library import DEFAULT, opened
from bench.synthetic.sizes import ENDING

BACKLOG_BLOCKS = 50
ADOPT = "DELETE FROM backbeat.cursor"  # the simulated chain goes on where the made-up one ends
# The simulated chain's ids lie far above the network's, so that a round by ids would go through all of those at once.
END_ROUNDS = "UPDATE backbeat.rounds SET started_at = statement_timestamp(), after_key = 2147483647"
RUNS = """
    SELECT
        CASE
            WHEN name = 'scores.users' THEN 'scores'
            WHEN name ~ '^(challenges|trending)[.]' THEN split_part(name, '.', 1)
            ELSE 'others'
        END,
        sum(changed_runs + quiet_runs + failed_runs)::bigint,
        max(longest_seconds),
        sum(total_rows_written)::bigint,
        sum(failed_runs)::bigint
    FROM backbeat.jobs
    JOIN (
        SELECT name, max(seconds / ticks) AS longest_seconds FROM backbeat.job_runs GROUP BY name
    ) AS stored USING (name)
    GROUP BY 1
"""


class LateClock(SystemClock):
    """The machine's clock, set back to when the made-up network ends."""

    def __init__(self) -> None:
        self._behind = datetime.now(UTC).replace(tzinfo=None) - ENDING

    def now(self) -> datetime:
        """Return the instant that it would be there."""
        return datetime.now(UTC) - self._behind


def settings_of(options: argparse.Namespace, folder: str, way: Way) -> Settings:
    """Return the program's own settings, beside the simulated chain that was asked for."""
    simulator = SimulatorSettings(
        txs_per_second=options.rate, block_seconds=options.block_seconds, backlog_blocks=BACKLOG_BLOCKS
    )
    chain = ChainSettings(source="simulator", start_height=1)
    jobs = JobsSettings(follow_seconds=way.follow_seconds, plays_days=0)  # none of the ways deletes old plays
    return Settings(data_dir=folder, chain=chain, simulator=simulator, jobs=jobs)


async def measure(source: Prepared, way: Way, options: argparse.Namespace) -> Outcome:
    """Let a worker live one way, on a copy of its own."""
    clock = LateClock()
    with tempfile.TemporaryDirectory() as folder:
        async with opened_lanes(source) as lanes:
            with entered(lanes, way.pool_size) as entrances:
                return await _live(lanes, entrances, settings_of(options, folder, way), clock, way, options)


@asynccontextmanager
async def opened_lanes(source: Prepared) -> AsyncIterator[Lanes]:
    """Yield lanes to a copy of the database, whose clock shows when its network ends."""
    async with source.copy() as url:
        async with await connect_at(url) as connection:
            await connection.execute(ADOPT)
            url_there = await shifted(connection, url, datetime.now(UTC))
        async with await open_lanes(url_there, DatabaseSettings()) as lanes:
            async with lanes.control.connection() as connection:
                await connection.execute(END_ROUNDS)
            yield lanes


async def _live(
    lanes: Lanes,
    entrances: Mapping[str, Entrance],
    settings: Settings,
    clock: LateClock,
    way: Way,
    options: argparse.Namespace,
) -> Outcome:
    loop = BlockLoop(followed_chain(settings, clock), lanes, settings.index, clock)
    async with following(loop):
        lead = await watch(loop, clock, options.block_seconds, options.lead)
        for entrance in entrances.values():
            entrance.waits_seconds.clear()
        behind, first = lead[-1].blocks, _height(loop)
        async with loaded(lanes) as load, _working(way, lanes, entrances["jobs"], settings, clock) as tallies:
            busy = await watch(loop, clock, options.block_seconds, options.seconds)
            last = _height(loop)
    return Outcome(
        way=way.name,
        pool_size=way.pool_size,
        lead=lead,
        busy=busy,
        blocks_made=last + busy[-1].blocks - first - behind,
        blocks_written=last - first,
        waits_seconds={name: list(entrance.waits_seconds) for name, entrance in entrances.items()},
        load=load,
        tallies=tallies or await _recorded(lanes),
    )


def _height(loop: BlockLoop) -> int:
    assert loop.progress.cursor is not None
    return loop.progress.cursor.height


@asynccontextmanager
async def following(loop: BlockLoop) -> AsyncIterator[None]:
    indexing = asyncio.create_task(loop.run())
    coming = asyncio.create_task(tip(loop))
    await asyncio.wait([indexing, coming], return_when=asyncio.FIRST_COMPLETED)
    if indexing.done():
        coming.cancel()
        indexing.result()  # what ended it
    await coming
    yield
    loop.drain()
    await indexing


@asynccontextmanager
async def _working(
    way: Way, lanes: Lanes, connections: Entrance, settings: Settings, clock: LateClock
) -> AsyncIterator[dict[str, Tally]]:
    """Run a way's jobs while the body runs; yield what its tickers did, nothing for the program's own runner."""
    tallies: dict[str, Tally] = {}
    if way.tickers is None:
        jobs = catalog(settings)
        works = [Runner(lanes, jobs, settings.jobs, clock).run()]
    else:
        works = [keep(one, connections, tallies.setdefault(one.name, Tally())) for one in way.tickers]
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tallies
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()  # nothing ends by itself, so this raises what ended it


async def _recorded(lanes: Lanes) -> dict[str, Tally]:
    """Return what the program's own jobs did, by the part of their names before the dot."""
    async with lanes.control.connection() as connection:
        rows = await (await connection.execute(RUNS)).fetchall()
    return {kind: Tally(ticks, longest, written, failed) for kind, ticks, longest, written, failed in rows}


async def _all(options: argparse.Namespace) -> list[Outcome]:
    ways = ingredients() if options.ingredients else WAYS
    outcomes = []
    async with opened(options.data, options.scale) as library, prepared(library) as source:
        for way in ways:
            if options.ways is None or way.name in options.ways:
                outcomes.append(await measure(source, way, options))
                sys.stderr.write("".join(f"  {line}\n" for line in short(outcomes[-1:])))
    return outcomes


def main() -> None:
    """Print the table, and draw the curves."""
    parser = argparse.ArgumentParser(prog="bench.trending_lag", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    parser.add_argument("--seconds", type=int, default=150, help="how long the jobs run")
    parser.add_argument("--lead", type=int, default=20, help="how many seconds the block loop is alone before")
    parser.add_argument("--rate", type=float, default=200.0, help="transactions per second")
    parser.add_argument("--block-seconds", type=float, default=1.0)
    parser.add_argument("--ingredients", action="store_true", help="what the incident is made of, one by one")
    parser.add_argument("--ways", nargs="+", help="only these")
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    outcomes = asyncio.run(_all(options))
    if options.svg:
        options.svg.write_text(draw(outcomes), encoding="utf-8")
    lines = short(outcomes) if options.ingredients else table(outcomes)
    sys.stdout.write("\n".join((*lines, "")))


if __name__ == "__main__":
    main()
