"""What operators do with jobs: look, pause, resume, run, check, rebuild."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.codes import FAILURES_MIN, JobState
from backbeat.errors import JobError
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs import readiness, record, store
from backbeat.jobs.catalog import everything, find
from backbeat.jobs.job import LEFT_TO_THEM, NO_FRONTIER, Job, left_to_them, without_frontier
from backbeat.jobs.record import JobRun, Totals
from backbeat.jobs.store import ScheduleRow
from backbeat.nearest import meant
from backbeat.settings import JobsSettings, Settings

REBUILD_TRIES_MAX = 100
GROUPS_NAMED_MAX = 8  # in a sentence

_EPOCH = datetime.fromtimestamp(0, UTC)
NEVER_RAN = ScheduleRow(now=_EPOCH, name="", cadence_at=_EPOCH, next_run_at=_EPOCH)


class Asked(msgspec.Struct, frozen=True):
    """Which jobs an operator means."""

    name: str | None = None
    group: str | None = None
    all_jobs: bool = False


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job as people see it."""

    name: str
    """The job."""
    group: str
    """Jobs of one group take turns."""
    weight: str
    """light or heavy."""
    every_seconds: float
    """Between starts."""
    freshness_seconds: float
    """How old the last success may be."""
    timeout_seconds: float
    """How long a run may take."""
    state: JobState
    """late: older than promised; failing: its last runs failed; waiting: it never had a run, and the first is not late
    yet, or no block is indexed yet; off: only `jobs run` starts it, if anything does."""
    off_reason: str
    """Why it is off; empty if it is not."""
    waits_for: str
    """What it waits for, before it may run at all; empty if nothing."""
    running: bool
    """Whether a worker runs it now."""
    failures: int
    """Failures in a row."""
    age_seconds: float | None
    """Since the start of the last success; None without one."""
    succeeded_at: datetime | None = None
    """When that was."""
    last_started_at: datetime | None
    """When the last run began."""
    last_seconds: float | None
    """How long it took."""
    last_outcome: str
    """How it ended."""
    last_rows: int | None
    """Rows that it changed."""
    next_run_at: datetime | None
    """When the next one is due."""
    error: str
    """Of the last run; empty if it succeeded."""
    cure: str
    """What to do about it."""
    deferred_since: datetime | None
    """Since when it gives way to the block loop; None while it does not."""
    deferred_seconds: float | None
    """For how long by now; None while it does not."""
    deferred_reason: str
    """Why it gives way."""
    totals: Totals
    """What all its runs did."""


async def list_jobs(connection: AsyncConnection[Any], settings: JobsSettings | None = None) -> list[JobView]:
    """Return every job, also those that never ran."""
    chosen = settings or JobsSettings()
    jobs = everything(Settings(jobs=chosen))
    names = [job.name for job in jobs]
    rows, totals = await store.look(connection, names), await record.totals(connection, names)
    unread = msgspec.structs.replace(
        NEVER_RAN,
        block_number=0 if await store.has_frontier(connection) else None,
        is_beside=await store.is_beside(connection),
    )
    return [_view(job, rows.get(job.name, unread), totals.get(job.name, Totals(job.name)), chosen) for job in jobs]


