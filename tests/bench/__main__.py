"""``make bench``: every performance claim, measured side by side in one run. ``--help`` tells what can be chosen."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench.acts_cost import acts_cost
from bench.capture_cost import capture_cost
from bench.catch_up import catch_up
from bench.ceiling.commits import one_trip
from bench.ceiling.share import ceiling
from bench.decoding import decoding
from bench.figure import Figure
from bench.history_cost import history_cost
from bench.memory import memory
from bench.merging import merging
from bench.one_block import one_block
from bench.plays_copy import plays_copy
from bench.programs import add_before, in_turn
from bench.quiet import quiet
from bench.quiet_log import quiet_log
from bench.report import as_json, show
from bench.scope import Benchmark, Scope
from bench.server import running
from bench.stock import stock
from bench.where_time_goes import where_time_goes
from bench.with_history import with_history

BENCHMARKS: dict[str, Benchmark] = {
    each.__name__: each
    for each in (
        catch_up,
        ceiling,
        one_trip,
        plays_copy,
        one_block,
        memory,
        with_history,
        decoding,
        merging,
        quiet,
        capture_cost,
        acts_cost,
        history_cost,
        stock,
        where_time_goes,
    )
}
WIDTH = 130
# the profiler needs a right that containers often lack, and something to look at; a second server is shown by itself
NOT_IN_QUICK = {"where_time_goes", "stock"}


def main() -> int:
    """Run what is asked for; exit with 1 if a budget is missed in a run that measures."""
    options = _options()
    quiet_log()
    results = asyncio.run(_run(options))
    if options.json:
        sys.stdout.write(as_json(results) + "\n")
    missed = any(figure.is_kept is False for figures in results.values() for figure in figures)
    return int(missed and not options.quick)


async def _run(options: argparse.Namespace) -> dict[str, list[Figure]]:
    results = {}
    async with running(options.data_dir) as server:
        scope = Scope(
            server, options.data_dir, quick=options.quick, large=options.large, programs=in_turn(options.before)
        )
        for name in options.only or [name for name in BENCHMARKS if not (options.quick and name in NOT_IN_QUICK)]:
            sys.stderr.write(f"{name} ...\n")
            results[name] = await BENCHMARKS[name](scope)
            if not options.json:
                show(name, results[name], Console(width=WIDTH))
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds; its figures mean nothing")
    parser.add_argument("--large", action="store_true", help="also the sizes that take minutes to make")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    add_before(parser)
    place = Path(tempfile.gettempdir())
    parser.add_argument("--data-dir", type=Path, default=place, help="where the server's files go while it runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
