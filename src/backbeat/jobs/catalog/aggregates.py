"""Jobs of what is counted of users, tracks and playlists."""

from collections.abc import Iterator

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.reconcile import RECONCILE
from backbeat.jobs.catalog.kinds import keeps, verifies
from backbeat.jobs.job import Job
from backbeat.settings import Settings


def jobs(_settings: Settings) -> Iterator[Job]:
    """Yield them."""
    yield keeps(DOMINANT_GENRE, group="aggregates", every_seconds=600, freshness_seconds=1_800, run_soon_seconds=10)
    yield verifies(RECONCILE.name, RECONCILE.run, group="aggregates", every_seconds=600)
