"""Jobs of what trends, who hears of it, and what a week's winners are paid."""

from collections.abc import Iterator
from datetime import timedelta

from backbeat.derived.challenges import weekly_trending
from backbeat.derived.trending import compatible
from backbeat.derived.trending.notifications import TRENDING_NOTIFICATIONS
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.derived.trending.tracks import TRENDING_TRACKS, TrendingTracks
from backbeat.jobs.catalog.kinds import keeps, notifies, rewards
from backbeat.jobs.job import Job, Weight
from backbeat.settings import JobsSettings, Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them. The winners come last: they are taken from the scores."""
    if settings.jobs.trending_mode == "refresh":
        yield _again(settings.jobs)
    else:
        yield from _following(settings.jobs)
    yield notifies(TRENDING_NOTIFICATIONS, group="trending", every_seconds=60)
    for challenge in weekly_trending.CHALLENGES:
        yield rewards(challenge, settings.challenges)


def _following(chosen: JobsSettings) -> Iterator[Job]:
    """Yield the jobs that follow what changed; a backlog makes them heavy, a usual minute does not."""
    for keeper in (_tracks(chosen), TRENDING_PLAYLISTS):
        yield keeps(keeper, group="trending", every_seconds=60, freshness_seconds=180, weight=Weight.HEAVY)


def _tracks(chosen: JobsSettings) -> TrendingTracks:
    if not (chosen.trending_underground_rows or chosen.trending_patience_seconds):
        return TRENDING_TRACKS
    patience = timedelta(seconds=chosen.trending_patience_seconds)
    return TrendingTracks(patience=patience, underground_rows=chosen.trending_underground_rows)


def _again(chosen: JobsSettings) -> Job:
    """Return the job that computes all scores again, tracks and playlists."""
    return Job(
        name=compatible.NAME,
        run=compatible.Refresh(underground=chosen.trending_underground_rows).run,
        every_seconds=3_600,
        group="trending",
        freshness_seconds=10_800,
        weight=Weight.HEAVY,
    )
