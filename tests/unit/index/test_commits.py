"""What the block loop knows of its commits: since when one waits, what they fail with, how long they take."""

import psycopg
import pytest

from backbeat.index.commits import LOCK_TIMEOUT, LOOK_SECONDS, REASONS, REFUSED, WAITS_SECONDS, Commits, why
from backbeat.lock_holder import LockHolder
from backbeat.loop_report import BUCKET_SECONDS, Durations, bounds_of

HOLDER = LockHolder(pid=1234, application="psql", user="ann", state="idle in transaction", state_seconds=21.0)


def test_a_commit_that_succeeds_at_once_is_no_standstill_and_is_measured() -> None:
    commits = Commits()
    commits.began(5, 10.0)
    commits.succeeded(10.02)
    assert commits.standstill(11.0) is None
    assert sum(commits.durations.buckets) == 1
    assert commits.durations.seconds == pytest.approx(0.02)


def test_after_the_first_failure_the_loop_is_stuck_since_the_first_try() -> None:
    commits = Commits()
    commits.began(5, 10.0)
    commits.failed(psycopg.errors.LockNotAvailable("canceling statement due to lock timeout\nmore"), 25.0)
    found = commits.standstill(30.0)
    assert found is not None
    assert (found.height, found.seconds, found.failures, found.reason) == (5, 20.0, 1, LOCK_TIMEOUT)
    assert found.error == "canceling statement due to lock timeout"
    commits.began(5, 31.0)
    commits.failed(psycopg.errors.LockNotAvailable("again"), 46.0)
    found = commits.standstill(46.0)
    assert found is not None
    assert (found.seconds, found.failures, commits.failures) == (36.0, 2, {LOCK_TIMEOUT: 2})
    commits.began(5, 47.0)
    commits.succeeded(47.5)
    assert commits.standstill(48.0) is None
    last = commits.last_failure(50.0)
    assert last is not None
    assert (last.height, last.reason, last.error, last.age_seconds) == (5, LOCK_TIMEOUT, "again", 4.0)


def test_a_commit_that_waits_for_a_lock_is_told_of_before_it_fails() -> None:
    commits = Commits()
    commits.began(5, 10.0)
    assert not commits.may_wait(10.0 + LOOK_SECONDS - 0.1)
    assert commits.may_wait(10.0 + LOOK_SECONDS)
    assert commits.standstill(20.0) is None, "nobody is known to be in the way: it may be a long batch"
    commits.waits_for(HOLDER)
    assert commits.standstill(10.0 + WAITS_SECONDS - 0.1) is None
    found = commits.standstill(10.0 + WAITS_SECONDS)
    assert found is not None
    assert (found.failures, found.lock_holder) == (0, HOLDER)
    commits.failed(psycopg.errors.LockNotAvailable("lock timeout"), 25.0)
    found = commits.standstill(27.0)
    assert found is not None
    assert found.lock_holder == HOLDER, "between two tries it is still known"
    commits.failed(psycopg.OperationalError("server closed the connection unexpectedly"), 40.0)
    found = commits.standstill(41.0)
    assert found is not None
    assert found.lock_holder is None


def test_a_commit_whose_answer_was_lost_is_no_standstill_of_the_next_block() -> None:
    commits = Commits()
    commits.began(5, 10.0)
    commits.failed(psycopg.OperationalError("server closed the connection unexpectedly"), 11.0)
    commits.began(6, 12.0)
    assert commits.standstill(13.0) is None


def test_commits_that_are_given_up_are_no_standstill() -> None:
    commits = Commits()
    commits.began(5, 10.0)
    commits.waits_for(HOLDER)
    commits.ended()
    assert commits.standstill(100.0) is None
    assert not commits.may_wait(100.0)


@pytest.mark.parametrize(
    ("error", "reason", "may_pass"),
    [
        (psycopg.errors.LockNotAvailable("x"), LOCK_TIMEOUT, False),
        (psycopg.errors.DeadlockDetected("x"), "database_conflict", False),
        (psycopg.errors.DiskFull("x"), "database_disk_full", True),
        (psycopg.OperationalError("server closed the connection unexpectedly"), "database_unreachable", True),
        (psycopg.errors.AdminShutdown("terminating connection"), "database_restarting", True),
        (psycopg.errors.InsufficientPrivilege("permission denied for table plays"), REFUSED, False),
    ],
)
def test_a_failure_has_a_reason_of_a_bounded_set(error: psycopg.Error, reason: str, may_pass: bool) -> None:
    told = why(error)
    assert (told.reason, told.may_pass) == (reason, may_pass)
    assert told.reason in REASONS
    assert told.cure


def test_what_a_pipeline_met_first_is_told() -> None:
    aborted = psycopg.errors.PipelineAborted("pipeline aborted")
    aborted.__cause__ = psycopg.errors.LockNotAvailable("lock timeout")
    assert why(aborted).reason == LOCK_TIMEOUT


def test_secrets_in_what_the_server_says_are_masked() -> None:
    assert "hunter2" not in why(psycopg.OperationalError("postgresql://ann:hunter2@db/x does not answer")).error


def test_durations_are_counted_by_bounds() -> None:
    durations = Durations()
    for seconds in (0.001, BUCKET_SECONDS[0], 0.02, 1_000.0):
        durations.add(seconds)
    assert list(bounds_of(durations)) == [2, 2, 3, 3, 3, 3, 3, 3, 3, 4]
