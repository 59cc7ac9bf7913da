"""Jobs that ask the trusted notifier what is taken down."""

from collections.abc import Iterator

from backbeat.derived.delists.delists import DELISTED_TRACKS, DELISTED_USERS
from backbeat.derived.delists.notifier import notifier_of
from backbeat.jobs.catalog.kinds import asks
from backbeat.jobs.job import Job
from backbeat.settings import Settings


def jobs(settings: Settings) -> Iterator[Job]:
    """Yield one for users and one for tracks, in groups of their own; both lack a setting without a key.

    Raises ConfigError for a key that is none, and for an address.
    """
    notifier = notifier_of(settings)
    for delists in (DELISTED_USERS.asking(notifier), DELISTED_TRACKS.asking(notifier)):
        lacks = "" if notifier else "jobs.delegate_private_key is not set."
        yield asks(delists, group=delists.name, every_seconds=300, lacks=lacks)
