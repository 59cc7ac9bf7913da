"""What operators do with jobs: look, pause, resume, run, check, rebuild."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from psycopg import AsyncConnection

from backbeat.errors import JobError
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.jobs import store
from backbeat.jobs.catalog import JOBS, catalog, find
from backbeat.jobs.job import Job
from backbeat.jobs.store import JobRun, Row
from backbeat.settings import JobsSettings

REBUILD_TRIES_MAX = 100

_EPOCH = datetime.fromtimestamp(0, UTC)
NEVER_RAN = Row(now=_EPOCH, name="", cadence_at=_EPOCH, next_run_at=_EPOCH)

State = Literal["fresh", "late", "paused", "waiting"]


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job as people see it. ``age_seconds``: since the start of the last success, None without one.

    ``late``: older than promised. ``waiting``: it never had a run, and the first is not late yet.
    """

    name: str
    group: str
    every_seconds: float
    freshness_seconds: float
    state: State
    running: bool
    failures: int
    age_seconds: float | None
    last_started_at: datetime | None
    last_seconds: float | None
    last_outcome: str
    last_rows: int | None
    next_run_at: datetime | None
    error: str
    cure: str


async def list_jobs(connection: AsyncConnection[Any], settings: JobsSettings | None = None) -> list[JobView]:
    """Return every job, also those that never ran."""
    chosen = settings or JobsSettings()
    rows = await store.look(connection, [job.name for job in JOBS])
    return [_view(job, rows.get(job.name), held=job.name in chosen.paused) for job in catalog(chosen)]


async def show(connection: AsyncConnection[Any], name: str, settings: JobsSettings | None = None) -> JobView:
    """Return one job. Raises JobError when there is none of that name, as does every function below."""
    wanted = find(name)
    [view] = [view for view in await list_jobs(connection, settings) if view.name == wanted.name]
    return view


async def history(connection: AsyncConnection[Any], name: str, limit: int = 20) -> list[JobRun]:
    """Return a job's newest runs, newest first; at most 200 are kept."""
    return await store.history(connection, find(name).name, limit)


async def pause(connection: AsyncConnection[Any], name: str) -> None:
    """Keep a job from starting; a run under way goes on. Survives restarts."""
    await store.register(connection, [find(name)])
    await store.set_paused(connection, name, paused=True)


async def resume(connection: AsyncConnection[Any], name: str) -> None:
    """Let a paused job start again."""
    await store.register(connection, [find(name)])
    await store.set_paused(connection, name, paused=False)


async def run_now(connection: AsyncConnection[Any], name: str) -> None:
    """Ask the runner for one run at its next look, paused or not; the cadence stays where it is."""
    await store.register(connection, [find(name)])
    await store.request_run(connection, name)


async def audit(connection: AsyncConnection[Any], name: str) -> AuditReport:
    """Compare a job's table with a full recompute. Raises JobError for a job that keeps no table."""
    job = find(name)
    if job.audit is None:
        raise _keeps_no_table(name)
    return await job.audit(connection)


async def rebuild(connection: AsyncConnection[Any], name: str) -> RunReport:
    """Recompute a job's table and write what differs; a run at the same time waits. JobError as in audit."""
    job = find(name)
    if job.rebuild is None:
        raise _keeps_no_table(name)
    for _ in range(REBUILD_TRIES_MAX):
        report = await job.rebuild(connection, None)
        if not report.more:
            return report
    raise JobError(
        "rebuild_disturbed",
        f"The job {name!r} kept running while its table was to be rebuilt.",
        cure=f"Pause it first: `backbeat jobs pause {name}`.",
    )


def _view(job: Job, row: Row | None, *, held: bool) -> JobView:
    if row is None:
        row = NEVER_RAN
    age_seconds = (row.now - row.succeeded_at).total_seconds() if row.succeeded_at else None
    return JobView(
        name=job.name,
        group=job.group,
        every_seconds=job.every_seconds,
        freshness_seconds=job.freshness_seconds,
        state="paused" if held or row.paused else _state(job, row, age_seconds),
        running=row.leased,
        failures=row.failures,
        age_seconds=age_seconds,
        last_started_at=row.started_at,
        last_seconds=row.seconds if row.outcome else None,
        last_outcome=row.outcome,
        last_rows=row.rows_written if row.outcome else None,
        next_run_at=row.next_run_at if row is not NEVER_RAN else None,
        error=row.error,
        cure=row.cure,
    )


def _state(job: Job, row: Row, age_seconds: float | None) -> State:
    if age_seconds is None:
        return "late" if row.failures else "waiting"
    return "late" if age_seconds > job.freshness_seconds else "fresh"


def _keeps_no_table(name: str) -> JobError:
    return JobError(
        "job_keeps_no_table",
        f"The job {name!r} derives no table of its own, so there is nothing to compare or rebuild.",
        cure=f"Run it instead: `backbeat jobs run {name}`.",
    )
