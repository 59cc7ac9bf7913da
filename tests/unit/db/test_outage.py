"""What counts as a database that cannot be used for now, and what does not."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from backbeat.db import outage
from backbeat.db.outage import (
    OutageError,
    cannot_connect,
    is_away,
    is_cut,
    log_if_unreachable,
    retry_while_unreachable,
    trouble_of,
    wait_for,
)
from backbeat.db.troubles import RECENT_SECONDS, Troubles
from backbeat.errors import ConfigError, DatabaseError

AWAY = {
    "08000": "database_unreachable",
    "08003": "database_unreachable",
    "08006": "database_unreachable",
    "08P01": "database_unreachable",  # PgBouncer, among others, for whatever it cannot pass on
    "25006": "database_read_only",
    "25P03": "database_session_ended",
    "40001": "database_conflict",
    "40P01": "database_conflict",
    "53000": "database_out_of_resources",
    "53100": "database_disk_full",
    "53200": "database_out_of_memory",
    "53300": "database_out_of_connections",
    "55P03": "database_conflict",
    "57014": "database_too_slow",
    "57P01": "database_restarting",
    "57P02": "database_restarting",
    "57P03": "database_restarting",
    "57P04": "database_unreachable",
    "57P05": "database_session_ended",
    "58000": "database_system_error",
    "58030": "database_system_error",
}
THERE = [
    "22001",
    "22021",
    "23505",
    "23514",
    "42601",
    "42P01",
    "42501",
    "54000",
    "P0001",
    "XX000",
    "XX001",
    "0A000",
    "55000",
]

SAID = {
    "connection failed: FATAL:  sorry, too many clients already": "database_out_of_connections",
    "FATAL:  remaining connection slots are reserved for superusers": "database_out_of_connections",
    'FATAL:  too many connections for role "app"': "database_out_of_connections",
    "FATAL:  no more connections allowed (max_client_conn)": "database_out_of_connections",
    "FATAL:  the database system is starting up": "database_restarting",
    "FATAL:  the database system is not yet accepting connections": "database_restarting",
    "FATAL:  the database system is in recovery mode": "database_restarting",
    "FATAL:  the database system is shutting down": "database_restarting",
    'connection to server at "10.0.0.1", port 5432 failed: session is read-only': "database_read_only",
    "connection to server failed: server is in hot standby mode": "database_read_only",
    'connection to server at "10.0.0.1", port 5432 failed: Connection refused': "database_unreachable",
    'could not translate host name "db" to address: Name or service not known': "database_unreachable",
    "server closed the connection unexpectedly": "database_unreachable",
    "FATAL:  could not write init file: No space left on device": "database_disk_full",
}
REFUSED = [
    'FATAL:  password authentication failed for user "app"',
    'FATAL:  database "music" does not exist',
    'FATAL:  role "app" does not exist',
    'FATAL:  no pg_hba.conf entry for host "10.0.0.1"',
]  # fmt: skip


class Instant:
    """Sleeps in no time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


def of_state(state: str) -> psycopg.Error:
    return psycopg.errors.lookup(state)("it says so")


@pytest.mark.parametrize(("state", "code"), AWAY.items())
def test_states_of_a_database_that_cannot_be_used_for_now(state: str, code: str) -> None:
    trouble = trouble_of(of_state(state))
    assert trouble is not None
    assert trouble.kind.code == code
    assert trouble.kind.cure


@pytest.mark.parametrize("state", THERE)
def test_states_that_are_about_what_was_asked(state: str) -> None:
    assert trouble_of(of_state(state)) is None


def test_a_standby_says_it_with_more_than_one_state() -> None:
    for state, words in (("55000", "recovery is in progress"), ("XX000", "cannot assign xids during recovery")):
        trouble = trouble_of(psycopg.errors.lookup(state)(words))
        assert trouble is not None
        assert trouble.kind is outage.READ_ONLY


@pytest.mark.parametrize(("said", "code"), SAID.items())
def test_words_of_those_who_admit_no_session(said: str, code: str) -> None:
    error = psycopg.OperationalError(said)
    trouble = trouble_of(error)
    assert trouble is not None
    assert trouble.kind.code == code
    failure = cannot_connect(error)
    assert (failure.code, isinstance(failure, OutageError)) == (code, True)


