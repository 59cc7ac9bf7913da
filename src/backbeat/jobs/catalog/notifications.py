"""Jobs that tell users what others did, of contests at their time and of what comes by the calendar."""

from collections.abc import Iterator

from backbeat.derived.contests.notices import CONTEST_NOTICES
from backbeat.derived.notifications.notifications import EVENT_NOTIFICATIONS
from backbeat.derived.notifications.weekly_rotation import WEEKLY_ROTATION
from backbeat.jobs.catalog.kinds import notifies
from backbeat.jobs.job import Job
from backbeat.settings import Settings


def jobs(_settings: Settings) -> Iterator[Job]:
    """Yield them."""
    yield notifies(EVENT_NOTIFICATIONS, group=EVENT_NOTIFICATIONS.name, every_seconds=5, run_soon_seconds=0.25)
    yield notifies(CONTEST_NOTICES, group=CONTEST_NOTICES.name, every_seconds=30)
    yield notifies(WEEKLY_ROTATION, group=WEEKLY_ROTATION.name, every_seconds=60)
