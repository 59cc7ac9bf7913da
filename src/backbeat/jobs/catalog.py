"""Every job on one screen. Cadences are the network's (domain: derived state 1.1, challenges 3.0)."""

import msgspec

from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.errors import ConfigError
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.fold import Fold
from backbeat.jobs.job import Job, unknown
from backbeat.settings import JobsSettings


def derives(
    derived: Derivation | Fold,
    *,
    group: str,
    every_seconds: float,
    freshness_seconds: float,
    run_soon_seconds: float | None = None,
) -> Job:
    """Return the job that keeps one derived table."""
    return Job(
        name=derived.name,
        run=derived.incremental,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=freshness_seconds,
        run_soon_seconds=run_soon_seconds,
        rebuild=derived.rebuild,
        audit=derived.audit,
    )


# In the order in which groups start, a second apart.
JOBS = (
    derives(HOURLY_PLAY_COUNTS, group="plays", every_seconds=30, freshness_seconds=120),
    derives(USER_LISTENING_HISTORY, group="histories", every_seconds=5, freshness_seconds=60),
    derives(
        PLAY_COUNT_MILESTONES,
        group="challenges.plays",
        every_seconds=120,
        freshness_seconds=360,
        run_soon_seconds=0.5,  # people watch their rewards; a tick costs what was played since the last
    ),
)


def catalog(settings: JobsSettings) -> tuple[Job, ...]:
    """Return every job with the operator's intervals. Raises ConfigError for settings that name no job."""
    known = {job.name for job in JOBS}
    for name in (*settings.paused, *settings.every_seconds):
        if name not in known:
            raise ConfigError(
                "job_unknown",
                f"The settings name a job that does not exist: {name!r}",
                cure=f"The jobs are {', '.join(sorted(known))}.",
            )
    return tuple(_with_interval(job, settings.every_seconds.get(job.name)) for job in JOBS)


def _with_interval(job: Job, every_seconds: float | None) -> Job:
    if every_seconds is None:
        return job
    if every_seconds <= 0:
        raise ConfigError(
            "job_interval_invalid",
            f"The job {job.name!r} cannot run every {every_seconds:g} seconds.",
            cure="Set jobs.every_seconds to something above 0; to stop a job, pause it.",
        )
    # a slower job is fresh for longer: the promise keeps its proportion to the interval
    ratio = job.freshness_seconds / job.every_seconds
    freshness_seconds = max(job.freshness_seconds, every_seconds * ratio)
    return msgspec.structs.replace(job, every_seconds=every_seconds, freshness_seconds=freshness_seconds)


def find(name: str) -> Job:
    """Return a job by name. Raises JobError when there is none."""
    for job in JOBS:
        if job.name == name:
            return job
    raise unknown(name, (job.name for job in JOBS))
