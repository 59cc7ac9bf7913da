"""What following the tip costs: ``backbeat up`` at today's rate, every job on, the page not open.

With ``--before`` two versions take turns at one simulated chain, each on a server and a database of its own. Processor
time, commits, WAL and buffers are those of ``--minutes`` at the tip; only then the server is asked to log statements,
and those of ``--count-blocks`` more blocks are counted. In the end both databases are brought to one height and their
rows compared.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.beside import add_options, ratio, write
from bench.home import SIMULATOR_FILE, Home, Tip, all_have_run, housed, stays_up
from bench.programs import AFTER, BEFORE, in_turn
from bench.quiet_log import quiet_log
from bench.same_tip import SameTip, compared
from bench.statements import Sent, sent
from bench.usage import Used, used

BLOCK_SECONDS = 1.0  # the simulator's own
OPENING_SECONDS = 15.0  # the last group of jobs opens 10 s after the start
SHARES_SHOWN = 40
WIDTH = 150


class Options(NamedTuple):
    """How much is measured."""

    minutes: float = 5.0
    rounds: int = 1
    count_blocks: int = 60
    tip: Tip = Tip(3.0)
    opening_seconds: float = OPENING_SECONDS


class Kind(msgspec.Struct, frozen=True):
    """A statement, how often it was sent a block."""

    lane: str
    name: str
    per_block: float


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one program came to."""

    program: str
    """Which."""
    used: Used
    """All rounds together."""
    blocks_counted: int
    """Blocks whose statements were counted."""
    statements_per_block: float
    """Statements of a block, those that begin and end transactions apart."""
    with_control_per_block: float
    """The same with those."""
    kinds: list[Kind]
    """Which they were, the most frequent first."""

    @property
    def program_percent(self) -> float:
        """The program's share of one processor."""
        return 100 * self.used.program_seconds / self.used.seconds

    @property
    def server_percent(self) -> float:
        """The server's share of one processor."""
        return 100 * self.used.server_seconds / self.used.seconds

    def per_block(self, value: float) -> float:
        """Return a sum's share for each block."""
        return value / max(1, self.used.blocks)


class Found(msgspec.Struct, frozen=True):
    """Both programs, or one, and whether their rows are the same."""

    txs_per_second: float
    costs: list[Cost]
    rows: SameTip | None


class Row(NamedTuple):
    """A line of the table, and what it is held to."""

    name: str
    value: Callable[[Cost], float]
    at_most: float | None = None


ROWS = (
    Row("program, % of a core", lambda cost: cost.program_percent, 3.0),
    Row("server, % of a core", lambda cost: cost.server_percent, 2.5),
    Row("program, processor seconds", lambda cost: cost.used.program_seconds),
    Row("server, processor seconds", lambda cost: cost.used.server_seconds),
    Row("statements a block", lambda cost: cost.statements_per_block, 40.0),
    Row("the same with BEGIN, COMMIT and the like", lambda cost: cost.with_control_per_block),
    Row("commits a block", lambda cost: cost.per_block(cost.used.commits)),
    Row("WAL, kB a block", lambda cost: cost.per_block(cost.used.wal_bytes / 1000)),
    Row("flushes of WAL a block", lambda cost: cost.per_block(cost.used.wal_flushes)),
    Row("page images a block", lambda cost: cost.per_block(cost.used.wal_page_images)),
    Row("buffers a block", lambda cost: cost.per_block(cost.used.buffers)),
)


def is_kept(found: Found) -> bool:
    """Say whether the newest program keeps what it is held to, and wrote what the other did."""
    kept = all(row.value(found.costs[-1]) <= row.at_most for row in ROWS if row.at_most is not None)
    return kept and not (found.rows and found.rows.differing)


async def measure(options: Options, chosen: argparse.Namespace) -> Found:
    """Let the programs take turns."""
    async with AsyncExitStack() as stack:
        homes = [
            await stack.enter_async_context(housed(program, chosen.data_dir, options.tip))
            for program in in_turn(chosen.before)
        ]
        costs = [Used() for _ in homes]
        counts = [Sent() for _ in homes]
        for number in range(options.rounds):
            for at, home in enumerate(homes):
                _same_chain(home, homes[0])
                spent, statements = await _turn(home, options, is_first=number == 0)
                costs[at], counts[at] = costs[at] + spent, counts[at] + statements
        rows = await compared(homes, options.tip) if len(homes) > 1 else None
    made = [_cost(home.program.name, *each) for home, each in zip(homes, zip(costs, counts, strict=True), strict=True)]
    return Found(options.tip.txs_per_second, made, rows)


