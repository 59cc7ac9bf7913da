"""When a play was heard: what it says itself, if its block may believe that.

See docs/decisions/0022-play-times-and-edits.md.

Nobody signs for the time of a play. One of the far future would freeze a listener's streak and stay in every window of
trending, one of the far past would add hours that nobody listened in. So a play that is dated further from its block
than these bounds is dated with its block, as one without a time is.
"""

from datetime import datetime, timedelta

LATE_MAX = timedelta(days=30)  # nodes send plays within minutes; people's devices may have been without a network
AHEAD_MAX = timedelta(days=14)  # a wrong clock: it holds a streak up for no longer than this


class PlayTimes:
    """The times that the plays of one block may have."""

    def __init__(self, block_time: datetime) -> None:
        self.block_time = block_time
        self._earliest = block_time - min(LATE_MAX, block_time - datetime.min)  # noqa: DTZ901 - naive UTC throughout
        self._latest = block_time + min(AHEAD_MAX, datetime.max - block_time)  # noqa: DTZ901 - likewise

    def of(self, played_at: datetime | None) -> datetime:
        """Return when a play was heard, by its own account or by that of its block."""
        if played_at is None or not self._earliest <= played_at <= self._latest:
            return self.block_time
        return played_at
