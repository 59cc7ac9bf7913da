"""Every job on one screen. Cadences are the network's (domain: derived state 1.1, challenges 3.0)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import msgspec

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.reconcile import RECONCILE
from backbeat.derived.challenges.audio_matching import AUDIO_MATCHING_BUYER, AUDIO_MATCHING_SELLER
from backbeat.derived.challenges.comment_pin import COMMENT_PIN
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_playlist import FIRST_PLAYLIST
from backbeat.derived.challenges.first_tip import FIRST_TIP
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK, ListenStreak
from backbeat.derived.challenges.listen_streak_reminder import LISTEN_STREAK_REMINDER, ListenStreakReminder
from backbeat.derived.challenges.mobile_install import MOBILE_INSTALL
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.profile_completion import PROFILE_COMPLETION, PROFILE_STEPS
from backbeat.derived.challenges.profile_verified import PROFILE_VERIFIED
from backbeat.derived.challenges.referral import REFERRAL, Referral
from backbeat.derived.challenges.referred import REFERRED
from backbeat.derived.challenges.remix_contest import REMIX_CONTEST_WINNER
from backbeat.derived.challenges.tastemaker import TASTEMAKER
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.derived.challenges.weekly_trending import (
    TRENDING_PLAYLIST,
    TRENDING_TRACK,
    TRENDING_UNDERGROUND,
    WeeklyTrending,
)
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.derived.scores.full_pass import SCORES_BY_PASS
from backbeat.derived.scores.users import USER_SCORES, Chain
from backbeat.derived.scores.verify import VERIFICATION
from backbeat.derived.trending import compatible as trending_refresh
from backbeat.derived.trending.notifications import TRENDING_NOTIFICATIONS, TrendingNotifications
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.derived.trending.tracks import TRENDING_TRACKS, TrendingTracks
from backbeat.errors import ConfigError
from backbeat.incremental import change_log
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.fold import Fold
from backbeat.incremental.matview import View
from backbeat.jobs import refusals
from backbeat.jobs.job import FOLD_TIMEOUT_SECONDS, TIMEOUT_SECONDS, Job, Run, Weight, unknown
from backbeat.settings import JobsSettings


def derives(
    derived: Derivation | Fold | Referral | Chain | TrendingTracks,
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


def rewards(derived: Derivation | Referral, *, every_seconds: float = 30, group: str | None = None) -> Job:
    """Return the job of a challenge, by default in a group of its own."""
    return derives(
        derived,
        group=group or derived.name,
        every_seconds=every_seconds,
        freshness_seconds=3 * every_seconds,
        run_soon_seconds=0.5,  # people watch their rewards; a tick costs what changed since the last
    )


JUDGED_ONCE = "It judged each event by the facts of that moment, and today's do not tell what was refused."
STREAKS = "A listener earns nothing while deactivated, and plays do not tell of those days."
WEEKS = "A week was paid by scores that have been written over; who won it is kept in trending_results."


def judges(derived: Derivation | Referral, *, every_seconds: float = 30) -> Job:
    """Return the job of a challenge that judges an event once. No audit: today's facts do not tell what was refused."""
    job = rewards(derived, every_seconds=every_seconds)
    return msgspec.structs.replace(job, audit=None, unaudited=JUDGED_ONCE)


Counts = ListenStreak | ListenStreakReminder | WeeklyTrending


def counts_on(derived: Counts, *, every_seconds: float, run_soon_seconds: float | None, unaudited: str = "") -> Job:
    """Return the job of a challenge whose past cannot be judged again, or of its reminders: it has no rebuild."""
    return Job(
        name=derived.name,
        run=derived.incremental,
        every_seconds=every_seconds,
        group=derived.name,
        freshness_seconds=3 * every_seconds,
        run_soon_seconds=run_soon_seconds,
        unaudited=unaudited,
    )


def tells(told: TrendingNotifications, *, group: str, every_seconds: float) -> Job:
    """Return a job that notifies once, of what cannot be told again."""
    return Job(
        name=told.name,
        run=told.incremental,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=3 * every_seconds,
    )


