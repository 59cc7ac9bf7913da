"""What a run failed with, as people and programs read it: always a code, a sentence and a cure."""

from collections.abc import Sequence

from backbeat.db.failures import failure_of
from backbeat.db.lock_waits import Holder
from backbeat.db.outage import first_line
from backbeat.errors import BackbeatError

DEFECT = "job_defect"
"""The code of what no operator can mend."""


def failure_of_run(error: Exception, holders: Sequence[Holder] = ()) -> BackbeatError:
    """Return what a run failed with as one of our errors; ``holders`` kept it from a lock."""
    return failure_of(error, holders) or BackbeatError(
        "job_defect",
        f"A defect ended the run: {type(error).__name__}: {first_line(error)}",
        cure="The job is tried again by itself. Report it with what the worker's log says of job_failed.",
    )
