"""The one place where an error of the driver becomes one of ours: a code, a sentence, a cure.

What keeps the database from being used for now is in :mod:`backbeat.db.outage`; here is what it refuses besides. What
is in neither, as a statement that does not parse, is a defect of ours.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psycopg

from backbeat.db.outage import CONFLICT, TOO_SLOW, OutageError, trouble_of
from backbeat.errors import BackbeatError, DatabaseError, RefusedByDatabaseError, UnfitDatabaseError
from backbeat.lock_holder import LockHolder

Told = Callable[[str], DatabaseError]

WAITED = (CONFLICT.code, TOO_SLOW.code)
"""Codes of what a lock that another session holds leads to."""


def failure_of(error: BaseException, holder: LockHolder | None = None) -> BackbeatError | None:
    """Return ``error`` as one of ours; None where it is a defect.

    ``holder`` is the session that kept ours from a lock when it failed.
    """
    if isinstance(error, BackbeatError):
        return error
    if isinstance(error, psycopg.errors.PipelineAborted):  # says only that something before it failed
        first = error.__cause__ or error.__context__
        return failure_of(first, holder) if first is not None else None
    if not isinstance(error, psycopg.Error):
        return None
    if (trouble := trouble_of(error)) is not None:
        kind = trouble.kind
        said = f"{kind.sentence}: {_line(error)}"
        if holder is None or kind.code not in WAITED:
            return OutageError(kind.code, said, cure=kind.cure)
        return OutageError(kind.code, f"{said}. The lock is held by {holder}.", cure=holder.cure)
    state = error.sqlstate or ""
    found = next((BY_STATE[state[:size]] for size in (5, 2) if state[:size] in BY_STATE), None)
    return found(_line(error)) if found else None


@contextmanager
def translated(holder: Callable[[], LockHolder | None] = lambda: None) -> Iterator[None]:
    """Turn the driver's errors into ours; a defect is raised as it is. ``holder`` is asked when one is raised."""
    try:
        yield
    except psycopg.Error as error:
        failure = failure_of(error, holder())
        if failure is None:
            raise
        raise failure from error


def _lacks_table(said: str) -> DatabaseError:
    return UnfitDatabaseError(
        "migrations_pending", f"The database lacks a table: {said}", cure="Run `backbeat migrate`."
    )


def _lacks(said: str) -> DatabaseError:
    return UnfitDatabaseError(
        "schema_incomplete",
        f"The database lacks what a migration made: {said}",
        cure="Run `backbeat migrate`, which puts functions, views and triggers in place; `backbeat doctor` tells more.",
    )


def _forbidden(said: str) -> DatabaseError:
    return RefusedByDatabaseError(
        "database_permission_denied",
        f"The database does not permit that to this user: {said}",
        cure="Connect as the role that ran `backbeat migrate`, or have it grant what is missing.",
    )


def _rows(said: str) -> DatabaseError:
    return RefusedByDatabaseError(
        "database_refused_rows",
        f"The database refused rows: {said}",
        cure="Look for a constraint or trigger of another program: `backbeat doctor` lists the triggers.",
    )


def _internal(said: str) -> DatabaseError:
    return RefusedByDatabaseError(
        "database_internal_error",
        f"The database server failed within: {said}",
        cure="See the server's log and its disks; damaged files need a backup.",
    )


def _limit(said: str) -> DatabaseError:
    return RefusedByDatabaseError(
        "database_limit",
        f"The database has no room for that: {said}",
        cure="See the server's log for which of its limits it is, and raise that.",
    )


BY_STATE: Mapping[str, Told] = {
    "22": _rows,
    "23": _rows,
    "42P01": _lacks_table,
    "42501": _forbidden,
    "42703": _lacks,
    "42704": _lacks,
    "42883": _lacks,
    "3F000": _lacks,
    "54": _limit,
    "P0001": _rows,
    "XX": _internal,
}
"""By SQLSTATE or the beginning of one; the longest that fits counts."""


_PLACE = re.compile(r"\nLINE \d+:.*(\n *\^)?|\s+at character \d+")


def _line(error: psycopg.Error) -> str:
    """Return what the server said as one line, without the place in a statement that readers do not have."""
    return " ".join(_PLACE.sub("", str(error)).split())
