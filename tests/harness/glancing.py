"""What a glance has to tell: which jobs a run would find something to do for, by looking at each of their feeds."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from psycopg import AsyncConnection

from backbeat.derived.releases.scheduled import Waiting
from backbeat.incremental.glance import Glance, Seen
from backbeat.incremental.run import Positions
from backbeat.incremental.sight import Sighted
from backbeat.incremental.sweep import SweepWindow
from backbeat.incremental.window import AnyFeed, AnyWindow, WithFirstRow

Jobs = Mapping[str, tuple[Sighted, ...]]


class Glancing:
    """A glance beside what every feed by itself tells."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._glance = Glance(jobs)
        self.told = set[str]()
        self.left_out = set[str]()

    async def check(self, connection: AsyncConnection[Any]) -> Seen:
        """Compare the two; where time alone changed what feeds tell, look again."""
        expected = await moved(connection, self._jobs)
        while True:
            seen, before = await self._glance.look(connection), expected
            expected = await moved(connection, self._jobs)
            if before == expected:
                break
        assert seen.moved == expected
        self.told |= expected
        self.left_out |= self._jobs.keys() - expected
        return seen


async def moved(connection: AsyncConnection[Any], jobs: Jobs) -> set[str]:
    """Return the jobs that have something to do."""
    return {name for name, feeds in jobs.items() if await _has_moved(connection, feeds)}


async def _has_moved(connection: AsyncConnection[Any], feeds: Iterable[Sighted]) -> bool:
    waiting = [feed for feed in feeds if isinstance(feed, Waiting)]
    followed = [cast(AnyFeed, feed) for feed in feeds if not isinstance(feed, Waiting)]
    positions = await Positions.peek(connection, followed)
    are_due = [await feed.is_due(connection) for feed in waiting]
    return any(are_due) or any(map(_tells, positions.feeds, positions.windows))


def _tells(feed: AnyFeed, window: AnyWindow) -> bool:
    if isinstance(feed, WithFirstRow):
        return not window.is_quiet and (window.known or not isinstance(window, SweepWindow))
    return not (window.is_open and window.is_quiet) or window.needs_rebuild
