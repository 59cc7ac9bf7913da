"""What a look at the schedule says about one job: whether to run it, and when to look again."""

from datetime import datetime

from backbeat.jobs import schedule
from backbeat.jobs.job import Job
from backbeat.jobs.store import ScheduleRow
from backbeat.settings import JobsSettings


def wants_run(job: Job, row: ScheduleRow, settings: JobsSettings) -> bool:
    """Say whether an operator asked for a run, the cadence is due, or news came that the job wants to follow soon."""
    if row.run_requested:
        return True
    if _is_held(job, row, settings):
        return False
    return schedule.is_due(row.now, row.timing, job.every_seconds) or _has_news(job, row)


def due_at(job: Job, row: ScheduleRow) -> datetime:
    """Return since when the run that is about to start was due; a request and news are due when they are seen."""
    is_planned = schedule.is_due(row.now, row.timing, job.every_seconds)
    return min(row.next_run_at, row.now) if is_planned else row.now


def look_again_seconds(job: Job, row: ScheduleRow, settings: JobsSettings) -> float:
    """Return when this job is worth another look."""
    if _is_held(job, row, settings):
        return settings.poll_seconds_max
    if job.run_soon_seconds is not None and row.at_tip and row.moving:
        return settings.poll_seconds
    wait_seconds = schedule.seconds_until(row.now, row.timing, job.every_seconds)
    return wait_seconds if wait_seconds > 0 else settings.poll_seconds  # due and kept from starting


def _is_held(job: Job, row: ScheduleRow, settings: JobsSettings) -> bool:
    return row.paused or job.name in settings.paused


def _has_news(job: Job, row: ScheduleRow) -> bool:
    if job.run_soon_seconds is None or not (row.news and row.at_tip) or row.failures:
        return False
    return schedule.is_soon(row.now, row.started_at, job.run_soon_seconds)
