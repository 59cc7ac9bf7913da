"""How the block loop fared beside each way of life, as a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from bench.lag.machine import Load
from bench.lag.tickers import Tally
from bench.lag.watch import Figures, Lag


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One way: lags before the jobs began and beside them, and what else was seen beside them."""

    way: str
    """Its name."""
    pool_size: int | None
    """Connections of the shared pool; None without one."""
    lead: Sequence[Lag]
    """Lags before the jobs began."""
    busy: Sequence[Lag]
    """Lags beside them."""
    blocks_made: int
    """Blocks that the chain grew by."""
    blocks_written: int
    """Blocks that were committed of those."""
    waits_seconds: Mapping[str, Sequence[float]]
    """Waits for a connection, by kind of work."""
    load: Load
    """How busy the machine was."""
    tallies: Mapping[str, Tally]
    """What the jobs did, by kind of work."""

    @property
    def blocks(self) -> Figures:
        """Blocks behind."""
        return Figures.of([lag.blocks for lag in self.busy])

    @property
    def seconds(self) -> Figures:
        """Seconds behind."""
        return Figures.of([lag.seconds for lag in self.busy])

    def waits(self, lane: str) -> Figures:
        """Seconds that callers waited for a connection."""
        return Figures.of(self.waits_seconds[lane])

    def tally(self, name: str) -> Tally:
        """Return what a ticker did."""
        return self.tallies.get(name, Tally())


ROWS: Mapping[str, Callable[[Outcome], str]] = {
    "seconds behind, p50": lambda one: number(one.seconds.p50),
    "p99": lambda one: number(one.seconds.p99),
    "most": lambda one: number(one.seconds.most),
    "blocks behind, p50": lambda one: number(one.blocks.p50),
    "p99 ": lambda one: number(one.blocks.p99),
    "most ": lambda one: number(one.blocks.most),
    "blocks written, of those made": lambda one: f"{one.blocks_written} of {one.blocks_made}",
    "the block loop waits for a connection, p99, s": lambda one: number(one.waits("indexing").p99),
    "at most, s": lambda one: number(one.waits("indexing").most),
    "jobs wait for a connection, p99, s": lambda one: number(one.waits("jobs").p99),
    "at most, s ": lambda one: number(one.waits("jobs").most),
    "runs of trending, the longest, s": lambda one: runs(one.tally("trending")),
    "of scores, the longest, s": lambda one: runs(one.tally("scores")),
    "of challenges, the longest, s": lambda one: runs(one.tally("challenges")),
    "rows written by jobs": lambda one: f"{sum(tally.rows_written for tally in one.tallies.values()):,}",
    "WAL, MB": lambda one: number(one.load.wal_bytes / 2**20),
    "buffers, thousands": lambda one: number(one.load.buffers / 1_000),
    "processor time of ours, s": lambda one: number(one.load.client_seconds),
    "of the server's, s": lambda one: number(one.load.server_seconds),
    "processors busy, %": lambda one: number(100 * one.load.busy_share),
    "works that failed": lambda one: f"{sum(tally.failed for tally in one.tallies.values())}",
}


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines, a column for each way."""
    yield f"| | {' | '.join(one.way for one in outcomes)} |"
    yield f"|---|{'---|' * len(outcomes)}"
    for title, figure in ROWS.items():
        yield f"| {title.strip()} | {' | '.join(figure(one) for one in outcomes)} |"


def short(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines, a row for each way."""
    yield "| | connections | seconds behind, p99 | most | waits for a connection, p99, s | most | blocks written |"
    yield "|---|---|---|---|---|---|---|"
    for one in outcomes:
        waits = one.waits("indexing")
        figures = (one.seconds.p99, one.seconds.most, waits.p99, waits.most)
        pool = "its own" if one.pool_size is None else f"one pool of {one.pool_size}"
        written = f"{one.blocks_written} of {one.blocks_made}"
        yield f"| {one.way} | {pool} | {' | '.join(map(number, figures))} | {written} |"


def runs(tally: Tally) -> str:
    """Tell how many ended, and how long the longest took that began."""
    return f"{tally.ticks}, {number(tally.longest_seconds)}"


def number(value: float) -> str:
    """Return it in three digits at most."""
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.2f}"
