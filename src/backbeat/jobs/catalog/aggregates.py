"""Jobs of what is counted of users, tracks and playlists."""

from collections.abc import Iterator

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.entity_counts import ENTITY_COUNTS
from backbeat.derived.aggregates.reconcile import RECONCILE
from backbeat.derived.aggregates.social_sets import SOCIAL_SETS
from backbeat.jobs.catalog.kinds import keeps, verifies
from backbeat.jobs.job import Job
from backbeat.settings import Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them. Sets of followers are kept where the settings want them: then as soon as an edge changes."""
    yield keeps(DOMINANT_GENRE, group="aggregates", every_seconds=600, freshness_seconds=1_800, run_soon_seconds=10)
    yield keeps(ENTITY_COUNTS, group="aggregates", every_seconds=600, freshness_seconds=1_800)
    if settings.jobs.social_sets:
        yield keeps(SOCIAL_SETS, group="social_sets", every_seconds=30, freshness_seconds=90, run_soon_seconds=0.5)
    yield verifies(RECONCILE, group="aggregates", every_seconds=600)