def _same_chain(home: Home, first: Home) -> None:
    """Let the chain have begun when the first program began it."""
    theirs, ours = first.data_dir / SIMULATOR_FILE, home.data_dir / SIMULATOR_FILE
    if theirs.exists() and not ours.exists():
        ours.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(theirs, ours)


async def _turn(home: Home, options: Options, *, is_first: bool) -> tuple[Used, Sent]:
    async with home.up(options.tip) as process:
        if is_first:
            await all_have_run(home, process)
        await stays_up(process, options.opening_seconds)
        async with used(home, process) as spent:
            await stays_up(process, options.minutes * 60)
        async with sent(home) as statements:
            await stays_up(process, (options.count_blocks - 0.5) * BLOCK_SECONDS)
    await home.observer.execute("CHECKPOINT")  # nothing of it is left for the other's turn
    return spent, statements


def _cost(name: str, spent: Used, statements: Sent) -> Cost:
    return Cost(
        program=name,
        used=spent,
        blocks_counted=statements.blocks,
        statements_per_block=statements.per_block(control=False),
        with_control_per_block=statements.per_block(control=True),
        kinds=[
            Kind(lane, kind, count / max(1, statements.blocks))
            for (lane, kind), count in statements.counts.most_common()
        ],
    )


def show(found: Found, console: Console) -> None:
    """Print both beside each other: sums, the server's time by its processes, statements by name."""
    by_name = {cost.program: cost for cost in found.costs}
    before, after = by_name.get(BEFORE), by_name[AFTER]
    table = _table(f"At the tip, {found.txs_per_second:g} transactions/s", "goal")
    for row in ROWS:
        goal = "" if row.at_most is None else f"at most {row.at_most:g}"
        table.add_row(row.name, *_cells(row.value(before) if before else None, row.value(after)), goal)
    console.print(table)
    _show_shares("The server's processor seconds", _lanes(before) if before else None, _lanes(after), console)
    _show_shares("Statements a block", _kinds(before) if before else None, _kinds(after), console)
    for cost in found.costs:
        console.print(
            f"{cost.program}: {cost.used.seconds:.0f} s, {cost.used.blocks} blocks; others took "
            f"{cost.used.noise_percent:.0f} %; statements counted over {cost.blocks_counted} blocks",
            style="dim",
        )
    if found.rows:
        console.print(msgspec.json.format(msgspec.json.encode(found.rows)).decode(), style="dim", highlight=False)


def _show_shares(title: str, before: dict[str, float] | None, after: dict[str, float], console: Console) -> None:
    table = _table(title)
    most = {name: max(after.get(name, 0.0), (before or {}).get(name, 0.0)) for name in after | (before or {})}
    for name in sorted(most, key=lambda name: -most[name])[:SHARES_SHOWN]:
        table.add_row(name, *_cells(None if before is None else before.get(name, 0.0), after.get(name, 0.0)))
    console.print(table)


def _lanes(cost: Cost) -> dict[str, float]:
    return cost.used.lanes


def _kinds(cost: Cost) -> dict[str, float]:
    return {f"{kind.lane}: {kind.name}": kind.per_block for kind in cost.kinds}


def _table(title: str, *more: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    for heading in (BEFORE, AFTER, "ratio", *more):
        table.add_column(heading, justify="right")
    return table


def _cells(before: float | None, after: float) -> tuple[str, str, str]:
    return "" if before is None else f"{before:,.2f}", f"{after:,.2f}", ratio(before, after)


def main() -> int:
    """Measure; exit with 1 if a goal is missed, or rows differ, in a run that is not a smoke run."""
    parser = argparse.ArgumentParser(prog="python -m bench.tip_cost", description=__doc__)
    defaults = Options()
    parser.add_argument("--minutes", type=float, default=defaults.minutes, help="how long each turn is measured")
    parser.add_argument("--rounds", type=int, default=defaults.rounds, help="how many turns each program has")
    parser.add_argument("--count-blocks", type=int, default=defaults.count_blocks, help="blocks to count statements of")
    parser.add_argument("--rate", type=float, default=defaults.tip.txs_per_second, help="transactions per second")
    add_options(parser)
    chosen = parser.parse_args()
    quiet_log()
    options = Options(chosen.minutes, chosen.rounds, chosen.count_blocks, Tip(chosen.rate))
    if chosen.quick:
        options = Options(0.05, 1, 2, Tip(chosen.rate, backlog_blocks=5, stagger_seconds=0.02), opening_seconds=0.5)
    found = asyncio.run(measure(options, chosen))
    write(found, chosen)
    if not chosen.json:
        show(found, Console(width=WIDTH))
    return int(not (is_kept(found) or chosen.quick))


if __name__ == "__main__":
    sys.exit(main())
