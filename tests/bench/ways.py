"""One job done in several ways: each has a copy of the same made-up database and lives through the same hours.

Autovacuum is off, so that it does not fall into one way's figures and not into another's; every run begins behind a
checkpoint, so every page that it touches first costs a whole page of WAL. The session has lived through a minute and
an hour before.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.incremental.report import AuditReport, RunReport
from bench.expense import Expense, Purse
from bench.quiet_log import quiet_log
from bench.synthetic.chain import Chain, natural_hour
from bench.synthetic.clock import connect_at, turn
from bench.synthetic.library import DEFAULT, Library, opened
from bench.synthetic.sizes import Sizes, sizes

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUIET_TICKS = 20
CYCLES = 3
SIZE = "SELECT sum(pg_total_relation_size(name::regclass))::bigint FROM unnest(%s::text[]) AS name"

Way = Callable[[AsyncConnection[Any]], Awaitable[RunReport]]
Audit = Callable[[AsyncConnection[Any]], Awaitable[AuditReport]]
Preparation = Callable[[AsyncConnection[Any]], Awaitable[None]]


class Scenario(msgspec.Struct, frozen=True):
    """What happens between two runs, so many ``times``; told are the median of the times taken, and the last run.

    ``skip_to``: first let time pass until then, and one run that is not measured.
    """

    name: str
    after: timedelta
    changes: Mapping[str, int]
    skip_to: datetime | None = None
    times: int = 1


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a run cost, and how many rows of scores it wrote."""

    scenario: str
    cost: Expense
    rows_written: int


FIGURES: Sequence[tuple[str, str, Callable[[Measured], float]]] = (
    ("time", "ms", lambda run: run.cost.ms),
    ("rows read", "thousands", lambda run: run.cost.rows_read / 1e3),
    ("WAL", "MB", lambda run: run.cost.wal_bytes / 2**20),
    ("rows written", "", lambda run: run.rows_written),
    ("temporary files", "MB", lambda run: run.cost.temp_bytes / 2**20),
    ("peak of private memory", "MB", lambda run: run.cost.memory_bytes / 2**20),
)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one way fared."""

    way: str
    """Its name."""
    work_mem: str
    """The setting of its session."""
    first: Expense
    """The run that fills its tables."""
    audit: AuditReport | None
    """What is wrong after all runs; None where it was not audited."""
    quiet_ms: float | None
    """The median of quiet runs; None for a way that cannot be quiet."""
    runs: list[Measured]
    """The measured runs."""
    size_bytes: int
    """The size of its tables and indexes."""
    grown_bytes: int
    """What the next runs added to them."""
    grown_runs: int
    """How many runs those were."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: the ways by name, what they go through, and the tables that they keep.

    ``prepared``: ways whose copy is made ready for them first. ``audits``: what a way's tables are held against.
    """

    ways: Mapping[str, Way]
    scenarios: Callable[[Sizes], Sequence[Scenario]]
    tables: Sequence[str]
    prepared: Mapping[str, Preparation] = {}
    audits: Mapping[str, Audit] = {}


class Life(NamedTuple):
    """A way on a database: the work, the chain that goes on, who writes it, who works, and what the work costs."""

    run: Way
    chain: Chain
    writer: AsyncConnection[Any]
    session: AsyncConnection[Any]
    purse: Purse

    async def go_on(self, after: timedelta, changes: Mapping[str, int]) -> None:
        """Let time pass and things happen, for the chain and for the session."""
        await self.chain.commit(after, changes)
        await turn(self.session, self.chain.at)

    async def measured(self, scenario: Scenario) -> Measured:
        """Let the scenario happen as often as it asks for; return the last run with the median of the times taken."""
        if scenario.skip_to is not None:
            await self.go_on(scenario.skip_to - self.chain.at, {})
            await self.run(self.session)
        runs = [await self._once(scenario) for _ in range(scenario.times)]
        ms = statistics.median(run.cost.ms for run in runs)
        return msgspec.structs.replace(runs[-1], cost=msgspec.structs.replace(runs[-1].cost, ms=ms))

    async def _once(self, scenario: Scenario) -> Measured:
        if scenario.changes:
            await self.go_on(scenario.after, scenario.changes)
        await self.writer.execute("CHECKPOINT")
        report, cost = await self.purse.spend(lambda: self.run(self.session))
        return Measured(scenario=scenario.name, cost=cost, rows_written=report.rows_written)


async def measure(url: str, trial: Trial, way: str, of: Sizes) -> Outcome:
    """Let one way live on the database at rest at ``url``, which is used up."""
    run = trial.ways[way]
    async with await connect_at(url) as writer, await connect_at(url) as session:
        chain = await Chain.on(writer)
        if way in trial.prepared:
            await trial.prepared[way](writer)
        purse = await Purse.of(session, url)
        life = Life(run, chain, writer, session, purse)
        try:
            _, first = await purse.spend(lambda: run(session))  # views are filled
            await life.go_on(MINUTE, _minute(of))
            await run(session)  # a session that works every minute has what the server keeps for it
            await writer.execute("VACUUM (ANALYZE)")
            await life.go_on(HOUR, natural_hour(of))
            await run(session)  # and a server that does has the pages that it needs
            size = await size_of(writer, trial)
            asked = trial.scenarios(of)
            runs = [await life.measured(scenario) for scenario in asked[:CYCLES]]
            grown = await size_of(writer, trial) - size
            runs += [await life.measured(scenario) for scenario in asked[CYCLES:]]
            quiet = await _quiet(run, session) if way == "incremental" else None
            audit = await trial.audits[way](session) if way in trial.audits else None
        finally:
            await purse.close()
        work_mem = await _only(session, "SHOW work_mem")
    return Outcome(
        way=way,
        work_mem=work_mem,
        first=first,
        quiet_ms=quiet,
        runs=runs,
        size_bytes=size,
        grown_bytes=grown,
        grown_runs=sum(scenario.times for scenario in asked[:CYCLES]),
        audit=audit,
    )


def _minute(of: Sizes) -> dict[str, int]:
    return {name: max(1, rows // 60) for name, rows in natural_hour(of).items()}


async def _quiet(run: Way, session: AsyncConnection[Any]) -> float:
    """Return the median of runs that find nothing, in milliseconds."""
    times: list[float] = []
    for _ in range(QUIET_TICKS):
        began = time.perf_counter()
        report = await run(session)
        times.append(1e3 * (time.perf_counter() - began))
        if not report.is_quiet:
            raise RuntimeError(f"not quiet: {report}")
    return statistics.median(times)


async def size_of(connection: AsyncConnection[Any], trial: Trial) -> int:
    """Return how many bytes the ways' tables and their indexes have."""
    return int(await _only(connection, SIZE, list(trial.tables)))


