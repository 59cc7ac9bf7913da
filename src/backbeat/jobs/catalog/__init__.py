"""The catalog: settings in, finished jobs out. Each area of jobs is a file here.

Cadences are the network's (domain: derived state 1.1, challenges 3.0).
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from backbeat.errors import ConfigError
from backbeat.jobs.catalog import (
    aggregates,
    challenges,
    chores,
    delists,
    notifications,
    plays,
    releases,
    repairs,
    scores,
    tips,
    trending,
    views,
)
from backbeat.jobs.job import Job, unknown
from backbeat.nearest import or_listed
from backbeat.settings import JobsSettings, Settings

AREAS: Mapping[str, Callable[[Settings], Iterable[Job]]] = {
    "plays": plays.jobs,
    "releases": releases.jobs,
    "notifications": notifications.jobs,
    "challenges": challenges.jobs,
    "trending": trending.jobs,
    "aggregates": aggregates.jobs,
    "chores": chores.jobs,
    "delists": delists.jobs,
    "scores": scores.jobs,
    "tips": tips.jobs,
    "repairs": repairs.jobs,
    "views": views.jobs,
}
"""What makes the jobs of each area, in the order in which they are listed and their groups start."""

APART = frozenset({"chores"})
"""The areas whose jobs have work before a block is indexed here as well."""

OF_THE_WRITER = frozenset({"releases", "delists", "repairs"})
"""The areas whose jobs change rows that blocks write."""
OF_THE_WRITER_TOO = frozenset({"plays.prune", "aggregates.reconcile"})
"""Single jobs that do, or keep counts that triggers of who writes the blocks keep."""


SECONDS_MAX = 3_155_760_000.0  # a century: a start that is planned so far ahead still has a date


def catalog(settings: Settings) -> tuple[Job, ...]:
    """Return every job that is not off and lacks no setting, as the settings have it.

    Raises ConfigError for settings that name no job or no challenge, or cannot work.
    """
    return tuple(job for job in everything(settings) if job.name not in settings.jobs.off and not job.lacks)


def everything(settings: Settings) -> tuple[Job, ...]:
    """Return every job, also those that are off, as the settings have it; raises as above."""
    chosen = settings.jobs
    _check_positive("jobs.refresh_views", chosen.refresh_views, "job_interval_invalid")
    jobs = [
        msgspec.structs.replace(
            job,
            awaits_blocks=area not in APART,
            writes_base=area in OF_THE_WRITER or job.name in OF_THE_WRITER_TOO,
        )
        for area, make in AREAS.items()
        for job in make(settings)
    ]
    if chosen.blocks_behind < 0:
        raise ConfigError(
            "blocks_behind_invalid",
            f"jobs.blocks_behind is {chosen.blocks_behind}.",
            cure="Set it to 1, or to 0 where the other indexer commits each block and its rows in one transaction.",
        )
    known = {job.name for job in jobs}
    for name in (*chosen.off, *chosen.paused, *chosen.every_seconds, *chosen.timeout_seconds):
        if name not in known:
            raise ConfigError(
                "job_unknown",
                f"The settings name a job that does not exist: {name!r}",
                cure=or_listed(name, sorted(known), listed="`backbeat jobs list`", what="the jobs"),
            )
    _check_positive("jobs.every_seconds", chosen.every_seconds, "job_interval_invalid")
    _check_positive("jobs.timeout_seconds", chosen.timeout_seconds, "job_timeout_invalid")
    if not 0 <= chosen.follow_seconds <= SECONDS_MAX:
        raise ConfigError(
            "job_interval_invalid",
            f"jobs.follow_seconds is {chosen.follow_seconds:g}.",
            cure=f"Set it to 0, for each job's own, or to {SECONDS_MAX:g} at most.",
        )
    return tuple(_changed(job, chosen) for job in jobs)


def _changed(job: Job, chosen: JobsSettings) -> Job:
    every_seconds = chosen.every_seconds.get(job.name, job.every_seconds)
    # a slower job is fresh for longer: the promise keeps its proportion to the interval
    slower = max(every_seconds / job.every_seconds, 1.0)
    soon_seconds = None if job.run_soon_seconds is None else max(job.run_soon_seconds, chosen.follow_seconds)
    return msgspec.structs.replace(
        job,
        every_seconds=every_seconds,
        run_soon_seconds=soon_seconds,
        freshness_seconds=job.freshness_seconds * slower,
        timeout_seconds=chosen.timeout_seconds.get(job.name, job.timeout_seconds),
    )


def _check_positive(setting: str, chosen: Mapping[str, float], code: str) -> None:
    for name, seconds in chosen.items():
        if not 0 < seconds <= SECONDS_MAX:
            raise ConfigError(
                code,
                f"{setting} gives the job {name!r} {seconds:g} seconds.",
                cure=f"Set it above 0 and to {SECONDS_MAX:g} at most; to stop a job, name it in jobs.off or pause it.",
            )


JOBS = everything(Settings())
"""Every job of settings that were left as they are."""


def find(name: str, settings: Settings | None = None) -> Job:
    """Return a job by name, also one that only the settings make. Raises JobError when there is none."""
    jobs = everything(settings) if settings else JOBS
    for job in jobs:
        if job.name == name:
            return job
    raise unknown(name, (job.name for job in jobs))
