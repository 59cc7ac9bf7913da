"""What it costs to keep rewards and lists fresh: the fix at an hour, ten minutes and a minute, ours at three settings.

``python -m bench.freshness_cost --svg docs/pictures/freshness-cost.svg`` takes half an hour: every way for two minutes
beside the block loop, as :mod:`bench.trending_lag` has it, on copies of the same database, and by themselves the works
that come less often than that.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from backbeat.db.pool import Lanes
from bench.lag.connections import Entrance
from bench.lag.cost import Costed, cost_table, costed, costed_ways, parted
from bench.lag.cost_picture import draw_costs
from bench.lag.machine import Load, loaded
from bench.lag.prepared import Prepared, prepared
from bench.lag.tickers import Tally, Ticker, once
from bench.quiet_log import quiet_log
from bench.synthetic.library import DEFAULT, opened
from bench.trending_lag import measure, opened_lanes


async def costs(source: Prepared, options: argparse.Namespace) -> list[Costed]:
    """Measure every way; single works once, though several ways have them."""
    single: dict[str, Load] = {}
    found = []
    for way, ages in costed_ways():
        often, seldom = parted(way, options.seconds)
        outcome = await measure(source, often, options)
        for ticker in seldom:
            key = f"{ticker.name} {ticker.works}"
            if key not in single:
                single[key] = await _single(source, ticker)
        alone = [(ticker, single[f"{ticker.name} {ticker.works}"]) for ticker in seldom]
        found.append(costed(way, ages, outcome.seconds.p99, outcome.load, alone))
        sys.stderr.write(f"  {list(cost_table(found))[-1]}\n")
    return found


async def _single(source: Prepared, ticker: Ticker) -> Load:
    async with opened_lanes(source) as lanes, loaded(lanes) as load:
        await _once(ticker, lanes)
    return load


async def _once(ticker: Ticker, lanes: Lanes) -> None:
    tally = Tally()
    await once(ticker, Entrance(lanes.jobs, None), tally)
    if tally.failed:
        raise RuntimeError(f"{ticker.name} failed")


async def _all(options: argparse.Namespace) -> list[Costed]:
    async with opened(options.data, options.scale) as library, prepared(library) as source:
        return await costs(source, options)


def main() -> None:
    """Print the table, and draw the picture."""
    parser = argparse.ArgumentParser(prog="bench.freshness_cost", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    parser.add_argument("--seconds", type=int, default=120, help="how long the jobs of each way run")
    parser.add_argument("--lead", type=int, default=10, help="how many seconds the block loop is alone before")
    parser.add_argument("--rate", type=float, default=200.0, help="transactions per second")
    parser.add_argument("--block-seconds", type=float, default=1.0)
    parser.add_argument("--svg", type=Path)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    found = asyncio.run(_all(options))
    if options.svg:
        options.svg.write_text(draw_costs(found), encoding="utf-8")
    sys.stdout.write("\n".join((*cost_table(found), "")))


if __name__ == "__main__":
    main()
