"""Tells of a run that a block cannot be committed, and why: at first sight, and again now and then."""

from backbeat.index.progress import Progress
from backbeat.lock_holder import LockHolder
from backbeat.loop_report import Standstill

SECONDS_MIN = 5.0  # a try that failed mostly succeeds sooner; probes and page tell of the rest as well
AGAIN_SECONDS = 60.0


class StandingStill:
    """Knows what was told already."""

    def __init__(self) -> None:
        self._told_of: tuple[int, int | None] | None = None
        self._told_at = 0.0

    def see(self, progress: Progress, now: float) -> tuple[Standstill | None, bool]:
        """Return what has kept a block from being committed for some seconds, and whether it has to be told."""
        found = progress.commits.standstill(now)
        if found is None or found.seconds < SECONDS_MIN:
            self._told_of = None if found is None else self._told_of
            return None, False
        key = (found.height, _pid(found.lock_holder))
        if key == self._told_of and now - self._told_at < AGAIN_SECONDS:
            return found, False
        self._told_of, self._told_at = key, now
        return found, True


def _pid(holder: LockHolder | None) -> int | None:
    return None if holder is None else holder.pid
