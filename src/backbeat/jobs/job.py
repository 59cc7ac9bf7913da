"""A job: what to run, how often, with whom in turn, and how fresh its result must be."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from backbeat.derived.keeper import Audit, Step, StepApart
from backbeat.errors import JobError
from backbeat.incremental.sight import Sighted
from backbeat.incremental.transaction import WHOLE_PASS_SECONDS
from backbeat.nearest import or_listed

TIMEOUT_SECONDS = WHOLE_PASS_SECONDS + 300.0  # any run may turn into a whole pass: a first one, a new definition
BATCH_TIMEOUT_SECONDS = 600.0  # batches of bounded size only; the network's own limit for such jobs

NO_FRONTIER = "no block was indexed here by Backbeat yet, so it does not know where to begin."
"""Why a job waits that awaits blocks."""
LEFT_TO_THEM = "another indexer writes the blocks here, and does this itself."
"""Why a job waits that changes rows which blocks write."""


class Weight(StrEnum):
    """How a job bears on the machine.

    Light: its work follows what changed; it takes one of the runner's places. Heavy: its work follows the size of a
    table, so that it can fill the disk's or a processor's time; it takes two places and gives way to the block loop.
    """

    LIGHT = "light"
    HEAVY = "heavy"

    @property
    def slots(self) -> int:
        """Return how many of a runner's places a job of this weight takes."""
        return 2 if self is Weight.HEAVY else 1


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A keeper of derived state, or a chore, on a cadence."""

    name: str
    """Names it in settings, verbs and the schedule."""

    run: Step
    """One batch of its work."""

    run_apart: StepApart | None = None
    """The same batch, for a job that asks others than the database; None: it asks no others."""

    every_seconds: float
    """Its cadence, counted between starts."""

    group: str
    """Jobs of one group run one after another, groups side by side."""

    freshness_seconds: float
    """How old the last success may be before the job is late."""

    weight: Weight = Weight.LIGHT
    """How it bears on the machine."""

    timeout_seconds: float = TIMEOUT_SECONDS
    """A run that takes longer is cancelled and counts as failed."""

    run_soon_seconds: float | None = None
    """At the tip, run this soon after the last start once the frontier has moved; None: on the cadence alone."""

    feeds: tuple[Sighted, ...] = ()
    """What its run looks at; empty: only a run can tell whether there is anything to do."""

    awaits_blocks: bool = False
    """Nothing starts it before a block is indexed: its positions would begin before all that is there already."""

    writes_base: bool = False
    """It changes rows that blocks write, or counts that go with them: nothing starts it beside another indexer."""

    goes_by_more: bool = False
    """Its run goes by what no feed tells as well, so that quiet feeds never stand in for it."""

    rebuild: Step | None = None
    """Recomputes its table; None: it keeps none that can be recomputed."""

    audit: Audit | None = None
    """Compares its table with a full recompute."""

    unaudited: str = ""
    """A sentence that says why there is no audit."""

    difference: Audit | None = None
    """Tells what a rebuild would change."""

    lacks: str = ""
    """Which setting it cannot do without and does not have, as a sentence: nothing starts it then."""


def without_frontier(job: Job) -> JobError:
    """Return the error for a job that cannot begin anywhere."""
    return JobError(
        "job_without_frontier",
        f"The job {job.name!r} waits: {NO_FRONTIER}",
        cure="Start `backbeat index`, or `backbeat up`: it begins behind the first block that is committed.",
    )


def left_to_them(job: Job) -> JobError:
    """Return the error for a job that is the other indexer's to do."""
    return JobError(
        "job_left_to_another",
        f"The job {job.name!r} does not run: {LEFT_TO_THEM}",
        cure="Nothing is to be done while jobs run beside that indexer. `backbeat adopt` takes the blocks over.",
    )


def unknown(name: str, known: Iterable[str]) -> JobError:
    """Return the error for a name that no job has."""
    cure = or_listed(name, known, listed="`backbeat jobs list`", what="the jobs")
    return JobError("job_unknown", f"There is no job {name[:100]!r}.", cure=cure)
