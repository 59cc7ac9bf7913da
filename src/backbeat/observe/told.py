"""What people are told of a status: what is wrong, then advice; not what a program that just began has yet to do."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from backbeat.codes import CheckName, JobState
from backbeat.jobs.operate import JobView
from backbeat.observe.figures import count
from backbeat.observe.health import OUTAGE_SECONDS_MAX
from backbeat.observe.tree import Advice, Check, Status

INDEX: Final = "index"  # the part of a process that is the block loop
NOT_WELL: Final = frozenset({JobState.FAILING, JobState.LATE, JobState.PAUSED})
WAITING_MAX: Final = 5  # jobs that wait for the same, of which each is told by itself
_YET_TO_COME: Final = frozenset({CheckName.INDEXER, CheckName.LAG})


def told(status: Status) -> list[Check]:
    """Return the checks that fail, then advice; a block loop's first report is missed once it had time to come."""
    found = [check for check in status.checks if not check.ok or isinstance(check, Advice)]
    if has_just_begun(status):
        found = [check for check in found if check.name not in _YET_TO_COME]
    return sorted(found, key=lambda check: check.ok)


def has_just_begun(status: Status) -> bool:
    """Say whether a block loop that never reported here was started within the last seconds."""
    if status.indexer is not None and status.indexer.heartbeat_age_seconds is not None:
        return False
    return any(
        INDEX in process.parts and process.is_there and process.up_seconds <= OUTAGE_SECONDS_MAX
        for process in status.processes
    )


def is_well(job: JobView) -> bool:
    """Say whether a job need not be looked at: it is off, or neither fails, is late or paused, nor gives way."""
    if job.state == JobState.OFF:
        return True
    return not job.failures and job.state not in NOT_WELL and job.deferred_since is None


def alike(jobs: Sequence[JobView]) -> list[JobView]:
    """Return the jobs that wait for the same, which need not be told one by one; none where few do."""
    waiting = [job for job in jobs if job.state == JobState.WAITING and job.waits_for]
    why, number = next(iter(Counter(job.waits_for for job in waiting).most_common(1)), ("", 0))
    return [job for job in waiting if job.waits_for == why] if number > WAITING_MAX else []


def waiting_alike(jobs: Sequence[JobView]) -> str:
    """Return a sentence on what many jobs wait for; empty where few do."""
    waiting = alike(jobs)
    return f"{count(len(waiting))} jobs wait: {waiting[0].waits_for}" if waiting else ""
