"""When a heavy job lets the block loop go first."""

from backbeat.jobs import schedule
from backbeat.jobs.job import Job, Weight
from backbeat.jobs.store import ScheduleRow
from backbeat.settings import JobsSettings


def reason(job: Job, row: ScheduleRow, settings: JobsSettings) -> str:
    """Return why ``job`` should wait now; empty if it need not.

    It waits while the block loop is behind, for a bounded time from its first waiting until it is through with its
    work. A lag that nobody knows (no indexer runs, or it does not know the head) holds nobody up.
    """
    lag = row.lag_blocks
    if job.weight is not Weight.HEAVY or lag is None or lag <= settings.yield_lag_blocks:
        return ""
    if schedule.has_yielded(row.now, row.deferred_since, settings.yield_seconds_max):
        return ""
    return f"{lag:,} blocks behind, more than {settings.yield_lag_blocks}"
