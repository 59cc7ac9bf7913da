"""One trending run, three ways side by side, on a made-up database with a tenth of the main network's rows.

``python -m bench.trending_ways`` prints the tables of docs/measurements/trending.md:

* before: both views refreshed with readers locked out, all scores deleted, all scores inserted;
* compatible: ``jobs.trending_mode = "refresh"``, views refreshed concurrently, scores that differ written;
* incremental: what changed.

The score tables have the indexes that Backbeat gives them. ``before_network_indexes`` and
``compatible_network_indexes`` are the same on the network's own, as networks run them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from backbeat.derived.trending.compatible import Refresh
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.derived.trending.tracks import TRENDING_TRACKS
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from bench.before import before
from bench.network_indexes import compatible_without_lists, exchange
from bench.synthetic.chain import natural_hour
from bench.synthetic.settle import until_quiet
from bench.synthetic.sizes import ENDING, Sizes
from bench.ways import HOUR, MINUTE, Scenario, Trial, run_alone

OUTAGE = timedelta(days=3)
MIDNIGHT = ENDING.replace(hour=23, minute=30)  # an hour around it begins then


def a_day(of: Sizes, *, few: int, many: int) -> Sequence[Scenario]:
    """Return what any day brings; small changes happen ``many`` times, the others ``few``."""
    return (
        Scenario("nothing changed", timedelta(0), {}, times=few),
        Scenario("0.1 % of the tracks played", MINUTE, {"tracks_played": max(1, of.tracks // 1_000)}, times=many),
        Scenario("1 % of the tracks played", MINUTE, {"tracks_played": max(1, of.tracks // 100)}, times=few),
        Scenario("a natural hour", HOUR, natural_hour(of), times=many),
    )


def around_midnight(of: Sizes, instant: datetime) -> Scenario:
    """Return the hour that begins then."""
    return Scenario("an hour around midnight", HOUR, natural_hour(of), skip_to=instant)


def around_months_end(of: Sizes, instant: datetime) -> Scenario:
    """Return the hour that begins then, in which the month's window goes back."""
    return Scenario("an hour around a month's end", HOUR, natural_hour(of), skip_to=instant)


def after_outage(of: Sizes) -> Scenario:
    """Return what an indexer finds that was away for days."""
    hours = OUTAGE // HOUR
    return Scenario("three days at once", OUTAGE, {name: hours * rows for name, rows in natural_hour(of).items()})


def scenarios(of: Sizes) -> Sequence[Scenario]:
    """Return what is measured, in order."""
    return (
        *a_day(of, few=3, many=5),
        around_midnight(of, MIDNIGHT),
        around_months_end(of, MIDNIGHT + timedelta(days=2)),
        after_outage(of),
    )


async def rewriting(connection: AsyncConnection[Any]) -> RunReport:
    """Run the old way once."""
    return await before(Session(connection))


async def compatible(connection: AsyncConnection[Any]) -> RunReport:
    """Run the compatible mode once."""
    return await Refresh().run(Session(connection))


async def incremental(connection: AsyncConnection[Any]) -> RunReport:
    """Run the jobs of the default mode until they are quiet."""
    tracks = await until_quiet(TRENDING_TRACKS.incremental, connection)
    return tracks.then(await until_quiet(TRENDING_PLAYLISTS.incremental, connection))


TRENDING = Trial(
    ways={
        "before": rewriting,
        "before_network_indexes": rewriting,
        "compatible": compatible,
        "compatible_network_indexes": compatible_without_lists,
        "incremental": incremental,
    },
    prepared={"before_network_indexes": exchange, "compatible_network_indexes": exchange},
    scenarios=scenarios,
    tables=(
        "track_trending_scores",
        "playlist_trending_scores",
        "backbeat.trending_track_counts",
        "backbeat.trending_users",
        "backbeat.trending_leaders",
        "aggregate_interval_plays",
        "trending_params",
    ),
)


def main() -> None:
    """Print the tables."""
    run_alone(
        TRENDING, "bench.trending_ways", "One trending run, three ways side by side, and two of them on other indexes."
    )


if __name__ == "__main__":
    main()
