"""From a committed block to the reward that it earned: ``backbeat up`` at the tip of a busy simulated chain.

Both instants are the server's own commit timestamps, of the transaction that wrote the block and of the one that wrote
the completed row, so nothing polls and nothing is guessed. A commit timestamp is taken just before the commit is
flushed to disk: on both sides what is seen is seen that flush later. Rows that were still missing at the end are made
by settling the jobs once more, so a row that got lost counts, with all the time that it was missing.

With ``--before`` two versions take turns at each rate, each on a server and a database of its own. With ``--busy``
another program keeps one core busy all the while.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.beside import add_options, ratio, write
from bench.home import Home, Tip, all_have_run, housed, stays_up
from bench.programs import AFTER, Program, in_turn
from bench.quiet_log import quiet_log
from bench.server import connect
from bench.settled import settle
from bench.usage import Used, used

HERE = Path(__file__).parent
HISTORY = (HERE / "tip_latency_history.sql").read_text()
LATENCIES = (HERE / "tip_latency.sql").read_text()
RATES = (50.0, 200.0)
BACKLOG_BLOCKS = 60
BUDGET_SECONDS = 0.15
BUSY_BUDGET_SECONDS = 0.3
GRACE = timedelta(seconds=3)  # what was earned just before the end had no time to be seen
WORST = 10
WIDTH = 130
SPINNER = (
    "import os\nos.sched_setaffinity(0, {max(os.sched_getaffinity(0))})\nwhile True:\n    pass"  # one core, no other
)


class Options(NamedTuple):
    """How much is measured, in what circumstances."""

    minutes: float = 5.0
    rounds: int = 1
    rates: Sequence[float] = RATES
    busy: bool = False
    quick: bool = False

    def tip(self, rate: float) -> Tip:
        """Return the chain of a rate."""
        return Tip(rate, 5, 0.02) if self.quick else Tip(rate, BACKLOG_BLOCKS)


class Reward(NamedTuple):
    """A completed row; ``happened_at`` is None where it is not known any more."""

    challenge_id: str
    specifier: str
    happened_at: datetime | None
    seen_at: datetime

    @property
    def seconds(self) -> float:
        """What it took."""
        assert self.happened_at is not None
        return (self.seen_at - self.happened_at).total_seconds()


class Latency(msgspec.Struct, frozen=True):
    """What rewards of one challenge took, in seconds."""

    challenge: str
    count: int
    p50: float
    p99: float
    max: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What all turns of one program at one rate came to."""

    program: str
    """Which program."""
    txs_per_second: float
    """The rate of the chain."""
    busy: bool
    """Whether another program kept one core busy."""
    used: Used
    """What the program and its server used."""
    untimed: dict[str, int]
    """Rewards by challenge that no event of known time earned."""
    backwards: int
    """Rewards that came before their supposed event: then the measurement is wrong."""
    all: Latency
    """Latencies of all rewards."""
    challenges: list[Latency]
    """Latencies by challenge."""
    worst: list[tuple[str, str, float, datetime]]
    """The slowest: challenge, specifier, seconds, when it was seen."""

    @property
    def is_kept(self) -> bool:
        """Whether the budget is."""
        budget = BUSY_BUDGET_SECONDS if self.busy else BUDGET_SECONDS
        return self.all.count > 0 and self.all.p99 <= budget and not self.backwards


class Turn(NamedTuple):
    """One turn: what was used, the rewards of known time, and of how many by challenge it is not known."""

    used: Used
    rewards: list[Reward]
    untimed: Counter[str]


async def measure(options: Options, chosen: argparse.Namespace) -> list[Result]:
    """Let the programs take turns, rate by rate, each turn on a fresh server."""
    results = []
    with _one_core_taken(wanted=options.busy) as spinner:
        for rate in options.rates:
            turns: defaultdict[str, list[Turn]] = defaultdict(list)
            for _ in range(options.rounds):
                for program in in_turn(chosen.before):
                    turns[program.name].append(await _turn(program, chosen.data_dir, options, rate, spinner))
            results += [_result(name, rate, options, each) for name, each in turns.items()]
    return results


async def _turn(program: Program, place: Path, options: Options, rate: float, spinner: int) -> Turn:
    """Run everything for the time asked, from when all jobs have run at the tip."""
    tip = options.tip(rate)
    async with housed(program, place, tip, {"track_commit_timestamp": "on"}) as home:
        async with await connect(home.postgres.url) as owner:
            await owner.execute(HISTORY.encode())
        async with home.up(tip) as process:
            await all_have_run(home, process)
            begun = await _now(home)
            async with used(home, process, spinner) as spent:
                await stays_up(process, options.minutes * 60)
            ended = await _now(home)
        await settle(home, tip)
        rows = await (await home.observer.execute(LATENCIES.encode())).fetchall()
    rewards = [Reward._make(row) for row in rows]
    timed = [it for it in rewards if it.happened_at is not None and begun <= it.happened_at < ended - GRACE]
    untimed = Counter(
        it.challenge_id for it in rewards if it.happened_at is None and begun <= it.seen_at < ended - GRACE
    )
    return Turn(spent, timed, untimed)


