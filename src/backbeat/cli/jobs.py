"""`backbeat jobs`: look at the jobs, and act on them."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import RenderableType
from rich.text import Text

from backbeat.cli import names
from backbeat.cli.connection import connect, database_url, own_lanes, session_of
from backbeat.cli.groups import Group
from backbeat.cli.listing import Cell, Listing
from backbeat.cli.passes import pass_over, rebuilding
from backbeat.cli.show import show, table
from backbeat.cli.status import jobs_table
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.cli.worker import work
from backbeat.clock import SystemClock
from backbeat.codes import RunOutcome
from backbeat.errors import Exit, JobError
from backbeat.incremental.change_log import consumer_lags, drop_consumer
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.jobs import operate
from backbeat.jobs.catalog import everything, find
from backbeat.jobs.claimed import RENEWALS_PER_LEASE
from backbeat.jobs.job import Job
from backbeat.jobs.operate import Asked, JobView
from backbeat.jobs.record import JobRun, Totals
from backbeat.jobs.runner import Runner
from backbeat.jobs.schedule_table import schedule_table
from backbeat.jobs.store import RUNS_KEPT
from backbeat.nearest import meant
from backbeat.observe import figures, words
from backbeat.settings_layers import Loaded

app = typer.Typer(cls=Group, help="Look at the jobs, and act on them.", no_args_is_help=True)

RUN_HEADINGS = (
    "Run",
    "Started",
    "Outcome",
    "Ticks",
    "Waited",
    "Took",
    "Keys",
    "Read",
    "Inserted",
    "Updated",
    "Deleted",
    "Blocks hit",
    "Blocks read",
    "WAL",
    "Error",
)

RUN_DROPS = ("Blocks read", "Blocks hit", "WAL", "Read", "Ticks", "Waited", "Keys", "Deleted", "Inserted", "Updated")

JOB_NAMES = names.completed(names.jobs)
Name = Annotated[str, typer.Argument(help="The job.", show_default=False, autocompletion=JOB_NAMES)]
Optional = Annotated[
    str | None,
    typer.Argument(help="The job; without it, serve the schedule.", show_default=False, autocompletion=JOB_NAMES),
]
Markdown = Annotated[
    bool, typer.Option("--markdown", help="Print the schedule beside the network's, as Markdown; asks no database.")
]
ACTIONS = {"pause": operate.pause, "resume": operate.resume}

Named = Annotated[str | None, typer.Argument(help="The job.", show_default=False, autocompletion=JOB_NAMES)]
OfGroup = Annotated[
    str | None,
    typer.Option(
        "--group",
        help="All jobs of this group; `jobs show` names a job's.",
        autocompletion=names.completed(names.job_groups),
    ),
]
All = Annotated[bool, typer.Option("--all", help="All jobs.")]
Limit = Annotated[int, typer.Option(min=1, max=RUNS_KEPT, help="How many at most.")]


class Which(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are meant: one, a group or all."""

    name: Named = None
    """One job."""
    group: OfGroup = None
    """Those of a group."""
    all_jobs: All = False
    """All."""


@verb
async def list_jobs(loaded: Loaded, markdown: Markdown = False, as_json: Json = False) -> None:
    """List the jobs: state, freshness, last run."""
    if markdown:
        table_of_all = schedule_table(everything(loaded.settings), loaded.settings.jobs.off)
        if as_json:
            print_json({"markdown": table_of_all})
        else:
            sys.stdout.write(table_of_all)
        return
    async with connect(loaded, start=True) as connection:
        found = tuple(await operate.list_jobs(connection, loaded.settings.jobs))
    if as_json:
        print_json(found)
    else:
        show(jobs_table(found))


@verb
async def show_job(loaded: Loaded, name: Name, as_json: Json = False) -> None:
    """Show everything about one job."""
    async with connect(loaded, start=True) as connection:
        found = await operate.show(connection, name, loaded.settings.jobs)
    if as_json:
        print_json(found)
        return
    show(table((found.name, ""), [*_state_rows(found), *_last_run_rows(found), *_total_rows(found.totals)]))


@verb
async def history(loaded: Loaded, name: Name, limit: Limit = 20, as_json: Json = False) -> None:
    """Show a job's newest runs; quiet runs in a row share a line."""
    async with connect(loaded, start=True) as connection:
        found = await operate.history(connection, name, limit, loaded.settings.jobs)
    if as_json:
        print_json(found)
    elif found:
        right = (RUN_HEADINGS[0], *RUN_HEADINGS[3:-1])
        show(Listing(RUN_HEADINGS, [_run_row(run) for run in found], right=right, drop=RUN_DROPS, cut=("Error",)))
    else:
        show(f"{name} never ran.")


