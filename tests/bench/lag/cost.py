"""What each way costs a second: works that come often as they ran, the others by their share.

A work whose interval is longer than a run would come once in it or not at all. So it is left out of the run, measured
by itself, and counted as often as it comes.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bench.lag.machine import Load
from bench.lag.table import number
from bench.lag.tickers import Ticker
from bench.lag.ways import BLOCK_SECONDS, HOUR_SECONDS, POOL_OF_THE_FIX, Way, the_fix

MINUTE, TEN_MINUTES = 60.0, 600.0
FOLLOW_SECONDS = (0.0, 5.0, 60.0)


class Ages(msgspec.Struct, frozen=True):
    """How old at most, in seconds, what is kept is by cadence: rewards of the first group, and lists of trending."""

    rewards: float
    lists: float


class Costed(msgspec.Struct, frozen=True):
    """A way, how fresh it keeps what it keeps, and what a second of it takes of each."""

    name: str
    """The way's."""
    is_ours: bool
    """Whether it is the program's own runner."""
    ages: Ages
    """How fresh."""
    processors: float
    """Processor seconds, ours and the server's."""
    wal_bytes: float
    """Write-ahead log."""
    buffers: float
    """Pages looked at."""
    lag_seconds: float
    """Seconds that the block loop was behind, the ninety-ninth of a hundred looks."""


def costed_ways() -> Sequence[tuple[Way, Ages]]:
    """Return the ways, each with how fresh it is: no jobs, the fix at four settings, ours at three."""
    alone = Way(name="no jobs", tickers=())
    fixes = [
        (Way(name=f"the fix, {name}", tickers=fix, pool_size=POOL_OF_THE_FIX), _ages(fix))
        for name, fix in (
            ("an hour", the_fix(trending_seconds=HOUR_SECONDS)),
            ("ten minutes", the_fix(trending_seconds=TEN_MINUTES)),
            ("a minute", the_fix(trending_seconds=MINUTE, challenges_seconds_max=MINUTE)),
            ("a minute, rewards a block", the_fix(trending_seconds=MINUTE, challenges_seconds_max=BLOCK_SECONDS)),
        )
    ]
    ours = [
        (
            Way(name=f"ours, {seconds:g} s" if seconds else "ours", tickers=None, follow_seconds=seconds),
            Ages(seconds or BLOCK_SECONDS, MINUTE),
        )
        for seconds in FOLLOW_SECONDS
    ]
    return [(alone, Ages(0.0, 0.0)), *fixes, *ours]


def _ages(tickers: Sequence[Ticker]) -> Ages:
    by_name = {
        name: min(each.every_seconds for each in tickers if each.name == name) for name in ("challenges", "trending")
    }
    return Ages(by_name["challenges"], by_name["trending"])


def parted(way: Way, seconds: float) -> tuple[Way, Sequence[Ticker]]:
    """Return the way without works that come less than once in a run of so many seconds, and those."""
    if way.tickers is None:
        return way, ()
    often = [each for each in way.tickers if each.every_seconds <= seconds]
    seldom = [each for each in way.tickers if each.every_seconds > seconds]
    return msgspec.structs.replace(way, tickers=often), seldom


def costed(way: Way, ages: Ages, lag_seconds: float, run: Load, single: Sequence[tuple[Ticker, Load]]) -> Costed:
    """Add up what a run took each second and what single works take, each by its interval."""
    shares = [(run, run.wall_seconds), *((load, ticker.every_seconds) for ticker, load in single)]
    return Costed(
        name=way.name,
        is_ours=way.tickers is None,
        ages=ages,
        processors=sum((load.client_seconds + load.server_seconds) / seconds for load, seconds in shares),
        wal_bytes=sum(load.wal_bytes / seconds for load, seconds in shares),
        buffers=sum(load.buffers / seconds for load, seconds in shares),
        lag_seconds=lag_seconds,
    )


def cost_table(costs: Sequence[Costed]) -> Iterator[str]:
    """Yield the lines, a row for each way."""
    headings = ("", "rewards, s", "lists, s", "% of a core", "WAL, MB a minute", "buffers a second", "behind, p99, s")
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for one in costs:
        figures = (
            one.ages.rewards,
            one.ages.lists,
            100 * one.processors,
            60 * one.wal_bytes / 2**20,
            one.buffers,
            one.lag_seconds,
        )
        yield f"| {one.name} | {' | '.join(map(number, figures))} |"