@pytest.mark.parametrize("said", REFUSED)
def test_a_refusal_that_does_not_pass_by_itself_is_no_outage(said: str) -> None:
    error = psycopg.OperationalError(said)
    assert not is_away(error)
    failure = cannot_connect(error)
    assert (failure.code, isinstance(failure, OutageError)) == ("database_refused", False)
    assert is_away(PoolTimeout(said)), "a process that runs waits for its password to be right again"


def test_an_aborted_pipeline_is_judged_by_what_aborted_it() -> None:
    for cause, away in ((of_state("25006"), True), (of_state("23505"), False), (None, False)):
        aborted = psycopg.errors.PipelineAborted("pipeline aborted")
        aborted.__context__ = cause
        assert is_away(aborted) is away


def test_our_own_errors_and_defects_are_no_outage() -> None:
    for error in (ConfigError("x", "x", cure="x"), DatabaseError("x", "x", cure="x"), ValueError("x"), TimeoutError()):
        assert not is_away(error)
    assert is_away(OutageError("x", "x", cure="x"))


async def test_retrying_goes_on_through_a_read_only_spell_and_raises_anything_else() -> None:
    told = iter([of_state("25006"), of_state("53100"), OutageError("x", "x", cure="x"), of_state("57P03")])

    async def work() -> str:
        for error in told:
            raise error
        return "done"

    async def wrong() -> None:
        raise of_state("42601")

    assert await retry_while_unreachable(work, Instant(), "test") == "done"
    with pytest.raises(psycopg.errors.SyntaxError):
        await retry_while_unreachable(wrong, Instant(), "test")


async def test_a_start_waits_as_long_as_it_is_told_and_then_names_the_cause() -> None:
    clock, tries = Instant(), 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        raise psycopg.OperationalError("FATAL:  sorry, too many clients already")

    with pytest.raises(OutageError, match="too many clients") as failed:
        await wait_for(work, clock, "test", seconds_max=30, stop=asyncio.Event())
    assert failed.value.code == "database_out_of_connections"
    assert clock.seconds == pytest.approx(30)
    assert tries > 5
    tries = 0
    with pytest.raises(OutageError):
        await wait_for(work, clock, "test", seconds_max=0, stop=asyncio.Event())
    assert tries == 1


async def test_a_start_that_waits_ends_when_asked_to_stop() -> None:
    stop = asyncio.Event()

    async def work() -> str:
        stop.set()
        raise psycopg.OperationalError("connection refused")

    assert await wait_for(work, Instant(), "test", seconds_max=1e9, stop=stop) is None


async def test_a_start_that_works_for_long_ends_when_asked_to_stop() -> None:
    stop, begun, ends = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()  # another process's migration, say
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    waiting = asyncio.create_task(wait_for(work, Instant(), "test", seconds_max=1e9, stop=stop))
    await begun.wait()
    stop.set()
    await waiting
    assert ends == ["cancelled"]


def test_an_outage_that_is_logged_passes_and_nothing_else() -> None:
    def fail(state: str) -> None:
        raise of_state(state)

    with log_if_unreachable("test"):
        fail("53100")
    with pytest.raises(psycopg.errors.UndefinedTable), log_if_unreachable("test"):
        fail("42P01")


def test_troubles_are_kept_by_lane_and_forgotten_by_themselves() -> None:
    now = 0.0
    troubles = Troubles(lambda: now)
    troubles.note("indexing", of_state("53100"))
    troubles.note("jobs", of_state("23505"))
    troubles.note("jobs", of_state("40001"))  # of what met there, not of the server
    assert [(noted.lane, noted.trouble.kind.code) for noted in troubles.recent()] == [
        ("indexing", "database_disk_full")
    ]
    troubles.of("jobs")(psycopg.OperationalError("no\nmore"))
    assert troubles.refusal("jobs") == "no"
    now = RECENT_SECONDS + 1
    assert (troubles.recent(), troubles.refusal("jobs")) == ([], None)


@pytest.mark.parametrize(
    ("error", "cut"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.CrashShutdown(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.errors.IdleInTransactionSessionTimeout(), True),
        (psycopg.errors.QueryCanceled(), True),
        (psycopg.errors.OutOfMemory(), True),
        (psycopg.errors.lookup("57P05")(), True),
        (PoolTimeout("no connection"), False),
        (psycopg.errors.LockNotAvailable(), False),
        (psycopg.errors.DiskFull(), False),
        (psycopg.errors.ReadOnlySqlTransaction(), False),
        (psycopg.errors.UniqueViolation(), False),
        (TimeoutError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_cut_is_a_connection_lost_at_work(error: Exception, cut: bool) -> None:
    assert is_cut(error) is cut
