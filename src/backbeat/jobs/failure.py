"""What a run failed with, as people and programs read it: always a code, a sentence and a cure."""

from backbeat.db.failures import failure_of
from backbeat.db.outage import first_line
from backbeat.errors import BackbeatError
from backbeat.lock_holder import LockHolder

DEFECT = "job_defect"
"""The code of what no operator can mend."""


def failure_of_run(error: Exception, lock_holder: LockHolder | None = None) -> BackbeatError:
    """Return what a run failed with as one of our errors; ``lock_holder`` kept it from a lock."""
    return failure_of(error, lock_holder) or BackbeatError(
        "job_defect",
        f"A defect ended the run: {type(error).__name__}: {first_line(error)}",
        cure="The job is tried again by itself. Report it with what the worker's log says of job_failed.",
    )
