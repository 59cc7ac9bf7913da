"""Looking for all jobs at once: which of them have something to do."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.incremental.run import Positions
from backbeat.incremental.sweep import SweepWindow
from backbeat.incremental.window import AnyFeed, AnyWindow, WithFirstRow

FRONTIER = load(__package__, "glance.sql")


class Seen(NamedTuple):
    """What a glance tells."""

    block_number: int | None
    """Of the block loop's cursor; None before the first block."""

    play_id: int | None
    """Of the same."""

    moved: frozenset[str]
    """The jobs that may have something to do; of all others no feed tells anything new."""

    is_requested: bool
    """An operator has asked for a run of some job."""


class Glance:
    """Looks at what the runs of ``jobs`` look at; those without feeds are never told of."""

    def __init__(self, jobs: Mapping[str, Iterable[AnyFeed]]) -> None:
        self._jobs = {name: tuple(feeds) for name, feeds in jobs.items()}

    async def look(self, connection: AsyncConnection[Any]) -> Seen:
        """Return what is new, on an autocommit connection; nothing is locked or written."""
        block_number, play_id, is_requested = await one(connection, tuple, FRONTIER)
        moved = [name for name, feeds in self._jobs.items() if await _has_moved(connection, feeds)]
        return Seen(block_number, play_id, frozenset(moved), is_requested)


async def _has_moved(connection: AsyncConnection[Any], feeds: Iterable[AnyFeed]) -> bool:
    positions = await Positions.peek(connection, feeds)
    return any(map(_tells, positions.feeds, positions.windows))


def _tells(feed: AnyFeed, window: AnyWindow) -> bool:
    if isinstance(feed, WithFirstRow):
        return not window.is_quiet and (window.known or not isinstance(window, SweepWindow))
    return not (window.is_open and window.is_quiet) or window.needs_rebuild
