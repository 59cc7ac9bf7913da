"""Jobs of what comes out by itself."""

from collections.abc import Iterator

from backbeat.derived.releases.scheduled import SCHEDULED_RELEASES
from backbeat.jobs.job import BATCH_TIMEOUT_SECONDS, Job
from backbeat.settings import Settings


def jobs(_settings: Settings) -> Iterator[Job]:
    """Yield them."""
    yield Job(
        name=SCHEDULED_RELEASES.name,
        run=SCHEDULED_RELEASES.incremental,
        every_seconds=5,
        group=SCHEDULED_RELEASES.name,
        freshness_seconds=15,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
        feeds=SCHEDULED_RELEASES.feeds,
    )
