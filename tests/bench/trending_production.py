"""Trending at the size of the whole network, in ways that take turns on one database.

``python -m bench.trending_production`` prints the tables of docs/measurements/trending.md, "The whole network".
Here a copy for each way would not fit on most disks, so there is one database, and every turn uses it up a little: a
way first brings its tables to the present, which is not measured, and then lives through hours of its own. *Before*
comes last, for it leaves the tables twice as large. It takes an hour and a half and 80 GB.
"""

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.derived.trending.tracks import TRENDING_TRACKS
from backbeat.incremental.report import AuditReport
from bench.expense import Purse
from bench.quiet_log import quiet_log
from bench.synthetic.chain import Chain, natural_hour
from bench.synthetic.clock import connect_at
from bench.synthetic.library import DEFAULT, opened_alone
from bench.synthetic.sizes import Sizes, sizes
from bench.trending_ways import MIDNIGHT, TRENDING, a_day, after_outage, around_midnight, around_months_end
from bench.ways import FIGURES, HOUR, Life, Measured, Scenario, number, size_of, table

WHOLE_NETWORK = 10.0
DAY = timedelta(days=1)


class Turn(NamedTuple):
    """A way, and what it lives through when it is up to date."""

    way: str
    scenarios: Sequence[Scenario]


class Outcome(NamedTuple):
    """What was measured by way and scenario, how large the tables were after each turn, and its audits."""

    runs: Mapping[str, Mapping[str, Measured]]
    sizes: Sequence[tuple[str, int]]
    audits: Sequence[AuditReport]


def turns(of: Sizes) -> Sequence[Turn]:
    """Return who does what. Three days in a row the month's window goes back, so two ways can see that."""
    return (
        Turn("incremental", (*a_day(of, few=3, many=3), around_midnight(of, MIDNIGHT))),
        Turn("compatible", (*a_day(of, few=1, many=1), around_midnight(of, MIDNIGHT + DAY))),
        Turn("incremental", (around_months_end(of, MIDNIGHT + 2 * DAY),)),
        Turn("compatible", (around_months_end(of, MIDNIGHT + 3 * DAY),)),
        Turn("incremental", (after_outage(of),)),
        Turn("compatible_network_indexes", a_day(of, few=1, many=1)),
        Turn("before_network_indexes", a_day(of, few=1, many=1)[-1:]),
    )


async def measure(url: str, of: Sizes) -> Outcome:
    """Let the ways take their turns on the database at rest at ``url``, which is used up."""
    runs: dict[str, dict[str, Measured]] = defaultdict(dict)
    table_sizes: list[tuple[str, int]] = []
    audits: list[AuditReport] = []
    async with await connect_at(url) as writer, await connect_at(url) as session:
        chain, purse = await Chain.on(writer), await Purse.of(session, url)
        try:
            for way, scenarios in turns(of):
                run = TRENDING.ways[way]
                if way in TRENDING.prepared:
                    await TRENDING.prepared[way](writer)
                life = Life(run, chain, writer, session, purse)
                await life.go_on(HOUR, natural_hour(of))
                await run(session)
                for scenario in scenarios:
                    one = await life.measured(scenario)
                    runs[way][scenario.name] = one
                    sys.stderr.write(f"  {way}: {scenario.name}: {one.cost.ms:,.0f} ms\n")
                table_sizes.append((way, await size_of(writer, TRENDING)))
                if way == "incremental":
                    audits += [await kept.audit(session) for kept in (TRENDING_TRACKS, TRENDING_PLAYLISTS)]
        finally:
            await purse.close()
    return Outcome(runs, table_sizes, audits)


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield the lines of the tables."""
    names = list(dict.fromkeys(scenario for runs in outcome.runs.values() for scenario in runs))
    for title, unit, figure in FIGURES:
        rows = [
            (name, [number(figure(runs[name])) if name in runs else "" for runs in outcome.runs.values()])
            for name in names
        ]
        yield from table(f"{title}{', ' * bool(unit)}{unit}", list(outcome.runs), rows)
        yield ""
    yield from table(
        "after the turn of", ["tables and indexes, MB"], [(way, [number(size / 2**20)]) for way, size in outcome.sizes]
    )
    yield ""
    for report in outcome.audits:
        yield f"audited {report.name}: {report.compared:,} rows, {report.missing} missing, {report.extra} extra"


async def _run(place: Path, scale: float) -> Outcome:
    async with opened_alone(place, scale, {"autovacuum": "off"}) as url:
        return await measure(url, sizes(scale))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="bench.trending_production", description=__doc__)
    parser.add_argument("--scale", type=float, default=WHOLE_NETWORK, help="10 is the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the database")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    outcome = asyncio.run(_run(options.data, options.scale))
    sys.stdout.write("\n".join((*lines(outcome), "")))


if __name__ == "__main__":
    main()
