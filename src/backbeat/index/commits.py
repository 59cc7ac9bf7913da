"""How commits go: since when one is under way, what the last ones failed with, who is in their way."""

from collections import Counter
from typing import Final, NamedTuple

import psycopg

from backbeat.db import outage
from backbeat.db.outage import first_line, trouble_of
from backbeat.lock_holder import LockHolder
from backbeat.loop_report import Durations, LastFailure, Standstill
from backbeat.masking import mask

LOOK_SECONDS: Final = 2.0  # a commit that takes longer may wait for a lock; a batch of a catch-up takes one
NO_BLOCK: Final = 0  # what is tried before any block is known
WAITS_SECONDS: Final = 5.0  # then a lock that is waited for is told of: jobs hold theirs for a second
ERROR_CHARACTERS_MAX: Final = 500

LOCK_TIMEOUT: Final = "lock_timeout"
REFUSED: Final = "commit_refused"
_REFUSED_CURE: Final = "The message names the cause. Nothing was skipped; the block is tried again by itself."
_LOCK_CURE: Final = "Nothing was skipped; the block is tried again by itself. See pg_stat_activity for who holds locks."

REASONS: Final = tuple(
    sorted(
        {LOCK_TIMEOUT, REFUSED}
        | {kind.code for kind in outage.BY_STATE.values()}
        | {kind.code for kind, _ in outage.BY_WORDS if kind not in outage.FOR_GOOD}
    )
)
"""Why commits fail: the bounded set of a metric's label."""


class Why(NamedTuple):
    """A failure as it is told; ``may_pass``: it lies with the server or the way to it."""

    reason: str
    error: str
    cure: str
    may_pass: bool


class Commits:
    """The commits of one process; instants are of the monotonic clock."""

    def __init__(self) -> None:
        self.durations = Durations()
        self.failures: Counter[str] = Counter()
        self._height = 0
        self._tried_at: float | None = None  # first, of what is not committed yet
        self._began_at: float | None = None  # of the try under way
        self._failed_at = 0.0
        self._failed_height = 0
        self._why: Why | None = None
        self._in_a_row = 0
        self._lock_holder: LockHolder | None = None

    def began(self, height: int, now: float) -> None:
        """Take note of a try to commit ``height`` and what follows."""
        if self._tried_at is None or height != self._height:
            self.passed()  # what failed before was committed after all, if its answer was lost
            self._height, self._tried_at = height, now
        self._began_at = now

    def succeeded(self, now: float) -> None:
        """Take note that the try succeeded."""
        if self._began_at is not None:
            self.durations.add(now - self._began_at)
        self.passed()

    def passed(self) -> None:
        """Take note that a try succeeded that was no commit."""
        self._tried_at = self._began_at = self._lock_holder = None
        self._in_a_row = 0

    def ended(self) -> None:
        """Take note that no try is under way, because the commits under this lease are over."""
        self._began_at = None
        if not self._in_a_row:
            self._tried_at = self._lock_holder = None

    def failed(self, error: BaseException, now: float) -> None:
        """Take note of what the try failed with."""
        self._why = why(error)
        self.failures[self._why.reason] += 1
        self._in_a_row += 1
        self._failed_at, self._failed_height, self._began_at = now, self._height, None
        if self._why.reason != LOCK_TIMEOUT:
            self._lock_holder = None

    def may_wait(self, now: float) -> bool:
        """Say whether a try has been under way for so long that it may wait for a lock."""
        return self._began_at is not None and now - self._began_at >= LOOK_SECONDS

    def waits_for(self, lock_holder: LockHolder | None) -> None:
        """Take note of who is in the way of the try under way; None, where nobody is."""
        self._lock_holder = lock_holder

    def last_failure(self, now: float) -> LastFailure | None:
        """Return what failed last; None if nothing did."""
        if self._why is None:
            return None
        age_seconds = now - self._failed_at
        return LastFailure(
            height=self._failed_height, reason=self._why.reason, error=self._why.error, age_seconds=age_seconds
        )

    def standstill(self, now: float) -> Standstill | None:
        """Return what keeps a block from being committed; None while nothing is known to."""
        if self._tried_at is None:
            return None
        seconds = now - self._tried_at
        if not self._in_a_row:
            waits = self._lock_holder is not None and seconds >= WAITS_SECONDS
            return Standstill(height=self._height, seconds=seconds, lock_holder=self._lock_holder) if waits else None
        assert self._why is not None  # noqa: S101 - a failure has a reason
        return Standstill(
            height=self._height,
            seconds=seconds,
            failures=self._in_a_row,
            lock_holder=self._lock_holder,
            **self._why._asdict(),
        )


def why(error: BaseException) -> Why:
    """Return a failed commit's reason, from the bounded set, with the server's words and a cure."""
    first = _first(error)
    said = mask(first_line(first))[:ERROR_CHARACTERS_MAX]
    if isinstance(first, psycopg.errors.LockNotAvailable):
        return Why(LOCK_TIMEOUT, said, _LOCK_CURE, may_pass=False)
    trouble = trouble_of(first)
    if trouble is None or trouble.kind.code not in REASONS:
        return Why(REFUSED, said, _REFUSED_CURE, may_pass=False)
    return Why(trouble.kind.code, said, trouble.kind.cure, may_pass=trouble.kind.of_server)


def _first(error: BaseException) -> BaseException:
    """Return what failed first: in a pipeline the later statements say only that something before them did."""
    first = error.__cause__ or error.__context__
    return first if isinstance(error, psycopg.errors.PipelineAborted) and first is not None else error
