"""Refreshing materialized views: without locking readers out where that is possible, and saying so where it is not.

Nothing of ours is a materialized view: a refresh costs the size of the view, however little has changed. This is for
the views of those who adopt Backbeat.
"""

import msgspec
import psycopg
import structlog
from psycopg import errors
from psycopg.pq import TransactionStatus
from psycopg.sql import Composed

from backbeat.clock import Clock, SystemClock
from backbeat.db.sql import compose
from backbeat.errors import DatabaseError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session, fenced

log = structlog.get_logger(__name__)

CURES: dict[type[psycopg.Error], str] = {
    errors.ObjectNotInPrerequisiteState: "Create a unique index on columns of the view, without WHERE or expressions.",
    errors.FeatureNotSupported: "Nothing to do if it was empty until now: the next refresh is a concurrent one.",
}
"""Why PostgreSQL refuses to refresh concurrently: 55000, 0A000. A plain refresh may still succeed."""

MISSING = (errors.UndefinedTable, errors.InvalidSchemaName)


class Refreshed(msgspec.Struct, frozen=True):
    """A refresh that was done. ``why`` and ``cure``: what kept it from being concurrent, and what to do; else empty."""

    view: str
    concurrently: bool
    seconds: float
    why: str = ""
    cure: str = ""


async def refresh(session: Session, view: str, *, clock: Clock | None = None) -> Refreshed:
    """Refresh ``view`` (a name, or ``schema.name``) concurrently; if the server refuses that, with readers locked out.

    Raises DatabaseError unless the session is in autocommit mode and in no transaction, and for a view that does not
    exist. Whatever else the server says is raised as it is, without another try: a lock that is not to be had in time,
    a query that fails or is cancelled.
    """
    connection = session.connection
    if not connection.autocommit or connection.info.transaction_status is not TransactionStatus.IDLE:
        raise DatabaseError(
            "refresh_in_transaction",
            f"The view {view} cannot be refreshed within a transaction that goes on.",
            cure="Refresh it on an autocommit connection, outside of any transaction.",
        )
    chosen = clock or SystemClock()
    started = chosen.monotonic()
    why = cure = ""
    try:
        await _execute(session, _concurrent(view))
    except tuple(CURES) as error:
        why, cure = error.diag.message_primary or str(error), _cure(error)
        await _execute(session, _blocking(view))
    except MISSING as error:
        if error.diag.context:  # something that the view reads is missing, not the view
            raise
        raise _missing(view, error) from error
    done = Refreshed(view, not why, chosen.monotonic() - started, why, cure)
    if why:
        log.warning("view_refreshed_blocking", view=view, seconds=round(done.seconds, 3), why=why, cure=cure)
    return done


class RefreshedView(msgspec.Struct, frozen=True):
    """A materialized view as a job knows it."""

    view: str

    async def run(self, session: Session) -> RunReport:
        """Refresh it; what changed in it nobody can say."""
        await refresh(session, self.view)
        return RunReport(name=self.view)


async def _execute(session: Session, statement: Composed) -> None:
    async with fenced(session, whole=True):
        await session.connection.execute(statement)


def _concurrent(view: str) -> Composed:
    return compose(__package__, "refresh_concurrently.sql", view=tuple(view.split(".")))


def _blocking(view: str) -> Composed:
    return compose(__package__, "refresh_blocking.sql", view=tuple(view.split(".")))


def _cure(error: psycopg.Error) -> str:
    return next(cure for kind, cure in CURES.items() if isinstance(error, kind))


def _missing(view: str, error: psycopg.Error) -> DatabaseError:
    return DatabaseError(
        "view_missing",
        f"There is no materialized view {view} to refresh: {error.diag.message_primary}.",
        cure="Create it, or take it out of jobs.refresh_views; a name outside of the search path needs its schema.",
    )
