"""Jobs of tips: what they add up to, and who supports whom most."""

from collections.abc import Iterator

from backbeat.derived.tips.supporter_counts import SUPPORTER_COUNTS
from backbeat.derived.tips.supporters import SUPPORTERS
from backbeat.jobs.catalog.kinds import keeps
from backbeat.jobs.job import Job
from backbeat.settings import Settings


def jobs(_settings: Settings) -> Iterator[Job]:
    """Yield them; the counts follow from what the first keeps."""
    yield keeps(SUPPORTERS, group="tips", every_seconds=5, freshness_seconds=60)
    yield keeps(SUPPORTER_COUNTS, group="tips", every_seconds=5, freshness_seconds=60)
