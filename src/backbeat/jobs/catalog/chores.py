"""Jobs that keep tables of ours from growing for ever."""

from collections.abc import Iterator

from backbeat.derived.notifications import expire
from backbeat.incremental import change_log
from backbeat.jobs import refusals
from backbeat.jobs.catalog.kinds import cleans
from backbeat.jobs.job import Job
from backbeat.settings import Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them, with the limits that the settings give."""
    chosen = settings.jobs
    kept = refusals.Refusals(chosen.rejected_days, chosen.rejected_bytes_max)
    budget = change_log.Budget(chosen.change_log_rows_max, chosen.change_log_bytes_max, chosen.change_log_seconds_max)
    yield cleans(change_log.NAME, change_log.prune, every_seconds=30)
    yield cleans(change_log.EXPIRE_NAME, budget.expire, every_seconds=300)
    yield cleans(refusals.NAME, kept.prune, every_seconds=300)
    yield cleans(expire.NAME, expire.ActsKept(chosen.acts_rows_max).expire, every_seconds=300)
