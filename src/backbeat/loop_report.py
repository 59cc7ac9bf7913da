"""What the block loop tells of its commits with each heartbeat; other processes read it and put it into words."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

import msgspec

from backbeat.lock_holder import LockHolder

BUCKET_SECONDS: Final = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Upper bounds: a block at the tip takes some 10 ms, a batch of a catch-up a second, and a lock is waited for 15 s."""


class Durations(msgspec.Struct):
    """How long things of one kind took: how many up to each bound and longer than the one before, and the sum."""

    buckets: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKET_SECONDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.buckets[bisect_left(BUCKET_SECONDS, seconds)] += 1
        self.seconds += seconds


class Standstill(msgspec.Struct, frozen=True, kw_only=True):
    """A block that is not committed, though that was tried and failed, or waits for a lock."""

    height: int
    """The first block that is not committed; 0 while the loop cannot even begin."""
    seconds: float
    """Since it was first tried."""
    failures: int = 0
    """How often that failed by now."""
    reason: str = ""
    """The code of the last failure; empty before the first."""
    error: str = ""
    """What the server said."""
    cure: str = ""
    """What to do about it."""
    may_pass: bool = False
    """Whether the failure lies with the server or the way to it, as in a restart."""
    lock_holder: LockHolder | None = None
    """Who holds the lock that it waits, or last waited, for."""


class LastFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The last commit that failed."""

    height: int
    reason: str
    error: str
    age_seconds: float


class LoopReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one process's block loop did since it started, and what keeps it from going on."""

    blocks: int = 0
    """Blocks committed."""
    plays: int = 0
    """Rows of plays committed."""
    commits: Durations = msgspec.field(default_factory=Durations)
    """How long commits took that succeeded."""
    failures: dict[str, int] = {}
    """Commits that failed, by reason."""
    node_calls: dict[str, Durations] = {}
    """How long calls to the node took, by method."""
    last_failure: LastFailure | None = None
    """None: no commit failed."""
    standstill: Standstill | None = None
    """None: nothing keeps blocks from being committed."""


NOTHING: Final = LoopReport()


def read(written: object) -> LoopReport:
    """Return what a heartbeat holds; nothing of one that another version wrote otherwise."""
    try:
        return msgspec.convert(written, LoopReport)
    except msgspec.ValidationError:
        return NOTHING


def bounds_of(durations: Durations) -> Sequence[int]:
    """Return how many took up to each bound, and without one."""
    total, counts = 0, []
    for count in durations.buckets:
        total += count
        counts.append(total)
    return counts