@contextmanager
def _one_core_taken(*, wanted: bool) -> Iterator[int]:
    """Keep one core busy until the context ends, if it is wanted; yield the process that does, 0 without one."""
    if not wanted:
        yield 0
        return
    spinning = subprocess.Popen([sys.executable, "-c", SPINNER])
    try:
        yield spinning.pid
    finally:
        spinning.kill()
        spinning.wait()


async def _now(home: Home) -> datetime:
    now: datetime = await home.one("SELECT clock_timestamp()")
    return now


def _result(program: str, rate: float, options: Options, turns: Sequence[Turn]) -> Result:
    rewards = [reward for turn in turns for reward in turn.rewards]
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for reward in rewards:
        seconds[reward.challenge_id].append(reward.seconds)
    worst = sorted(rewards, key=lambda reward: reward.seconds, reverse=True)[:WORST]
    return Result(
        program=program,
        txs_per_second=rate,
        busy=options.busy,
        used=sum((turn.used for turn in turns), start=Used()),
        untimed=dict(sum((turn.untimed for turn in turns), start=Counter())),
        backwards=sum(it.seconds < 0 for it in rewards),
        all=_latency("all", [reward.seconds for reward in rewards]),
        challenges=[_latency(challenge, each) for challenge, each in sorted(seconds.items())],
        worst=[(it.challenge_id, it.specifier, round(it.seconds, 3), it.seen_at) for it in worst],
    )


def _latency(challenge: str, seconds: list[float]) -> Latency:
    if not seconds:
        return Latency(challenge, 0, 0.0, 0.0, 0.0)
    ordered = sorted(seconds)
    p99 = ordered[-(-99 * len(ordered) // 100) - 1]  # the nearest rank: never less than 99 in 100 took
    return Latency(challenge, len(ordered), *(round(it, 3) for it in (statistics.median(ordered), p99, ordered[-1])))


def show(results: Sequence[Result], console: Console) -> None:
    """Print for each rate one table with all programs beside each other."""
    for rate in dict.fromkeys(result.txs_per_second for result in results):
        _show([result for result in results if result.txs_per_second == rate], console)


def _show(results: Sequence[Result], console: Console) -> None:
    last = results[-1]
    title = f"From a committed block to the reward: {last.txs_per_second:g} transactions/s"
    table = Table(title=title + ", one core busy" * last.busy, title_justify="left", title_style="bold")
    table.add_column("challenge")
    for result in results:
        for heading in ("rewards", "p50 s", "p99 s", "max s"):
            table.add_column(f"{result.program}\n{heading}", justify="right")
    table.add_column("ratio\nof p99", justify="right")
    rows = [{each.challenge: each for each in (*result.challenges, result.all)} for result in results]
    for name in (*sorted({name for each in rows for name in each} - {"all"}), "all"):
        found = [each.get(name, Latency(name, 0, 0.0, 0.0, 0.0)) for each in rows]
        cells = [
            cell for it in found for cell in (f"{it.count:,}", *(f"{each:.3f}" for each in (it.p50, it.p99, it.max)))
        ]
        table.add_row(name, *cells, ratio(found[0].p99, found[-1].p99) if len(found) > 1 else "")
    console.print(table)
    for result in results:
        _show_more(result, console)


def _show_more(result: Result, console: Console) -> None:
    spent = result.used
    console.print(
        f"{result.program}: {spent.seconds / 60:.1f} min, {spent.blocks} blocks; processor seconds: server "
        f"{spent.server_seconds:.1f}, program {spent.program_seconds:.1f}; others took {spent.noise_percent:.0f} %; "
        f"not timed: {_told(result.untimed)}; backwards: {result.backwards}",
        style="dim",
    )
    for challenge, specifier, seconds, at in result.worst:
        console.print(f"{seconds:8.3f} s  {challenge} {specifier}  {at:%H:%M:%S.%f}", style="dim", highlight=False)


def _told(untimed: dict[str, int]) -> str:
    return ", ".join(f"{count} {challenge}" for challenge, count in sorted(untimed.items())) or "none"


def main() -> int:
    """Measure; exit with 1 if this checkout's program misses the budget in a run that is not a smoke run."""
    parser = argparse.ArgumentParser(prog="python -m bench.tip_latency", description=__doc__)
    defaults = Options()
    parser.add_argument(
        "--minutes", type=float, default=defaults.minutes, help="each turn, once everything is at the tip"
    )
    parser.add_argument("--rounds", type=int, default=defaults.rounds, help="how many turns each program has at a rate")
    parser.add_argument("--rate", type=float, nargs="+", default=RATES, help="transactions per second")
    parser.add_argument("--busy", action="store_true", help="keep one core busy meanwhile")
    add_options(parser)
    chosen = parser.parse_args()
    quiet_log()
    options = Options(chosen.minutes, chosen.rounds, chosen.rate, chosen.busy)
    if chosen.quick:
        options = Options(0.12, 1, chosen.rate[-1:], chosen.busy, quick=True)
    results = asyncio.run(measure(options, chosen))
    write(results, chosen)
    if not chosen.json:
        show(results, Console(width=WIDTH))
    return int(not (chosen.quick or all(result.is_kept for result in results if result.program == AFTER)))


if __name__ == "__main__":
    sys.exit(main())
