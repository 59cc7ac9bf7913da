"""What kept each lane from working lately, for the checks and the status."""

import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from backbeat.db.outage import RETRY_SECONDS_MAX, Trouble, first_line, trouble_of

RECENT_SECONDS = 3 * RETRY_SECONDS_MAX  # every part that waits for the database tries again within that


class Noted(NamedTuple):
    """A lane, what it met, and an instant of the monotonic clock."""

    lane: str
    trouble: Trouble
    at: float


class Troubles:
    """The last trouble of each lane, and the last refusal to begin a session; both are forgotten by themselves."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._noted: dict[str, Noted] = {}
        self._refused: dict[str, tuple[str, float]] = {}

    def note(self, lane: str, error: BaseException) -> None:
        """Keep what ``error`` tells of the database; errors that are about something else are passed over."""
        if (trouble := trouble_of(error)) and trouble.kind.of_server:
            self._noted[lane] = Noted(lane, trouble, self._now())

    def of(self, lane: str) -> Callable[[psycopg.Error], None]:
        """Return what a lane's connections call with the failure to begin a session."""

        def refused(error: psycopg.Error) -> None:
            self._refused[lane] = (first_line(error), self._now())

        return refused

    def refusal(self, lane: str) -> str | None:
        """Return why the lane could not begin a session lately."""
        found = self._refused.get(lane)
        return found[0] if found and self._now() - found[1] <= RECENT_SECONDS else None

    def refusals(self) -> list[str]:
        """Return why sessions of any lane could not begin lately, each reason once."""
        found = (self.refusal(lane) for lane in sorted(self._refused))
        return list(dict.fromkeys(why for why in found if why))

    def recent(self) -> list[Noted]:
        """Return what lanes met lately, the newest first."""
        since = self._now() - RECENT_SECONDS
        return sorted((each for each in self._noted.values() if each.at >= since), key=lambda each: -each.at)
