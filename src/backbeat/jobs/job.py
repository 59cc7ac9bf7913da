"""A job: what to run, how often, with whom in turn, and how fresh its result must be."""

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any, Literal

import msgspec
from psycopg import AsyncConnection

from backbeat.errors import ConfigError, JobError
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import WHOLE_PASS_SECONDS, Fence

Run = Callable[[AsyncConnection[Any], Fence | None], Awaitable[RunReport]]
"""One bounded batch of work on an autocommit connection; every transaction that it commits ends with the fence."""

Audit = Callable[[AsyncConnection[Any]], Awaitable[AuditReport]]

TIMEOUT_SECONDS = WHOLE_PASS_SECONDS + 300.0  # any run may turn into a whole pass: a first one, a new definition
FOLD_TIMEOUT_SECONDS = 600.0  # batches of bounded size only; the network's own limit for such jobs

LaneName = Literal["jobs", "control"]


class Weight(StrEnum):
    """How a job bears on the machine.

    Light: its work follows what changed; it takes one of the runner's places. Heavy: its work follows the size of a
    table, so that it can fill the disk's or a processor's time; it takes two places and gives way to the block loop.
    """

    LIGHT = "light"
    HEAVY = "heavy"

    @property
    def places(self) -> int:
        """Return how many of a runner's places a job of this weight takes."""
        return 2 if self is Weight.HEAVY else 1


class FirstRun(StrEnum):
    """What a job does on a database that it does not know.

    Backfill: it works through everything that is there. From now: what is there stays as it is.
    """

    BACKFILL = "backfill"
    FROM_NOW = "from_now"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A derivation (or a chore) on a cadence.

    ``every_seconds`` counts between starts. Jobs of one ``group`` run one after another, groups side by side.
    ``freshness_seconds``: how old the last success may be before the job is late. ``lane``: whose connections it works
    on. ``timeout_seconds``: a run that takes longer is cancelled and counts as failed. ``run_soon_seconds``: at the
    tip, run this soon after the last start once the frontier has moved. ``begin`` takes the job's checkpoints to the
    frontier where they are missing; a job that starts from now needs it. ``difference``: what a rebuild would change.
    ``unaudited``: a sentence that says why there is no audit.
    """

    name: str
    run: Run
    every_seconds: float
    group: str
    freshness_seconds: float
    weight: Weight = Weight.LIGHT
    lane: LaneName = "jobs"
    first_run: FirstRun = FirstRun.BACKFILL
    timeout_seconds: float = TIMEOUT_SECONDS
    run_soon_seconds: float | None = None
    begin: Run | None = None
    rebuild: Run | None = None
    audit: Audit | None = None
    unaudited: str = ""
    difference: Audit | None = None

    def __post_init__(self) -> None:
        """Hold a job that starts from now to knowing how."""
        if self.first_run is FirstRun.FROM_NOW and self.begin is None:
            raise ConfigError(
                "job_begin_missing",
                f"The job {self.name!r} is to start from now and does not say how.",
                cure="Give it a begin, see backbeat.jobs.first_run.",
            )


def unknown(name: str, known: Iterable[str]) -> JobError:
    """Return the error for a name that no job has."""
    return JobError("job_unknown", f"There is no job {name!r}.", cure=f"The jobs are {', '.join(known)}.")
