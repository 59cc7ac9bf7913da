"""The schedule's arithmetic, played second by second on a clock of the test's own."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbeat.jobs import schedule

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
HOUR = 3600


class Run(NamedTuple):
    """What one run does. ``dies``: its worker vanishes, and the lease frees the job after so many seconds."""

    seconds: int = 1
    fails: bool = False
    more: bool = False
    dies: int = 0


OK, FAIL, MORE = Run(), Run(fails=True), Run(more=True)


class Life(NamedTuple):
    """A job's surroundings, by second: clock jumps, changes of the interval, requests, and when no worker was up."""

    every: int = 10
    jumps: Mapping[int, int] = {}
    intervals: Mapping[int, int] = {}
    requests: frozenset[int] = frozenset()
    down: range = range(0)


def play(life: Life, runs: Iterable[Run], seconds: int) -> Iterator[int]:
    """Yield the seconds at which runs start."""
    script = chain(runs, repeat(OK))
    now, every, timing, busy_until = NOON, life.every, schedule.first(NOON), 0
    running: Run | None = None
    for second in range(seconds):
        now += timedelta(seconds=life.jumps.get(second, 0))
        every = life.intervals.get(second, every)
        if running and second >= busy_until:
            timing, running = _end(now, timing, running), None
        wanted = schedule.is_due(now, timing, every) or second in life.requests
        if running is None and second not in life.down and wanted:
            running = next(script)
            timing = schedule.on_start(now, timing, every)
            busy_until = second + (running.dies or running.seconds)
            yield second
        now += timedelta(seconds=1)


def _end(now: datetime, timing: schedule.Timing, run: Run) -> schedule.Timing:
    if run.dies:
        return timing
    return schedule.on_failure(now, timing) if run.fails else schedule.on_success(now, timing, more=run.more)


TABLE = [
    ("short runs keep the interval", Life(), [], 40, [0, 10, 20, 30]),
    ("a run as long as the interval", Life(), [Run(10), Run(10)], 31, [0, 10, 20, 30]),
    ("3 of 10 minutes", Life(600), [Run(180), Run(840)], 1441, [0, 600, 1440]),
    ("an overrun is followed at once, cadence from there", Life(), [Run(14)], 40, [0, 14, 24, 34]),
    ("missed ticks coalesce into one start", Life(), [Run(35)], 60, [0, 35, 45, 55]),
    ("two overruns in a row", Life(), [Run(12), Run(13)], 50, [0, 12, 25, 35, 45]),
    ("an hour without a worker is one start", Life(down=range(5, HOUR)), [], HOUR + 15, [0, HOUR, HOUR + 10]),
    ("a restart inside the interval starts nothing", Life(60, down=range(5, 50)), [], 70, [0, 60]),
    ("retries at 1, 2, 4 seconds leave the cadence", Life(60), [FAIL] * 3, 130, [0, 2, 5, 10, 60, 120]),
    ("a fast job that always fails keeps its cadence", Life(5), [FAIL] * 99, 30, [0, 2, 5, 10, 15, 20, 25]),
    ("a success resets the back-off", Life(60), [FAIL, FAIL, OK, FAIL], 70, [0, 2, 5, 60, 62]),
    ("a failure that outlasts the interval pauses", Life(5), [Run(8, fails=True)] * 2, 20, [0, 9, 18]),
    (
        "back-off ends at 300 seconds",
        Life(HOUR),
        [FAIL] * 99,
        900,
        [0, 2, 5, 10, 19, 36, 69, 134, 263, 520, 821],
    ),
    ("the rest of a batch goes on at once, cadence kept", Life(30), [MORE] * 3, 65, [0, 1, 2, 3, 30, 60]),
    ("a rest longer than the interval", Life(5), [MORE] * 7, 20, [0, 1, 2, 3, 4, 5, 6, 7, 10, 15]),
    ("a request leaves the cadence", Life(30, requests=frozenset({7})), [], 65, [0, 7, 30, 60]),
    ("clock set back an hour", Life(jumps={15: -HOUR}), [], 40, [0, 10, 15, 25, 35]),
    ("clock set back a second", Life(jumps={15: -1}), [], 40, [0, 10, 21, 31]),
    ("clock set forward an hour", Life(jumps={15: HOUR}), [], 40, [0, 10, 15, 25, 35]),
    ("clock set back during a run", Life(jumps={2: -HOUR}), [Run(4)], 30, [0, 4, 14, 24]),
    ("a dead worker's run is taken up when its lease ends", Life(600), [Run(dies=30)], 650, [0, 30, 600]),
    ("a shorter interval applies at once", Life(HOUR, intervals={20: 10}), [], 45, [0, 20, 30, 40]),
    ("a longer interval applies from the next start", Life(intervals={5: 60}), [], 75, [0, 10, 70]),
]


