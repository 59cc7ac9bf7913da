"""What a run failed with has a code and a cure, whatever it was."""

from psycopg import errors

from backbeat.errors import JobError
from backbeat.jobs.failure import failure_of_run
from backbeat.lock_holder import LockHolder


def test_a_defect_is_called_one() -> None:
    failure = failure_of_run(KeyError("x"))
    assert failure.code == "job_defect"
    assert "KeyError" in failure.message
    assert "tried again" in failure.cure


def test_an_ordinary_fault_says_who_holds_the_lock() -> None:
    holder = LockHolder(pid=7, application="psql", state="idle", relation="plays")
    failure = failure_of_run(errors.LockNotAvailable("timeout"), holder)
    assert failure.code == "database_conflict"
    assert "process 7 (psql, idle), at plays" in failure.message
    assert "as that session's role or a superuser: `SELECT pg_terminate_backend(7)`" in failure.cure
    assert "GRANT" not in failure.cure


def test_who_may_not_see_what_a_session_does_is_told_what_lets_it() -> None:
    hidden = LockHolder(pid=7, user="bob", our_role='"a b"')
    assert hidden.cure.endswith('To see what it does: `GRANT pg_read_all_stats TO "a b"`.')
    assert "GRANT" not in LockHolder(pid=0, our_role="us").cure


def test_an_error_of_ours_stays() -> None:
    error = JobError("job_running", "It runs.", cure="Wait.")
    assert failure_of_run(error) is error
