"""What the schedule says about one job: whether to run it, and when to look again."""

from collections.abc import Collection
from datetime import datetime

from backbeat.codes import RunOutcome
from backbeat.jobs import schedule
from backbeat.jobs.job import Job
from backbeat.jobs.store import ScheduleRow
from backbeat.settings import JobsSettings

TICKS_MAX = 9  # in a row without a run: what feeds should have told and did not waits for the tenth cadence
UNRUN_SECONDS_MAX = 600.0  # and for so long at most: the slowest of the network's cadences below an hour
TOGETHER_SECONDS = 1.0  # ticks that are so close go together; a second is a fifth of the shortest cadence
PATIENT_GAP_SECONDS_MIN = 5.0  # then that second, within which a block comes at the tip, is a fifth of it at most
TOGETHER_SHARE = 0.2  # of a cadence, at most


def is_held(job: Job, row: ScheduleRow, settings: JobsSettings) -> bool:
    """Say whether an operator keeps the job from starting, it lacks a frontier, or it is another indexer's to do."""
    return row.paused or job.name in settings.paused or lacks_frontier(job, row) or is_left(job, row)


def lacks_frontier(job: Job, row: ScheduleRow) -> bool:
    """Say whether no block is indexed here yet, so that nobody can tell where the job's positions begin."""
    return job.awaits_blocks and row.block_number is None


def is_left(job: Job, row: ScheduleRow) -> bool:
    """Say whether the job is left to the indexer that writes the blocks here."""
    return job.writes_base and row.is_beside


def seconds_until_due(job: Job, row: ScheduleRow) -> float:
    """Return how long the next start is away; 0 or less when it is due."""
    return schedule.seconds_until(row.now, row.timing, job.every_seconds)


def due_at(job: Job, row: ScheduleRow) -> datetime:
    """Return since when the run that is about to start was due; a request and news are due when they are seen."""
    return min(row.next_run_at, row.now) if seconds_until_due(job, row) <= 0 else row.now


def has_news(job: Job, row: ScheduleRow, moved: Collection[str]) -> bool:
    """Say whether the job follows closely what has come, and may start for it.

    What has come is what its feeds tell: then it is one of those ``moved``. Of a job without feeds, that the frontier
    has moved.
    """
    is_news = job.name in moved if job.feeds else row.news
    return is_news and may_follow(job, row) and seconds_until_soon(job, row) <= 0


def may_follow(job: Job, row: ScheduleRow) -> bool:
    """Say whether news may start the job before its cadence: at the tip, and unless it fails."""
    return job.run_soon_seconds is not None and row.at_tip and not row.failures


def patience_seconds(job: Job) -> float:
    """Return how long news that have waited for a long gap may wait for the next block, to be looked at with it."""
    gap_seconds = job.run_soon_seconds or 0.0
    return TOGETHER_SECONDS if gap_seconds >= PATIENT_GAP_SECONDS_MIN else 0.0


def seconds_until_soon(job: Job, row: ScheduleRow, patience_seconds: float = 0.0) -> float:
    """Return how long news have to wait, so that the job keeps the gap from its last start, and a while longer."""
    gap_seconds = (job.run_soon_seconds or 0.0) + patience_seconds
    if row.started_at is None or schedule.is_soon(row.now, row.started_at, gap_seconds):
        return 0.0
    return gap_seconds - abs((row.now - row.started_at).total_seconds())


def may_tick(job: Job, row: ScheduleRow) -> bool:
    """Say whether quiet feeds may stand in for the job's next regular run, unlike a retry, a rest or every tenth."""
    return (
        bool(job.feeds)
        and not job.goes_by_more
        and row.outcome in {RunOutcome.QUIET, RunOutcome.CHANGED}
        and row.next_run_at == row.cadence_at
        and not (row.failures or row.holder or row.deferred_since)
        and row.ticks_since_run < TICKS_MAX
        # the cadence after this one would still run in time
        and (row.ticks_since_run + 2) * job.every_seconds <= UNRUN_SECONDS_MAX
    )


def ticks_along(job: Job, row: ScheduleRow) -> bool:
    """Say whether the job's tick is due, or so soon that it goes along with others."""
    return seconds_until_due(job, row) <= min(TOGETHER_SECONDS, TOGETHER_SHARE * job.every_seconds)


def look_again_seconds(job: Job, row: ScheduleRow, settings: JobsSettings) -> float:
    """Return when this job's row is worth another look, though nothing is known to have happened."""
    if is_held(job, row, settings):
        return settings.poll_seconds_max
    is_kept = seconds_until_due(job, row) <= 0  # due and kept from starting
    awaits_news = job.run_soon_seconds is not None and not job.feeds and row.at_tip and row.moving
    return settings.poll_seconds if is_kept or awaits_news else settings.poll_seconds_max
