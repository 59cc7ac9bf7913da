"""Jobs that add up plays."""

from collections.abc import Iterator

from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.derived.plays.listening_history import USER_LISTENING_HISTORY
from backbeat.jobs.catalog.kinds import keeps
from backbeat.jobs.job import BATCH_TIMEOUT_SECONDS, Job
from backbeat.settings import Settings


def jobs(_settings: Settings) -> Iterator[Job]:
    """Yield them; each takes plays in batches of bounded size."""
    yield keeps(
        HOURLY_PLAY_COUNTS,
        group="plays",
        every_seconds=30,
        freshness_seconds=120,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
    )
    yield keeps(
        USER_LISTENING_HISTORY,
        group="histories",
        every_seconds=5,
        freshness_seconds=60,
        timeout_seconds=BATCH_TIMEOUT_SECONDS,
    )
