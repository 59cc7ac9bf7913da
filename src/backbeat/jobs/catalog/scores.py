"""Jobs of user scores, kept in the way that the setting jobs.scores_mode names."""

from collections.abc import Iterator

from backbeat.derived.scores.full_pass import SCORES_BY_PASS
from backbeat.derived.scores.users import USER_SCORES
from backbeat.derived.scores.verify import VERIFICATION
from backbeat.jobs.catalog.kinds import keeps, verifies
from backbeat.jobs.job import Job, Weight
from backbeat.settings import Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield them."""
    if settings.jobs.scores_mode == "full_pass":
        yield keeps(SCORES_BY_PASS, group="scores", every_seconds=600, freshness_seconds=3_600, weight=Weight.HEAVY)
    else:
        yield keeps(USER_SCORES, group="scores", every_seconds=600, freshness_seconds=1_800, run_soon_seconds=10)
        yield verifies(VERIFICATION, group="scores", every_seconds=60)