@pytest.mark.parametrize(
    ("life", "runs", "seconds", "starts"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_starts(life: Life, runs: list[Run], seconds: int, starts: list[int]) -> None:
    assert list(play(life, runs, seconds)) == starts


any_run = st.builds(Run, seconds=st.integers(1, 50), fails=st.booleans(), more=st.booleans(), dies=st.just(0))
any_jumps = st.dictionaries(st.integers(1, 900), st.integers(-4000, 4000), max_size=4)


@given(every=st.integers(2, 60), runs=st.lists(any_run, max_size=30), jumps=any_jumps)
def test_a_job_never_stands_still(every: int, runs: list[Run], jumps: dict[int, int]) -> None:
    """The next start is at most one interval after the last, or after the run's end; a clock set back adds one."""
    starts = [*play(Life(every, jumps=jumps), runs, 1000), 1000]
    for before, after, run in zip(starts, starts[1:], chain(runs, repeat(OK)), strict=False):
        assert after - before <= max(every, run.seconds) + 1 + len(jumps) * every


@given(every=st.integers(2, 60), lengths=st.lists(st.integers(1, 200), max_size=30))
def test_successes_start_an_interval_apart_or_as_soon_as_they_end(every: int, lengths: list[int]) -> None:
    starts = list(play(Life(every), [Run(length) for length in lengths], 1000))
    for before, after, length in zip(starts, starts[1:], chain(lengths, repeat(1)), strict=False):
        assert after - before == max(every, length)


@given(every=st.integers(2, 60), runs=st.lists(any_run, max_size=30), jumps=any_jumps)
def test_no_start_overlaps_the_run_before(every: int, runs: list[Run], jumps: dict[int, int]) -> None:
    starts = list(play(Life(every, jumps=jumps), runs, 1000))
    for before, after, run in zip(starts, starts[1:], chain(runs, repeat(OK)), strict=False):
        assert after - before >= run.seconds


@given(every=st.floats(0.1, 1e6), runs=st.lists(any_run, max_size=20))
def test_nothing_is_planned_further_ahead_than_an_interval(every: float, runs: list[Run]) -> None:
    """What :func:`is_due` takes for a clock set back never happens by itself."""
    now, timing = NOON, schedule.first(NOON)
    for run in runs:
        timing = schedule.on_start(now, timing, every)
        now += timedelta(seconds=run.seconds)
        timing = _end(now, timing, run)
        assert timing.next_run_at - now <= timedelta(seconds=max(every, schedule.RETRY_SECONDS))
        assert not schedule.is_due(timing.next_run_at - timedelta(microseconds=1), timing, every)
        now = max(now, timing.next_run_at)


def test_news_wait_for_the_gap() -> None:
    assert not schedule.is_soon(NOON, NOON - timedelta(seconds=0.4), 0.5)
    assert schedule.is_soon(NOON, NOON - timedelta(seconds=0.5), 0.5)
    assert schedule.is_soon(NOON, None, 0.5)
    assert schedule.is_soon(NOON, NOON + timedelta(hours=1), 0.5), "a clock that was set back must not silence a job"


def test_a_job_has_given_way_long_enough_from_the_second_that_says_so() -> None:
    assert not schedule.has_yielded(NOON, NOON - timedelta(seconds=59.9), 60.0)
    assert schedule.has_yielded(NOON, NOON - timedelta(seconds=60), 60.0)
    assert schedule.has_yielded(NOON, NOON + timedelta(hours=1), 60.0), "a clock that was set back"
    assert not schedule.has_yielded(NOON, None, 60.0)
