"""The jobs as the status shows them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.codes import FAILURES_MIN, JobState, Part
from backbeat.jobs.operate import JobView, list_jobs
from backbeat.observe.tree import IndexerStatus, ProcessStatus
from backbeat.settings import JobsSettings


async def read_jobs(
    connection: AsyncConnection[Any],
    settings: JobsSettings | None,
    *,
    indexer: IndexerStatus | None,
    processes: Iterable[ProcessStatus],
    now: datetime,
) -> tuple[JobView, ...]:
    """Return every job, group by group.

    No job is late before it had its chance: a worker that has just started, or has just come back to a database that
    was away, gets as long for each as the job promises to take. A job that never ran is late once a worker, or without
    one the indexer, has run for longer than that: otherwise a runner that was never started would look healthy for
    ever.
    """
    worker = next((each for each in processes if each.is_there and Part.JOBS in each.parts), None)  # the oldest
    up_seconds = (now - indexer.started_at).total_seconds() if indexer and indexer.started_at else 0.0
    jobs = await list_jobs(connection, settings)
    if worker is not None:
        up_seconds = worker.reached_seconds
        jobs = [_given_a_chance(job, worker) for job in jobs]
    jobs = [_overdue(job, up_seconds) for job in jobs]
    groups = list(dict.fromkeys(job.group for job in jobs))
    return tuple(sorted(jobs, key=lambda job: groups.index(job.group)))


def _given_a_chance(job: JobView, worker: ProcessStatus) -> JobView:
    had_one = job.last_started_at is not None and job.last_started_at >= worker.reached_at and not job.running
    if job.state == JobState.LATE and not had_one and worker.reached_seconds <= job.freshness_seconds:
        state = JobState.FAILING if job.failures >= FAILURES_MIN else JobState.WAITING
        return msgspec.structs.replace(job, state=state)
    return job


def _overdue(job: JobView, up_seconds: float) -> JobView:
    if job.state == JobState.WAITING and not job.waits_for and up_seconds > job.freshness_seconds:
        cure = job.cure or "Check that a runner runs: `backbeat up` with jobs.enabled."
        return msgspec.structs.replace(job, state=JobState.LATE, cure=cure)
    return job