def refreshes(view: str, every_seconds: float) -> Job:
    """Return the job that refreshes an adopter's own materialized view; the views are one group."""
    return Job(
        name=f"refresh.{view}",
        run=View(view).run,
        every_seconds=every_seconds,
        group="views",
        freshness_seconds=3 * every_seconds,
        weight=Weight.HEAVY,
    )


def cleans(name: str, run: Run, every_seconds: float) -> Job:
    """Return a chore: it removes what nobody needs any more, and keeps no table."""
    return Job(
        name=name,
        run=run,
        every_seconds=every_seconds,
        group=name,
        freshness_seconds=10 * every_seconds,  # nobody reads its result; what it removes only takes room
        timeout_seconds=FOLD_TIMEOUT_SECONDS,
    )


def verifies(name: str, run: Run, *, group: str, every_seconds: float) -> Job:
    """Return a job that goes round a table in search of drift: heavy, for ids that lie close fall due together."""
    return Job(
        name=name,
        run=run,
        every_seconds=every_seconds,
        group=group,
        freshness_seconds=3 * every_seconds,
        timeout_seconds=FOLD_TIMEOUT_SECONDS,
        weight=Weight.HEAVY,
    )


# How user scores are kept, by the setting jobs.scores_mode.
SCORES = {
    "incremental": (
        derives(USER_SCORES, group="scores", every_seconds=600, freshness_seconds=1_800, run_soon_seconds=10),
        verifies(VERIFICATION.name, VERIFICATION.run, group="scores", every_seconds=60),
    ),
    "full_pass": (
        derives(SCORES_BY_PASS, group="scores", every_seconds=600, freshness_seconds=3_600, weight=Weight.HEAVY),
    ),
}


def trends(settings: JobsSettings) -> Job:
    """Return the job of trending tracks as the settings want it; a backlog makes it heavy, a usual minute does not."""
    derived = TRENDING_TRACKS
    if settings.trending_underground_rows or settings.trending_patience_seconds:
        patience = timedelta(seconds=settings.trending_patience_seconds)
        derived = TrendingTracks(patience=patience, underground_rows=settings.trending_underground_rows)
    return derives(derived, group="trending", every_seconds=60, freshness_seconds=180, weight=Weight.HEAVY)


def recomputes_trending(settings: JobsSettings) -> Job:
    """Return the job that stands in the place of those of tracks and playlists, for trending_mode = "refresh"."""
    return Job(
        name=trending_refresh.NAME,
        run=trending_refresh.Refresh(underground=settings.trending_underground_rows).run,
        every_seconds=3_600,
        group="trending",
        freshness_seconds=10_800,
        weight=Weight.HEAVY,
    )


def chores(settings: JobsSettings) -> tuple[Job, ...]:
    """Return the jobs that keep tables of ours from growing without end."""
    kept = refusals.Refusals(settings.rejected_days, settings.rejected_bytes_max)
    budget = change_log.Budget(
        settings.change_log_rows_max, settings.change_log_bytes_max, settings.change_log_seconds_max
    )
    return (
        cleans(change_log.NAME, change_log.prune, every_seconds=30),
        cleans(change_log.EXPIRE_NAME, budget.expire, every_seconds=300),
        cleans(refusals.NAME, kept.prune, every_seconds=300),
    )