async def show(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> JobView:
    """Return one job. Raises JobError for an unknown name, as does every function below."""
    wanted = _named(name, settings)
    [view] = [view for view in await list_jobs(connection, settings) if view.name == wanted.name]
    return view


async def history(
    connection: AsyncConnection[Any], name: str, limit: int = 20, settings: JobsSettings | None = None
) -> list[JobRun]:
    """Return a job's newest runs, newest first; at most 200 are kept."""
    return await record.history(connection, _named(name, settings).name, limit)


async def pause(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> None:
    """Keep a job from starting; a run under way goes on. Survives restarts."""
    await store.register(connection, [_named(name, settings)])
    await store.set_paused(connection, name, paused=True)


async def resume(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> None:
    """Let a paused job start again."""
    await store.register(connection, [_named(name, settings)])
    await store.set_paused(connection, name, paused=False)


async def cancel(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> None:
    """Ask the run under way to end; its worker does within a third of its lease. JobError where none is."""
    job = _named(name, settings)
    if not await store.request_end(connection, job.name):
        raise JobError(
            "job_not_running",
            f"The job {job.name!r} does not run now.",
            cure="`backbeat jobs list` shows which do; `backbeat jobs pause NAME` keeps one from starting.",
        )


def named(asked: Asked, settings: Settings) -> list[str]:
    """Return the jobs that an operator means: one, those of a group, or all. JobError for what does not exist."""
    jobs = everything(settings)
    groups = sorted({job.group for job in jobs})
    if sum((asked.name is not None, asked.group is not None, asked.all_jobs)) != 1:
        raise JobError(
            "job_choice",
            "One job, one group or all jobs can be meant at a time.",
            cure=f"Give NAME, or --group GROUP, or --all. {_listed(groups)}",
        )
    if asked.name is not None:
        return [find(asked.name, settings).name]
    chosen = [job.name for job in jobs if asked.all_jobs or job.group == asked.group]
    if not chosen:
        cure = f"{meant(asked.group or '', groups)}{_listed(groups)}"
        raise JobError("job_group_unknown", f"There is no group of jobs {(asked.group or '')[:100]!r}.", cure=cure)
    return chosen


def _listed(groups: Sequence[str]) -> str:
    """Return a sentence with some groups, and where all of them stand."""
    more = len(groups) - GROUPS_NAMED_MAX
    rest = f", and {more} more: `backbeat jobs list --json`" if more > 0 else "."
    return f"The groups are {', '.join(groups[:GROUPS_NAMED_MAX])}{rest}"


async def run_now(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> None:
    """Ask the runner for one run at its next look, paused or not; the cadence stays where it is."""
    await store.register(connection, [_named(name, settings)])
    await store.request_run(connection, name)


async def audit(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> AuditReport:
    """Compare a job's table with a full recompute. Raises JobError for a job that keeps no table or has no audit."""
    job = _named(name, settings)
    if job.unaudited:
        raise JobError(
            "job_unaudited",
            f"The job {name!r} cannot be audited. {job.unaudited}",
            cure="`backbeat audit user_challenges` goes through all rewards; why a user has or has not earned one: "
            "`backbeat challenges explain USER CHALLENGE`.",
        )
    if job.audit is None:
        raise _keeps_no_table(name)
    return await job.audit(connection)


async def difference(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> AuditReport:
    """Tell what a rebuild would change now, and write nothing. JobError as in audit."""
    job = _named(name, settings)
    if job.difference is None:
        raise _keeps_no_table(name)
    return await job.difference(connection)


async def rebuild(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> RunReport:
    """Recompute a job's table and write what differs; a run at the same time waits. JobError as in audit."""
    job = _named(name, settings)
    if job.rebuild is None:
        raise _keeps_no_table(name)
    if job.awaits_blocks and not await store.has_frontier(connection):
        raise without_frontier(job)
    if job.writes_base and await store.is_beside(connection):
        raise left_to_them(job)
    for _ in range(REBUILD_TRIES_MAX):
        report = await job.rebuild(Session(connection))
        if not report.more:
            return report
    raise JobError(
        "rebuild_disturbed",
        f"The job {name!r} kept running while its table was to be rebuilt.",
        cure=f"Pause it first: `backbeat jobs pause {name}`.",
    )


def _named(name: str, settings: JobsSettings | None) -> Job:
    return find(name, Settings(jobs=settings) if settings else None)


def _view(job: Job, row: ScheduleRow, totals: Totals, settings: JobsSettings) -> JobView:
    # what was stamped by a clock that was ahead is as far from now as what is old
    age_seconds = abs((row.now - row.succeeded_at).total_seconds()) if row.succeeded_at else None
    state = _state(job, row, age_seconds, settings)
    deferred_since = row.deferred_since if state not in {JobState.PAUSED, JobState.OFF} and not row.leased else None
    return JobView(
        name=job.name,
        group=job.group,
        weight=str(job.weight),
        every_seconds=job.every_seconds,
        freshness_seconds=job.freshness_seconds,
        timeout_seconds=job.timeout_seconds,
        state=state,
        off_reason=_off_reason(job, settings),
        waits_for=_waits_for(job, row) if state == JobState.WAITING else "",
        running=row.leased,
        failures=row.failures,
        age_seconds=age_seconds,
        succeeded_at=row.succeeded_at,
        last_started_at=row.started_at,
        last_seconds=row.seconds if row.outcome else None,
        last_outcome=row.outcome,
        last_rows=row.rows_written if row.outcome else None,
        next_run_at=row.next_run_at if row.name else None,
        error=row.error,
        cure=row.cure,
        deferred_since=deferred_since,
        deferred_seconds=(row.now - deferred_since).total_seconds() if deferred_since else None,
        deferred_reason=row.deferred_reason if deferred_since else "",
        totals=totals,
    )


def _off_reason(job: Job, settings: JobsSettings) -> str:
    return "jobs.off names it." if job.name in settings.off else job.lacks


def _waits_for(job: Job, row: ScheduleRow) -> str:
    if readiness.is_left(job, row):
        return LEFT_TO_THEM
    return NO_FRONTIER if readiness.lacks_frontier(job, row) else ""


def _state(job: Job, row: ScheduleRow, age_seconds: float | None, settings: JobsSettings) -> JobState:
    if _off_reason(job, settings):
        return JobState.OFF
    if row.paused or job.name in settings.paused:
        return JobState.PAUSED
    if readiness.lacks_frontier(job, row) or readiness.is_left(job, row):
        return JobState.WAITING
    if age_seconds is not None and age_seconds > job.freshness_seconds:
        return JobState.LATE
    if row.failures >= FAILURES_MIN:
        return JobState.FAILING
    return JobState.WAITING if age_seconds is None else JobState.FRESH


def _keeps_no_table(name: str) -> JobError:
    return JobError(
        "job_keeps_no_table",
        f"The job {name!r} keeps no table that can be recomputed: there is nothing to compare or rebuild.",
        cure=f"Run it instead: `backbeat jobs run {name}`.",
    )