@verb
async def run(loaded: Loaded, name: Optional = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Run a job here and now until nothing is left to do, paused or not; without a name, whatever is due, for ever."""
    if name is None:
        await work(loaded, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        await _estimate(loaded, name, "run", as_json=as_json)
        return
    settings = loaded.settings
    _check_settings(find(name, settings))
    async with own_lanes(loaded) as lanes:
        report = await Runner(lanes, everything(settings), settings.jobs, SystemClock()).run_once(name)
    _show_run(report, as_json=as_json)


@verb
async def pause(loaded: Loaded, which: Which = Which(), dry_run: DryRun = False, as_json: Json = False) -> None:
    """Keep a job, a group or all jobs from starting until they are resumed; survives restarts."""
    await _act(loaded, Asked(which.name, which.group, which.all_jobs), "pause", dry_run=dry_run, as_json=as_json)


@verb
async def resume(loaded: Loaded, which: Which = Which(), dry_run: DryRun = False, as_json: Json = False) -> None:
    """Let a paused job, a group or all jobs start again."""
    await _act(loaded, Asked(which.name, which.group, which.all_jobs), "resume", dry_run=dry_run, as_json=as_json)


@verb
async def cancel(loaded: Loaded, name: Name, dry_run: DryRun = False, as_json: Json = False) -> None:
    """End a job's run that is under way; what it committed stays, and its schedule as well."""
    if dry_run:
        await _estimate(loaded, name, "cancel", as_json=as_json)
        return
    async with connect(loaded, start=True) as connection:
        await operate.cancel(connection, name, loaded.settings.jobs)
    seconds = loaded.settings.jobs.lease_seconds / RENEWALS_PER_LEASE
    if as_json:
        print_json({"job": name, "asked": "cancel", "within_seconds": seconds})
    else:
        show(f"{name} is asked to end; its worker sees that within {seconds:g} s.")


@verb
async def audit(loaded: Loaded, name: Name, as_json: Json = False) -> int:
    """Compare a job's table with a full recompute. Exit status 1 when they differ, 3 when nothing was compared."""
    async with (
        connect(loaded, start=True) as connection,
        pass_over(connection, name, loaded, does="Comparing", as_json=as_json),
    ):
        report = await operate.audit(connection, name, loaded.settings.jobs)
    if as_json:
        print_json(report)
    else:
        show(*_audit_lines(report))
    if not report.is_clean:
        return Exit.FAILURE
    return Exit.OK if report.compared else Exit.UNVERIFIED


@verb
async def rebuild(loaded: Loaded, name: Name, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Recompute a job's table and write what differs; with --dry-run, only say what differs."""
    async with database_url(loaded, start=True) as url, session_of(loaded, url) as connection:
        if not dry_run:
            async with rebuilding(connection, url, name, loaded, as_json=as_json):
                done = await operate.rebuild(connection, name, loaded.settings.jobs)
            _show_run(done, as_json=as_json)
            return
        async with pass_over(connection, name, loaded, does="Comparing", as_json=as_json):
            report = await operate.difference(connection, name, loaded.settings.jobs)
    if as_json:
        print_json({"dry_run": True, "difference": report})
    else:
        show(*_difference_lines(report))


@verb
async def forget(
    loaded: Loaded,
    consumer: Annotated[str, typer.Argument(help="A consumer of the change log.", show_default=False)],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Forget a consumer of the change log that never comes back; if it does, it begins with a rebuild."""
    async with connect(loaded, start=True) as connection:
        known = [lag.name for lag in await consumer_lags(connection)]
        if consumer not in known:
            raise JobError(
                "consumer_unknown",
                f"The change log has no consumer {consumer!r}.",
                cure=f"{meant(consumer, known)}The consumers are {', '.join(known) or '(none)'}.",
            )
        if not dry_run:
            await drop_consumer(connection, consumer)
    if as_json:
        print_json({"dry_run": dry_run, "consumer": consumer, "action": "forget"})
    else:
        show(f"Would forget {consumer}." if dry_run else f"{consumer} is forgotten.")


for command_name, command in (
    ("list", list_jobs),
    ("show", show_job),
    ("history", history),
    ("run", run),
    ("pause", pause),
    ("resume", resume),
    ("cancel", cancel),
    ("audit", audit),
    ("rebuild", rebuild),
    ("forget", forget),
):
    app.command(command_name)(command)


async def _act(loaded: Loaded, asked: Asked, action: str, *, dry_run: bool, as_json: bool) -> None:
    """Pause or resume what is meant; of several jobs all or none."""
    chosen = operate.named(asked, loaded.settings)
    if dry_run and asked.name is not None:
        await _estimate(loaded, asked.name, action, as_json=as_json)
        return
    if not dry_run:
        async with connect(loaded, start=True) as connection, connection.transaction():
            for name in chosen:
                await ACTIONS[action](connection, name, loaded.settings.jobs)
    if asked.name is not None:
        _show_done(asked.name, f"{action}d", as_json=as_json)
    elif as_json:
        print_json({"dry_run": dry_run, "jobs": chosen, "action": action})
    else:
        show(f"{'Would ' + action if dry_run else action.capitalize() + 'd'} {figures.plural(len(chosen), 'job')}:")
        show(*(f"  {name}" for name in chosen))
        if action == "pause" and not dry_run:
            which = "--all" if asked.all_jobs else f"--group {asked.group}"
            show(f"To go on: `backbeat jobs resume {which}`")


async def _estimate(loaded: Loaded, name: str, action: str, *, as_json: bool) -> None:
    async with connect(loaded, start=True) as connection:
        found = await operate.show(connection, name, loaded.settings.jobs)
    if as_json:
        print_json({"dry_run": True, "job": name, "action": action, "state": found.state})
    else:
        show(f"Would {action} {name}, which is {words.state(found.state)}.")


def _show_done(name: str, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"job": name, "done": done})
    else:
        show(f"{name} is {done}.{f' To go on: `backbeat jobs resume {name}`' if done == 'paused' else ''}")


def _show_run(report: RunReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    show(
        f"{report.name}: {figures.plural(report.keys, 'key')} recomputed, "
        f"{figures.plural(report.rows_read, 'row')} read, "
        f"{figures.count(report.inserted)} inserted, {figures.count(report.updated)} updated, "
        f"{figures.count(report.deleted)} deleted."
    )


def _audit_lines(report: AuditReport) -> list[RenderableType]:
    if report.stale:
        return [Text(f"{report.name}: its definition changed; the next run rebuilds it, so nothing was compared.")]
    compared = figures.plural(report.compared, "row")
    pending = f", {figures.plural(report.pending, 'key')} left out with changes not seen yet" if report.pending else ""
    if report.is_clean and not report.compared:
        return [Text(f"{report.name}: nothing compared{pending}.")]
    if report.is_clean:
        return [Text(f"{report.name}: clean, {compared} compared{pending}.")]
    told = f"{figures.count(report.missing)} missing, {figures.count(report.extra)} extra of {compared}{pending}."
    samples = [Text(f"  {side}: {row}") for side, rows in report.samples.items() for row in rows]
    return [Text(f"{report.name}: {told}"), *samples, Text(f"cure: `backbeat jobs rebuild {report.name}`")]


def _difference_lines(report: AuditReport) -> list[RenderableType]:
    told = f"{figures.count(report.missing)} rows would be written, {figures.count(report.extra)} replaced or deleted"
    samples = [Text(f"  {side}: {row}") for side, rows in report.samples.items() for row in rows]
    pending = "What waits for the next run is among them" if report.missing or report.extra else ""
    audit = f"{pending}: `backbeat jobs audit {report.name}` leaves it out." if pending else ""
    lines = [Text(f"{report.name}: {told}, of {figures.plural(report.compared, 'row')}."), *samples]
    return [*lines, Text(audit)] if audit else list(lines)


def _state_rows(job: JobView) -> list[tuple[str, str]]:
    deferred = f"for {figures.span(job.deferred_seconds)}: {job.deferred_reason}" if job.deferred_since else None
    return [
        ("state", f"{words.state(job.state)}{', running' if job.running else ''}{_because(job)}"),
        ("group", job.group),
        ("weight", job.weight),
        ("every", figures.cadence(job.every_seconds)),
        ("timeout", figures.cadence(job.timeout_seconds)),
        ("age", f"{figures.span(job.age_seconds)} of {figures.cadence(job.freshness_seconds)}"),
        ("gives way", deferred or figures.NOTHING),
        ("next start", figures.moment(job.next_run_at)),
    ]


def _check_settings(job: Job) -> None:
    if job.lacks:
        raise JobError(
            "job_lacks_setting",
            f"The job {job.name!r} cannot run: {job.lacks}",
            cure="Set that, and run it again; `backbeat settings` shows what is set.",
        )


def _because(job: JobView) -> str:
    return f": {why}" if (why := job.off_reason or job.waits_for) else ""


def _last_run_rows(job: JobView) -> list[tuple[str, str]]:
    return [
        ("last start", figures.moment(job.last_started_at)),
        ("took", figures.span(job.last_seconds)),
        ("outcome", words.outcome(job.last_outcome) or figures.NOTHING),
        ("rows", figures.count(job.last_rows)),
        ("failures in a row", str(job.failures)),
        ("error", job.error or figures.NOTHING),
        ("cure", job.cure or figures.NOTHING),
    ]


def _total_rows(totals: Totals) -> list[tuple[str, str]]:
    runs = {words.outcome(code): getattr(totals, code) for code in RunOutcome}
    return [
        ("runs so far", ", ".join(f"{figures.count(number)} {name}" for name, number in runs.items())),
        ("time so far", figures.span(totals.seconds)),
        ("rows written so far", figures.count(totals.rows_written)),
        ("WAL so far", figures.size(totals.wal_bytes)),
        ("gave way so far", figures.span(totals.deferred_seconds)),
    ]


def _run_row(run: JobRun) -> tuple[Cell, ...]:
    numbers = (run.keys, run.rows_read, run.inserted, run.updated, run.deleted, run.blocks_hit, run.blocks_read)
    return (
        str(run.run),
        run.started_at,
        words.outcome(run.outcome),
        figures.count(run.ticks),
        figures.span(run.waited_seconds),
        figures.span(run.seconds),
        *(figures.count(number) for number in numbers),
        figures.size(run.wal_bytes),
        run.error,
    )