# In the order in which groups start, a second apart.
JOBS = (
    derives(HOURLY_PLAY_COUNTS, group="plays", every_seconds=30, freshness_seconds=120),
    derives(USER_LISTENING_HISTORY, group="histories", every_seconds=5, freshness_seconds=60),
    rewards(TRACK_UPLOAD),
    rewards(FIRST_PLAYLIST),
    rewards(PROFILE_STEPS, group="challenges.profile"),
    rewards(PROFILE_COMPLETION, group="challenges.profile"),
    counts_on(LISTEN_STREAK, every_seconds=30, run_soon_seconds=0.5, unaudited=STREAKS),
    judges(COSIGN),
    judges(AUDIO_MATCHING_BUYER),
    judges(AUDIO_MATCHING_SELLER),
    rewards(MOBILE_INSTALL),
    judges(REFERRAL),
    rewards(REFERRED),
    judges(FIRST_TIP),
    rewards(PROFILE_VERIFIED, every_seconds=120),
    judges(FIRST_WEEKLY_COMMENT, every_seconds=120),
    rewards(COMMENT_PIN, every_seconds=120),
    rewards(TASTEMAKER, every_seconds=120),
    rewards(REMIX_CONTEST_WINNER, every_seconds=120),
    rewards(PLAY_COUNT_MILESTONES, every_seconds=120, group="challenges.plays"),
    trends(JobsSettings()),
    derives(TRENDING_PLAYLISTS, group="trending", every_seconds=60, freshness_seconds=180, weight=Weight.HEAVY),
    tells(TRENDING_NOTIFICATIONS, group="trending", every_seconds=60),
    counts_on(TRENDING_TRACK, every_seconds=600, run_soon_seconds=None, unaudited=WEEKS),
    counts_on(TRENDING_UNDERGROUND, every_seconds=600, run_soon_seconds=None, unaudited=WEEKS),
    counts_on(TRENDING_PLAYLIST, every_seconds=600, run_soon_seconds=None, unaudited=WEEKS),
    derives(DOMINANT_GENRE, group="aggregates", every_seconds=600, freshness_seconds=1_800, run_soon_seconds=10),
    verifies(RECONCILE.name, RECONCILE.run, group="aggregates", every_seconds=600),
    counts_on(LISTEN_STREAK_REMINDER, every_seconds=10, run_soon_seconds=None),
    *chores(JobsSettings()),
    *SCORES["incremental"],
)


def catalog(settings: JobsSettings) -> tuple[Job, ...]:
    """Return every job that is not off, as the operator's settings change it.

    Raises ConfigError for settings that name no job or cannot work.
    """
    return tuple(job for job in everything(settings) if job.name not in settings.off)


def everything(settings: JobsSettings) -> tuple[Job, ...]:
    """Return every job, also those that are off, as the operator's settings change it; raises as above."""
    _check_positive("jobs.refresh_views", settings.refresh_views, "job_interval_invalid")
    cleaning = {job.name: job for job in chores(settings)}
    kept = (cleaning.get(job.name, job) for job in JOBS if job not in SCORES["incremental"])
    views = (refreshes(view, seconds) for view, seconds in settings.refresh_views.items())
    jobs = (*_trending(kept, settings), *SCORES[settings.scores_mode], *views)
    known = {job.name for job in jobs}
    for name in (*settings.off, *settings.paused, *settings.every_seconds, *settings.timeout_seconds):
        if name not in known:
            raise ConfigError(
                "job_unknown",
                f"The settings name a job that does not exist: {name!r}",
                cure=f"The jobs are {', '.join(sorted(known))}.",
            )
    _check_positive("jobs.every_seconds", settings.every_seconds, "job_interval_invalid")
    _check_positive("jobs.timeout_seconds", settings.timeout_seconds, "job_timeout_invalid")
    return tuple(_changed(job, settings) for job in jobs)


def _trending(jobs: Iterable[Job], settings: JobsSettings) -> Iterator[Job]:
    """Yield the jobs with those of trending as the settings want them."""
    recomputed = settings.trending_mode == "refresh"
    for job in jobs:
        if job.name == TRENDING_TRACKS.name:
            yield recomputes_trending(settings) if recomputed else trends(settings)
        elif not (recomputed and job.name == TRENDING_PLAYLISTS.name):
            yield job


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


def find(name: str, settings: JobsSettings | None = None) -> Job:
    """Return a job by name, also one that only the settings make. Raises JobError when there is none."""
    jobs = everything(settings) if settings else JOBS
    for job in jobs:
        if job.name == name:
            return job
    raise unknown(name, (job.name for job in jobs))
