"""Jobs that refresh an adopter's own materialized views; the views are one group."""

from collections.abc import Iterator

from backbeat.incremental.matview import RefreshedView
from backbeat.jobs.job import Job, Weight
from backbeat.settings import Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield one for each view that the settings name."""
    for view, every_seconds in settings.jobs.refresh_views.items():
        yield Job(
            name=f"refresh.{view}",
            run=RefreshedView(view).run,
            every_seconds=every_seconds,
            group="views",
            freshness_seconds=3 * every_seconds,
            weight=Weight.HEAVY,
        )
