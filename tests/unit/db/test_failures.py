"""Every error of the driver that is not a defect becomes one of ours: code, sentence, cure, and who is in the way."""

from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import errors

from backbeat.db.failures import failure_of, translated
from backbeat.errors import BackbeatError, Exit
from backbeat.lock_holder import LockHolder

SINCE = datetime(2026, 11, 30, 22, 15, 1, tzinfo=UTC)
HOLDER = LockHolder(pid=1234, application="psql", state="idle in transaction", since=SINCE, relation="plays")

ORDINARY = [
    (errors.LockNotAvailable, "database_conflict", Exit.UNAVAILABLE),
    (errors.QueryCanceled, "database_too_slow", Exit.UNAVAILABLE),
    (errors.UndefinedTable, "migrations_pending", Exit.CONFIG),
    (errors.UndefinedFunction, "schema_incomplete", Exit.CONFIG),
    (errors.UndefinedColumn, "schema_incomplete", Exit.CONFIG),
    (errors.InvalidSchemaName, "schema_incomplete", Exit.CONFIG),
    (errors.InsufficientPrivilege, "database_permission_denied", Exit.FAILURE),
    (errors.UniqueViolation, "database_refused_rows", Exit.FAILURE),
    (errors.NumericValueOutOfRange, "database_refused_rows", Exit.FAILURE),
    (errors.RaiseException, "database_refused_rows", Exit.FAILURE),
    (errors.DataCorrupted, "database_internal_error", Exit.FAILURE),
    (errors.ProgramLimitExceeded, "database_limit", Exit.FAILURE),
    (errors.ReadOnlySqlTransaction, "database_read_only", Exit.UNAVAILABLE),
    (errors.DiskFull, "database_disk_full", Exit.UNAVAILABLE),
]


@pytest.mark.parametrize(("kind", "code", "status"), ORDINARY, ids=lambda each: getattr(each, "__name__", str(each)))
def test_an_ordinary_fault_is_no_defect(kind: type[psycopg.Error], code: str, status: Exit) -> None:
    found = failure_of(kind("the server's\nwords"))
    assert found is not None
    assert (found.code, found.exit_status) == (code, status)
    assert "the server's words" in found.message
    assert found.cure


@pytest.mark.parametrize("error", [errors.SyntaxError("at or near"), psycopg.ProgrammingError("x"), ValueError("x")])
def test_what_no_operator_can_mend_stays_a_defect(error: Exception) -> None:
    assert failure_of(error) is None
    with pytest.raises(type(error)), translated():
        raise error


@pytest.mark.parametrize("place", ['\nLINE 30: FROM "plays" AS r\n             ^', " at character 1137"])
def test_the_place_in_a_statement_that_nobody_sees_is_left_out(place: str) -> None:
    found = failure_of(errors.LockNotAvailable(f"canceling statement due to lock timeout{place}\nDETAIL:  it waited"))
    assert found is not None
    assert "canceling statement due to lock timeout DETAIL: it waited" in found.message


def test_an_error_of_ours_stays_what_it_is() -> None:
    error = BackbeatError("chain_gap", "Block 7 is missing.", cure="Fetch it.")
    assert failure_of(error) is error


@pytest.mark.parametrize("kind", [errors.LockNotAvailable, errors.QueryCanceled])
def test_who_holds_the_lock_is_named_with_what_ends_it(kind: type[psycopg.Error]) -> None:
    with pytest.raises(BackbeatError) as raised, translated(lambda: HOLDER):
        raise kind("canceling statement")
    assert "process 1234 (psql, idle in transaction, in a transaction since 2026-11-30 22:15:01 UTC), at plays" in str(
        raised.value
    )
    assert "pg_terminate_backend(1234)" in raised.value.cure


def test_who_held_a_lock_is_not_blamed_for_other_faults() -> None:
    found = failure_of(errors.DiskFull("no space"), HOLDER)
    assert found is not None
    assert "1234" not in str(found) + found.cure


def test_a_prepared_transaction_has_no_process() -> None:
    held = LockHolder(pid=0)
    assert "prepared transaction" in str(held)
    assert "pg_prepared_xacts" in held.cure


def test_what_a_role_may_not_know_is_left_out() -> None:
    assert str(LockHolder(pid=7)) == "process 7 (without a name)"