async def _only(connection: AsyncConnection[Any], query: str, *values: Any) -> Any:
    row = await (await connection.execute(query.encode(), values or None)).fetchone()
    assert row is not None
    return row[0]


def tables(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of the tables."""
    names = [outcome.way for outcome in outcomes]
    happened = list(zip(*(outcome.runs for outcome in outcomes), strict=True))
    for title, unit, figure in FIGURES:
        rows = ((runs[0].scenario, [number(figure(run)) for run in runs]) for runs in happened)
        yield from table(f"{title}{', ' * bool(unit)}{unit}", names, rows)
        yield ""
    summaries = ((title, [summary(one) for one in outcomes]) for title, summary in SUMMARIES)
    yield from table("", names, ((title, cells) for title, cells in summaries if any(cells)))


def table(corner: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield the lines of one table; columns are named as ways are."""
    yield f"| {' | '.join((corner, *(column.replace('_', ' ') for column in columns)))} |"
    yield f"|---|{'---|' * len(columns)}"
    for name, cells in rows:
        yield f"| {' | '.join((name, *cells))} |"


def number(value: float) -> str:
    """Return a figure with as many digits as it deserves."""
    return f"{value:,.0f}" if value >= 10 else f"{value:,.2f}".rstrip("0").rstrip(".")


SUMMARIES: Sequence[tuple[str, Callable[[Outcome], str]]] = (
    ("tables and indexes, MB", lambda one: number(one.size_bytes / 2**20)),
    ("grown by, MB", lambda one: f"{number(one.grown_bytes / 2**20)} in {one.grown_runs} runs"),
    ("a quiet run, median, ms", lambda one: "" if one.quiet_ms is None else number(one.quiet_ms)),
    ("the first run, s", lambda one: number(one.first.ms / 1e3)),
    ("its rows read, thousands", lambda one: number(one.first.rows_read / 1e3)),
    ("its peak of private memory, MB", lambda one: number(one.first.memory_bytes / 2**20)),
    ("its temporary files, MB", lambda one: number(one.first.temp_bytes / 2**20)),
    ("work_mem", lambda one: one.work_mem),
    ("rows audited at the end", lambda one: "" if one.audit is None else number(one.audit.compared)),
    ("of these missing, extra", lambda one: "" if one.audit is None else f"{one.audit.missing}, {one.audit.extra}"),
)


async def measure_all(library: Library, trial: Trial, ways: Sequence[str], of: Sizes) -> list[Outcome]:
    """Measure each way on a copy of its own."""
    outcomes = []
    for way in ways:
        sys.stderr.write(f"  {way}\n")
        async with library.copy() as url:
            outcomes.append(await measure(url, trial, way, of))
    return outcomes


async def _alone(trial: Trial, place: Path, scale: float, ways: Sequence[str]) -> list[Outcome]:
    async with opened(place, scale, {"autovacuum": "off"}) as library:
        return await measure_all(library, trial, ways, sizes(scale))


def run_alone(trial: Trial, program: str, description: str) -> None:
    """Be the program that prints the tables."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    parser.add_argument("--ways", nargs="+", choices=trial.ways, default=list(trial.ways))
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    outcomes = asyncio.run(_alone(trial, options.data, options.scale, options.ways))
    sys.stdout.write("\n".join((*tables(outcomes), "")))
