"""What it looks like when the database cannot be used for now, in one place, and doing a thing again until it can.

An error is judged by its SQLSTATE, where the driver has one; what fails before a session exists has none, and is judged
by the server's words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from backbeat.clock import Clock
from backbeat.errors import BackbeatError, ConfigError, DatabaseError
from backbeat.service import until

RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX = 0.2, 5.0  # domain: chain and entities, 2.5

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Kind(NamedTuple):
    """One reason why the database cannot be used for now.

    ``of_server``: it lies with the server or the way to it, whatever is asked of it; otherwise with what meets there.
    ``cuts``: it ends work under way, which may have been too much at once.
    """

    code: str
    sentence: str
    cure: str
    of_server: bool = True
    cuts: bool = False


class Trouble(NamedTuple):
    """A reason with what the server said; ``message`` is one line."""

    kind: Kind
    message: str


class OutageError(DatabaseError):
    """The database cannot be used for now: the same work may well succeed later."""


UNREACHABLE = Kind(
    "database_unreachable",
    "The database does not answer",
    "Check the address in --database, and that the server runs and admits this user. If it answered before, start the "
    "server again: everything goes on by itself.",
    cuts=True,
)
REFUSED = Kind(
    "database_refused",
    "The database does not admit us",
    "Check user, password and database in --database, and the server's pg_hba.conf.",
)
MISADDRESSED = Kind(
    "database_url_invalid",
    "The database address holds a value that cannot be used",
    "Correct it in --database.",
)
READ_ONLY = Kind(
    "database_read_only",
    "The database can only be read",
    "It is a standby: name the primary in --database, or promote this one.",
)
DISK_FULL = Kind(
    "database_disk_full",
    "The database's disk is full",
    "Make room on the server's disk; what was under way is tried again by itself.",
)
OUT_OF_MEMORY = Kind(
    "database_out_of_memory",
    "The database server is out of memory",
    "Give the server more memory, or lower its work_mem or its number of connections.",
    cuts=True,
)
OUT_OF_CONNECTIONS = Kind(
    "database_out_of_connections",
    "The database server admits no more connections",
    "Close what else is connected, raise max_connections or the role's limit, or lower database.pool_max_conns.",
)
OUT_OF_RESOURCES = Kind(
    "database_out_of_resources",
    "The database server is out of a resource",
    "See the server's log; what was under way is tried again by itself.",
    of_server=False,
)
RESTARTING = Kind(
    "database_restarting",
    "The database is starting, stopping or recovering",
    "Wait until it has started; if it does not, see the server's log.",
    cuts=True,
)
DISK_ERROR = Kind(
    "database_system_error",
    "The database server cannot use its files",
    "See the server's log and its disks.",
)
TOO_SLOW = Kind(
    "database_too_slow",
    "The database did not answer in time",
    "See what keeps it busy in pg_stat_activity.",
    of_server=False,
    cuts=True,
)
SESSION_ENDED = Kind(
    "database_session_ended",
    "The database ended a session that stood still",
    "Nothing has to be done: it is tried again. If it goes on, see what makes this process stand still, and the "
    "server's idle timeouts.",
    of_server=False,
    cuts=True,
)
CONFLICT = Kind(
    "database_conflict",
    "Another session was in the way",
    "Nothing has to be done: it is tried again. If it goes on, see pg_stat_activity for who holds locks.",
    of_server=False,
)

BY_STATE: dict[str, Kind] = {
    "08": UNREACHABLE,
    "25006": READ_ONLY,
    "25P03": SESSION_ENDED,
    "25P04": SESSION_ENDED,
    "40": CONFLICT,
    "53": OUT_OF_RESOURCES,
    "53100": DISK_FULL,
    "53200": OUT_OF_MEMORY,
    "53300": OUT_OF_CONNECTIONS,
    "55P03": CONFLICT,
    "57": RESTARTING,
    "57014": TOO_SLOW,
    "57P04": UNREACHABLE,  # the database was dropped; it may be restored
    "57P05": SESSION_ENDED,
    "58": DISK_ERROR,
}
"""By SQLSTATE or the beginning of one; the longest that fits counts. What is not here is no outage."""

BY_WORDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        OUT_OF_CONNECTIONS,
        (
            "too many clients",
            "remaining connection slots",
            "too many connections for",
            "no more connections allowed",
            "max_client_conn",
        ),
    ),
    (
        RESTARTING,
        (
            "is starting up",
            "is shutting down",
            "in recovery mode",
            "not yet accepting connections",
            "not accepting connections",
            "terminating connection due to administrator",
        ),
    ),
    (
        READ_ONLY,
        ("session is read-only", "hot standby mode", "session is not read-write", "only reads"),
    ),
    (DISK_FULL, ("no space left on device",)),
    (OUT_OF_MEMORY, ("out of memory",)),
    (
        MISADDRESSED,  # libpq's, before it has asked any server
        ("connection is bad: invalid ", "for connection option", "could not match", "definition of service"),
    ),
    (
        REFUSED,
        (
            "authentication failed",
            "no password supplied",
            "no pg_hba.conf entry",
            "does not exist",
            "no such database",
            "no such user",
            "permission denied for database",
            "is not permitted to log in",
        ),
    ),
)
"""By what servers and poolers say, in English, to those whom they do not let in."""

FOR_GOOD = (REFUSED, MISADDRESSED)  # trying again helps only where the server or the address may change meanwhile

OF_A_STANDBY = ("recovery is in progress", "during recovery", "in hot standby")
ENDS_SESSIONS = frozenset({"FATAL", "PANIC"})


def trouble_of(error: BaseException) -> Trouble | None:
    """Return why the database cannot be used for now, if that is what ``error`` says; None for anything else.

    A pool that had no connection in time counts whatever the reason: the next try may find one.
    """
    if isinstance(error, OutageError):
        return Trouble(Kind(error.code, error.message, error.cure), error.message)
    if isinstance(error, psycopg.errors.PipelineAborted):  # says only that something before it failed
        first = error.__cause__ or error.__context__
        return trouble_of(first) if first is not None else None
    if not isinstance(error, psycopg.Error):
        return None
    kind = _by_state(error) if error.sqlstate else _by_words(error)
    return Trouble(kind, f"{kind.sentence}: {first_line(error)}") if kind else None


def is_away(error: BaseException) -> bool:
    """Say whether ``error`` means that the database cannot be used for now."""
    return trouble_of(error) is not None


def is_cut(error: BaseException) -> bool:
    """Say whether ``error`` ended work under way; a pool that had no connection ended none."""
    trouble = None if isinstance(error, PoolTimeout) else trouble_of(error)
    return trouble is not None and trouble.kind.cuts


def outage(error: BaseException) -> OutageError | None:
    """Return ``error`` as one with a code and a cure if the database cannot be used for now, else None."""
    if isinstance(error, OutageError):
        return error
    found = trouble_of(error)
    return OutageError(found.kind.code, found.message, cure=found.kind.cure) if found else None


def _by_state(error: psycopg.Error) -> Kind | None:
    state = error.sqlstate or ""
    found = next((BY_STATE[state[:size]] for size in (5, 2) if state[:size] in BY_STATE), None)
    if found is None and any(words in str(error).lower() for words in OF_A_STANDBY):
        return READ_ONLY  # not every part of the server has 25006 for it
    if found is None and error.diag.severity_nonlocalized in ENDS_SESSIONS:
        return _worded(error) or UNREACHABLE  # whatever it was, the session is gone with it
    return found


def _by_words(error: psycopg.Error) -> Kind | None:
    if not isinstance(error, psycopg.OperationalError):
        return None
    found = _worded(error) or UNREACHABLE
    return None if found in FOR_GOOD and not isinstance(error, PoolTimeout) else found


def _worded(error: psycopg.Error) -> Kind | None:
    said = str(error).lower()
    return next((kind for kind, words in BY_WORDS if any(word in said for word in words)), None)


def cannot_connect(error: psycopg.OperationalError) -> BackbeatError:
    """Return the failure to begin a session as one with a code and a cure: an OutageError if it may pass by itself."""
    kind = _worded(error) or UNREACHABLE
    made = {REFUSED: DatabaseError, MISADDRESSED: ConfigError}.get(kind, OutageError)
    return made(kind.code, f"{kind.sentence}: {' '.join(str(error).split())}", cure=kind.cure)


async def retry_while_unreachable(work: Callable[[], Awaitable[T]], clock: Clock, doing: str) -> T:
    """Await ``work()`` again and again, at most five seconds apart, while the database is away; cancel to give up.

    ``work`` must leave nothing half done when it fails. Other errors are raised at once.
    """
    pauses = _pauses()
    while True:
        try:
            return await work()
        except (psycopg.Error, OutageError) as error:
            await clock.sleep(_log_outage(error, doing, next(pauses)))


async def wait_for(
    work: Callable[[], Awaitable[T]], clock: Clock, doing: str, *, seconds_max: float, stop: asyncio.Event
) -> T | None:
    """Await ``work()`` as :func:`retry_while_unreachable` does, for about ``seconds_max``.

    None once ``stop`` is set: work under way is cancelled, for it may wait long for another process. Raises OutageError
    when the time is up.
    """
    pauses = _pauses()
    ends_at = clock.monotonic() + seconds_max
    while not stop.is_set():
        try:
            return await until(work(), stop)
        except (psycopg.Error, OutageError) as error:
            left_seconds = ends_at - clock.monotonic()
            if left_seconds <= 0 and (gone := outage(error)):
                raise gone from error
            pause = min(_log_outage(error, doing, next(pauses)), max(left_seconds, 0.0))
        await until(clock.sleep(pause), stop)
    return None


@contextmanager
def log_if_unreachable(event: str, **fields: Any) -> Iterator[None]:
    """Log ``event`` and go on where the database is away; other errors are raised."""
    try:
        yield
    except (psycopg.Error, OutageError) as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        log.warning(event, **fields, code=trouble.kind.code, error=trouble.message)


def _log_outage(error: BaseException, doing: str, pause_seconds: float) -> float:
    """Log that the database is away, with the cure; raise ``error`` if it says anything else."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    log.warning(
        "database_away",
        doing=doing,
        code=trouble.kind.code,
        error=trouble.message,
        cure=trouble.kind.cure,
        retry_seconds=pause_seconds,
    )
    return pause_seconds


def _pauses() -> Iterator[float]:
    seconds = RETRY_SECONDS_FIRST
    while True:
        yield seconds
        seconds = min(seconds * 2, RETRY_SECONDS_MAX)


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line for the log."""
    return (error.message if isinstance(error, BackbeatError) else str(error)).partition("\n")[0]
