"""When a job starts next: pure arithmetic over the instants that the durable schedule keeps.

The cadence is measured between regular starts. An early start (a retry, the rest of a batch, a request, news at the
tip) leaves the cadence where it was. A run that outlasts the interval is followed at once by one start, however many
ticks it missed.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

RETRY_SECONDS = 1.0  # after the first failure; it doubles with each further one
RETRY_SECONDS_MAX = 300.0
RETRY_DOUBLINGS_MAX = 16
OUTAGE_SECONDS = 5.0  # between tries while the database cannot be used: as everything else that waits for it


class Timing(NamedTuple):
    """``cadence_at``: the next regular start. ``next_run_at``: the next start of any kind. ``failures``: in a row."""

    cadence_at: datetime
    next_run_at: datetime
    failures: int = 0


def first(now: datetime) -> Timing:
    """Return the timing of a job that never ran: due now."""
    return Timing(now, now)


def seconds_until(now: datetime, timing: Timing, every_seconds: float) -> float:
    """Return how long the next start is away; 0 or less when it is due.

    Nothing is ever planned further ahead than one interval, so a longer wait means that the clock was set back (or
    the interval shortened) and the job is due.
    """
    ahead_seconds = (timing.next_run_at - now).total_seconds()
    return 0.0 if ahead_seconds > max(every_seconds, RETRY_SECONDS) else ahead_seconds


def is_due(now: datetime, timing: Timing, every_seconds: float) -> bool:
    """Say whether a start is due."""
    return seconds_until(now, timing, every_seconds) <= 0


def waited_seconds(started_at: datetime, due_at: datetime) -> float:
    """Return how long a start came after it was due."""
    return max((started_at - due_at).total_seconds(), 0.0)


def has_yielded(now: datetime, since: datetime | None, seconds_max: float) -> bool:
    """Say whether a job that gives way since then (None: not yet) has done so for long enough.

    A clock that was set back must not hold it for longer.
    """
    return abs((now - (since or now)).total_seconds()) >= seconds_max


def is_soon(now: datetime, last_start: datetime | None, gap_seconds: float) -> bool:
    """Say whether news justify a start before the cadence: at least ``gap_seconds`` after the last one."""
    return last_start is None or abs((now - last_start).total_seconds()) >= gap_seconds


def on_start(now: datetime, timing: Timing, every_seconds: float) -> Timing:
    """Return the timing after a start. The job stays due, so that a run whose worker dies is taken up by another."""
    every = timedelta(seconds=every_seconds)
    is_early = now < timing.cadence_at <= now + every
    return timing._replace(cadence_at=timing.cadence_at if is_early else now + every, next_run_at=now)


def on_success(now: datetime, timing: Timing, *, more: bool) -> Timing:
    """Return the timing after a run that succeeded at ``now``; ``more``: it left a rest, go on at once."""
    return Timing(timing.cadence_at, now if more else timing.cadence_at)


def on_outage(now: datetime, timing: Timing) -> Timing:
    """Return the timing after a run that failed at ``now`` for the database's sake: the job itself did not fail."""
    return timing._replace(next_run_at=now + timedelta(seconds=OUTAGE_SECONDS))


def on_failure(now: datetime, timing: Timing) -> Timing:
    """Return the timing after a run that failed at ``now``: retries grow rarer, regular starts go on."""
    failures = timing.failures + 1
    pause_seconds = min(RETRY_SECONDS * 2.0 ** min(failures - 1, RETRY_DOUBLINGS_MAX), RETRY_SECONDS_MAX)
    regular = max(timing.cadence_at, now + timedelta(seconds=RETRY_SECONDS))
    return Timing(timing.cadence_at, min(regular, now + timedelta(seconds=pause_seconds)), failures)
