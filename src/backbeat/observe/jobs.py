"""The jobs as the status shows them."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.jobs.operate import JobView, list_jobs
from backbeat.settings import JobsSettings


async def read_jobs(
    conn: AsyncConnection[Any], settings: JobsSettings | None, *, running_since: datetime | None, now: datetime
) -> tuple[JobView, ...]:
    """Return every job, group by group.

    A job that never ran is late, not waiting, once the indexer has run for longer than the job promises to take:
    otherwise a runner that was never started would look healthy for ever.
    """
    up_seconds = (now - running_since).total_seconds() if running_since else 0.0
    jobs = [_overdue(job, up_seconds) for job in await list_jobs(conn, settings)]
    groups = list(dict.fromkeys(job.group for job in jobs))
    return tuple(sorted(jobs, key=lambda job: groups.index(job.group)))


def _overdue(job: JobView, up_seconds: float) -> JobView:
    if job.state == "waiting" and up_seconds > job.freshness_seconds:
        cure = job.cure or "Check that a runner runs: `backbeat up` with jobs.enabled."
        return msgspec.structs.replace(job, state="late", cure=cure)
    return job
