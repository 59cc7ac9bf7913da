"""Every job on one screen. Cadences are the network's (domain: derived state 1.1, challenges 3.0)."""

from collections.abc import Mapping

import msgspec

from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.errors import ConfigError
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.fold import Fold
from backbeat.jobs.job import FOLD_TIMEOUT_SECONDS, TIMEOUT_SECONDS, Job, Weight, unknown
from backbeat.settings import JobsSettings


def derives(
    derived: Derivation | Fold,
    *,
    group: str,
    every_seconds: float,
    freshness_seconds: float,
    weight: Weight = Weight.LIGHT,
    run_soon_seconds: float | None = None,
) -> Job:
    """Return the job that keeps one derived table."""
    return Job(
        name=derived.name,
        run=derived.incremental,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=freshness_seconds,
        weight=weight,
        timeout_seconds=FOLD_TIMEOUT_SECONDS if isinstance(derived, Fold) else TIMEOUT_SECONDS,
        run_soon_seconds=run_soon_seconds,
        rebuild=derived.rebuild,
        audit=derived.audit,
        difference=derived.difference,
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
    """Return every job that is not off, as the operator's settings change it.

    Raises ConfigError for settings that name no job or cannot work.
    """
    return tuple(job for job in everything(settings) if job.name not in settings.off)


def everything(settings: JobsSettings) -> tuple[Job, ...]:
    """Return every job, also those that are off, as the operator's settings change it; raises as above."""
    known = {job.name for job in JOBS}
    for name in (*settings.off, *settings.paused, *settings.every_seconds, *settings.timeout_seconds):
        if name not in known:
            raise ConfigError(
                "job_unknown",
                f"The settings name a job that does not exist: {name!r}",
                cure=f"The jobs are {', '.join(sorted(known))}.",
            )
    _check_positive("jobs.every_seconds", settings.every_seconds, "job_interval_invalid")
    _check_positive("jobs.timeout_seconds", settings.timeout_seconds, "job_timeout_invalid")
    return tuple(_changed(job, settings) for job in JOBS)


def _changed(job: Job, settings: JobsSettings) -> Job:
    every_seconds = settings.every_seconds.get(job.name, job.every_seconds)
    # a slower job is fresh for longer: the promise keeps its proportion to the interval
    slower = max(every_seconds / job.every_seconds, 1.0)
    return msgspec.structs.replace(
        job,
        every_seconds=every_seconds,
        freshness_seconds=job.freshness_seconds * slower,
        timeout_seconds=settings.timeout_seconds.get(job.name, job.timeout_seconds),
    )


def _check_positive(setting: str, chosen: Mapping[str, float], code: str) -> None:
    for name, seconds in chosen.items():
        if not seconds > 0:
            raise ConfigError(
                code,
                f"{setting} gives the job {name!r} {seconds:g} seconds.",
                cure="Set it above 0; to stop a job, name it in jobs.off or pause it.",
            )


def find(name: str) -> Job:
    """Return a job by name. Raises JobError when there is none."""
    for job in JOBS:
        if job.name == name:
            return job
    raise unknown(name, (job.name for job in JOBS))
