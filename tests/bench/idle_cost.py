"""What a worker costs while nothing changes, over one hour: twenty jobs on the network's cadences, and every job.

``python -m bench.idle_cost``. With ``--before`` each version in turn runs :mod:`bench.idle_hour` with its own
interpreter and tests. Statements are called after the file of the program that they stand in.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.beside import add_options, ratio, write
from bench.idle_hour import HOUR_SECONDS, SCHEDULES, Hour
from bench.programs import BEFORE, Program, in_turn
from bench.statements import Names

SCRIPT = Path(__file__).with_name("idle_hour.py")
WIDTH = 130


class Options(NamedTuple):
    """How much is measured."""

    seconds: float = HOUR_SECONDS
    real_seconds: float = 60.0
    schedules: Sequence[str] = tuple(SCHEDULES)


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """One version's hour on one schedule."""

    program: str
    """Which version."""
    schedule: str
    """Which jobs."""
    statements: dict[str, int]
    """Statements by name, the most frequent first."""
    hour: Hour
    """All else."""

    @property
    def sent(self) -> int:
        """How many statements."""
        return sum(self.statements.values())


class Row(NamedTuple):
    """A line of the table."""

    name: str
    value: Callable[[Idle], float]


ROWS = (
    Row("runs", lambda idle: idle.hour.runs),
    Row("statements in all", lambda idle: idle.sent),
    Row("commits", lambda idle: idle.hour.commits),
    Row("WAL, kB", lambda idle: idle.hour.wal_bytes / 1000),
    Row("buffers", lambda idle: idle.hour.buffers),
    Row("processor seconds of the worker", lambda idle: idle.hour.client_seconds),
    Row("processor seconds of the server", lambda idle: idle.hour.server_seconds),
)


async def measure(options: Options, chosen: argparse.Namespace) -> list[Idle]:
    """Let the versions take turns, schedule by schedule."""
    return [
        await _idle(program, schedule, options, chosen.data_dir)
        for schedule in options.schedules
        for program in in_turn(chosen.before)
    ]


async def _idle(program: Program, schedule: str, options: Options, place: Path) -> Idle:
    arguments = ["--jobs", schedule, "--seconds", str(options.seconds), "--real-seconds", str(options.real_seconds)]
    hour = msgspec.json.decode(await program.answer(SCRIPT, *arguments, "--data-dir", str(place)), type=Hour)
    names = Names(program.source)
    statements: Counter[str] = Counter()
    for text, count in hour.statements.items():
        statements[names.of(text)] += count
    return Idle(program=program.name, schedule=schedule, statements=dict(statements.most_common()), hour=hour)


def show(found: Sequence[Idle], console: Console) -> None:
    """Print for each schedule what the versions cost beside each other."""
    for schedule in dict.fromkeys(idle.schedule for idle in found):
        of_it = {idle.program: idle for idle in found if idle.schedule == schedule}
        _show(schedule, of_it.pop(BEFORE, None), next(iter(of_it.values())), console)


def _show(schedule: str, before: Idle | None, after: Idle, console: Console) -> None:
    table = Table(title=f"An hour in which nothing changes: {schedule}", title_justify="left", title_style="bold")
    table.add_column("")
    for heading in (BEFORE, after.program, "ratio"):
        table.add_column(heading, justify="right")
    for row in ROWS:
        _add(table, row.name, row.value(before) if before else None, row.value(after))
    table.add_section()
    names = Counter(after.statements) | Counter(before.statements if before else {})
    for name, _ in names.most_common():
        _add(table, name, before.statements.get(name, 0) if before else None, after.statements.get(name, 0))
    console.print(table)


def _add(table: Table, name: str, before: float | None, after: float) -> None:
    table.add_row(name, "" if before is None else f"{before:,.0f}", f"{after:,.0f}", ratio(before, after))


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle_cost", description=__doc__)
    defaults = Options()
    parser.add_argument("--seconds", type=float, default=defaults.seconds, help="how long to simulate")
    parser.add_argument(
        "--real-seconds", type=float, default=defaults.real_seconds, help="how long to idle for the processor time"
    )
    parser.add_argument("--jobs", nargs="+", choices=SCHEDULES, default=defaults.schedules, help="which schedules")
    add_options(parser)
    chosen = parser.parse_args()
    options = Options(chosen.seconds, chosen.real_seconds, chosen.jobs)
    if chosen.quick:
        options = options._replace(seconds=30.0, real_seconds=1.0)
    found = asyncio.run(measure(options, chosen))
    write(found, chosen)
    if not chosen.json:
        show(found, Console(width=WIDTH))


if __name__ == "__main__":
    main()
