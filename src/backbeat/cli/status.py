"""`backbeat status`: the state of everything, on one screen."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from backbeat.cli.connection import connect
from backbeat.cli.listing import Listing
from backbeat.cli.show import check_lines, is_wide, show, toned
from backbeat.cli.stopping import until_signalled
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.codes import JobState
from backbeat.errors import ArgumentError, BackbeatError, Exit
from backbeat.index.guard import WRITTEN_TABLES
from backbeat.jobs.operate import JobView
from backbeat.observe import figures, words
from backbeat.observe.headline import beginning
from backbeat.observe.logs import visible
from backbeat.observe.standstill import doing
from backbeat.observe.status import read_status
from backbeat.observe.told import alike, is_well, told, waiting_alike
from backbeat.observe.tree import ChangeLogStatus, Check, IndexerStatus, ProcessStatus, Status
from backbeat.service import until
from backbeat.settings_layers import Loaded

WATCH_SECONDS = 2.0  # as the page does
LINES_BESIDE_JOBS = 5  # a blank one, the heading and its rule, columns left out, jobs left out

JOB_TONES = {
    JobState.FRESH: "good",
    JobState.FAILING: "bad",
    JobState.LATE: "bad",
    JobState.PAUSED: "busy",
    JobState.WAITING: "busy",
    JobState.OFF: "busy",
}
RUNNING_SHOWN = 3  # of the jobs that are well and run, so many by name
REASONS_SHOWN = 3  # of what was refused, the most frequent

All = Annotated[bool, typer.Option("--all", help="Show every job by itself, and every reason, kind and process.")]
Watch = Annotated[bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")]


@verb
async def status(loaded: Loaded, everything: All = False, watch: Watch = False, as_json: Json = False) -> int:
    """Show height, lag, rates, jobs and checks. Exit status 0: healthy, 1: not, 69: nothing answers."""
    if watch:
        await _watch(loaded, as_json=as_json)
        return Exit.OK
    async with connect(loaded, start=False) as connection:
        found = await read_status(connection, SystemClock(), loaded.settings.jobs, tables=WRITTEN_TABLES)
    if as_json:
        print_json(found)
    else:
        show(*_parts(found, everything=everything or is_wide()))
    return Exit.OK if found.healthy else Exit.FAILURE


async def _watch(loaded: Loaded, *, as_json: bool) -> None:
    """Keep the status on the terminal until asked to end; an outage is shown and outlived."""
    if as_json or not sys.stdout.isatty():
        raise ArgumentError(
            "watch_needs_terminal",
            "The status is watched on a terminal, and there is none.",
            cure="Leave out --watch and ask again when you want to know: `backbeat status --json`.",
        )
    stop = until_signalled()
    clock = SystemClock()
    console = Console(highlight=False)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while not stop.is_set():
            try:
                async with connect(loaded, start=False) as connection:
                    while not stop.is_set():
                        found = await read_status(connection, clock, loaded.settings.jobs)
                        live.update(_watched(found, console), refresh=True)
                        await until(clock.sleep(WATCH_SECONDS), stop)
            except BackbeatError as error:
                said = f"{error.message}\ncure: {error.cure}"
                live.update(Text.assemble(("● ", "red"), visible(said)), refresh=True)
                await until(clock.sleep(WATCH_SECONDS), stop)


def _watched(status: Status, console: Console) -> RenderableType:
    """Return what matters first: what is wrong, jobs that are not well, and as many of the others as there is room."""
    parts: list[RenderableType] = [Text.assemble(toned("● ", status.tone), (visible(status.headline), "bold"))]
    if status.indexer is not None:
        parts.append(_indexer(status.indexer))
    parts += _checks(status, console)
    jobs = sorted(status.jobs, key=_by_trouble)
    rows = console.height - len(console.render_lines(Group(*parts))) - LINES_BESIDE_JOBS
    if rows > 0:
        parts += [Text(""), jobs_table(tuple(jobs[:rows]))]
    if left := jobs[max(rows, 0) :]:
        parts.append(Text(f"and {words.states(left)}: `backbeat jobs list`", style="dim"))
    return Group(*parts)


def _checks(status: Status, console: Console) -> list[RenderableType]:
    """Return the checks that half of the terminal has room for, the first in any case, and how many more there are."""
    lines: list[RenderableType] = []
    shown = told(status)
    for number, check in enumerate(shown):
        line = check_lines(_without_headline(check, status))
        if lines and len(console.render_lines(Group(*lines, line))) > console.height // 2:
            more = figures.plural(len(shown) - number, "more check")
            return [*lines, Text(f"and {more}: `backbeat status`", style="dim")]
        lines.append(line)
    return lines


def _without_headline(check: Check, status: Status) -> Check:
    """Return the check without words that stand in the headline already."""
    return msgspec.structs.replace(check, detail="as above.") if check.detail == f"{status.headline}." else check


def _by_trouble(job: JobView) -> tuple[int, bool, bool]:
    """Return what jobs are sorted by: those that fail or are late first, then those that run."""
    return (words.ORDER.index(job.state), not job.failures, not job.running)


def _parts(status: Status, *, everything: bool) -> list[RenderableType]:
    parts: list[RenderableType] = [Text.assemble(toned("● ", status.tone), (visible(status.headline), "bold"))]
    if status.indexer is not None:
        parts += [_indexer(status.indexer), Text("")]
    if not everything:
        return [*parts, *_jobs(status.jobs), *_in_short(status), *_rest(status)]
    if status.jobs:
        parts += [jobs_table(tuple(sorted(status.jobs, key=_by_trouble))), *_paused(status.jobs), Text("")]
    return [*parts, *_counts(status), *_rest(status)]


def _jobs(jobs: tuple[JobView, ...]) -> list[RenderableType]:
    """Return the jobs that are not well, then what the others come to."""
    parts: list[RenderableType] = []
    troubled = sorted((job for job in jobs if not is_well(job)), key=_by_trouble)
    if troubled:
        parts += [jobs_table(tuple(troubled)), *_paused(troubled), Text("")]
    in_note = {job.name for job in alike(jobs)}
    if in_note:
        parts.append(Text(visible(waiting_alike(jobs))))
    counts = Counter(job.state for job in jobs if is_well(job) and job.name not in in_note)
    running = [job.name for job in jobs if job.running and is_well(job)]
    if counts:
        how = ", ".join(
            f"{figures.plural(counts[state], 'job')} {words.state(state)}" for state in words.ORDER if counts[state]
        )
        runs = f"; {', '.join(running[:RUNNING_SHOWN])} running" if running else ""
        more = f" and {len(running) - RUNNING_SHOWN} more" if len(running) > RUNNING_SHOWN else ""
        parts.append(Text(visible(f"{how}{runs}{more}; --all shows them.")))
    elif in_note:
        parts.append(Text("--all shows them."))
    return parts


def _paused(jobs: Sequence[JobView]) -> list[RenderableType]:
    """Return how paused jobs go on, in a line; nothing where none is paused."""
    paused = [job.name for job in jobs if job.state == JobState.PAUSED]
    if not paused:
        return []
    name = paused[0] if len(paused) == 1 else "NAME"
    return [Text(visible(f"{figures.plural(len(paused), 'job')} paused; to go on: `backbeat jobs resume {name}`"))]


def _in_short(status: Status) -> list[RenderableType]:
    """Return what became of transactions in a line or two."""
    kinds = status.transactions
    if not kinds:
        return []
    sums = ((sum(getattr(kind, name) for kind in kinds), name) for name in ("applied", "rejected", "ignored"))
    lines = [f"Transactions: {', '.join(f'{figures.count(number)} {name}' for number, name in sums)}"]
    reasons = sorted((row for row in status.rejected if row.count), key=lambda row: -row.count)
    if reasons:
        most = ", ".join(f"{row.reason} {figures.count(row.count)}" for row in reasons[:REASONS_SHOWN])
        more = len(reasons) - REASONS_SHOWN
        others = f", and {figures.plural(more, 'other reason')}" if more > 0 else ""
        lines.append(f"Rejected for: {most}{others}")
    return [Text(visible(line)) for line in lines]


def _counts(status: Status) -> list[RenderableType]:
    """Return every kind of transaction and every reason."""
    parts: list[RenderableType] = []
    if status.transactions:
        rows = [
            (kind.name, figures.count(kind.applied), figures.count(kind.rejected), figures.count(kind.ignored))
            for kind in status.transactions
        ]
        headings = ("Transactions", "Applied", "Rejected", "Ignored")
        parts += [Listing(headings, rows, right=headings[1:]), Text("")]
    if status.rejected:
        reasons = [(row.reason, figures.count(row.count)) for row in status.rejected if row.count]
        parts += [Listing(("Rejected by reason", "Count"), reasons, right=("Count",)), Text("")]
    return parts


def _rest(status: Status) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if status.change_log.consumers:
        parts.append(_change_log(status.change_log))
    parts += [_process(each) for each in status.processes]
    database = status.database
    parts.append(
        Text(
            f"PostgreSQL {database.version}, {database.name}, {figures.size(database.size_bytes)}, "
            f"{database.connections} of {database.connections_max} connections",
            style="dim",
        )
    )
    parts += [check_lines(_without_headline(check, status)) for check in told(status)]
    return parts


def _indexer(indexer: IndexerStatus) -> Text:
    lag = "head unknown" if indexer.lag_blocks is None else f"{figures.span(indexer.lag_seconds)} behind"
    behind = f"block {figures.count(indexer.height)} of {figures.count(indexer.head_height)}, {lag}"
    figures_per_second = {
        "blocks/s": indexer.blocks_per_second,
        "transactions/s": indexer.transactions_per_second,
        "plays/s": indexer.plays_per_second,
    }
    waits = f", waits for {indexer.waits_for}" if indexer.waits_for else ""
    lines = (
        f"{indexer.source}, {indexer.chain_id or 'no chain yet'}{beginning(indexer)}, {doing(indexer)}{waits}",
        f"{behind}, last block {figures.span(indexer.block_age_seconds)} old",
        ", ".join(f"{figures.rate(value)} {unit}" for unit, value in figures_per_second.items()),
    )
    return Text("\n".join(f"  {visible(line)}" for line in lines))


def _process(process: ProcessStatus) -> Text:
    """Return who runs: its parts, what its block loop is doing, since when."""
    silent = f"no word for {figures.about(process.seen_seconds_ago)}"
    said = (words.phase(process.state) or "running") if process.is_there else silent
    who = f"Process {process.pid} on {process.host}: {', '.join(process.parts)}"
    return Text(visible(f"{who}; {said}; up {figures.about(process.up_seconds)}"), style="dim")


def _change_log(log: ChangeLogStatus) -> Text:
    last = log.consumers[0]
    behind = f"{last.name} is {figures.span(last.seconds)} behind, {figures.plural(last.keys, 'key')}"
    said = f"Change log {figures.size(log.size_bytes)}, {figures.plural(len(log.consumers), 'consumer')}; "
    return Text(visible(said + (behind if last.log_rows else "all have read everything")), style="dim")


def jobs_table(jobs: tuple[JobView, ...]) -> RenderableType:
    """Return the jobs as a table."""
    headings = ("Job", "State", "Age", "Target", "Every", "Took", "Rows", "Outcome")
    rows = [
        (
            job.name,
            toned(_doing(job), JOB_TONES[job.state]),
            figures.span(job.age_seconds),
            figures.cadence(job.freshness_seconds),
            figures.cadence(job.every_seconds),
            figures.span(job.last_seconds),
            figures.count(job.last_rows),
            _outcome(job),
        )
        for job in jobs
    ]
    right = ("Age", "Target", "Every", "Took", "Rows")
    return Listing(headings, rows, right=right, drop=("Rows", "Took", "Every", "Target"), cut=("Outcome",))


def _outcome(job: JobView) -> str:
    why = job.deferred_reason or job.error or job.waits_for
    return ": ".join(filter(None, (words.outcome(job.last_outcome), why)))


def _doing(job: JobView) -> str:
    return "running" if job.running else "gives way" if job.deferred_since else words.state(job.state)
