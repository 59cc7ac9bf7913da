"""The transaction that every run writes in, and what a run works on.

Statement, lock and idle limits come with the connection (its lane has them); one pass over everything needs more time.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any, NamedTuple, Protocol

from psycopg import AsyncConnection

from backbeat.db.connection import LaneConnection
from backbeat.db.query import value
from backbeat.db.sql import load
from backbeat.db.together import Write, write

ALLOW = load(__package__, "allow_seconds.sql")
BY_KEY = load(__package__, "plan_by_key.sql")
FLUSH_LATER = load(__package__, "flush_later.sql")
SNAPSHOT = load(__package__, "snapshot.sql")

WHOLE_PASS_SECONDS = 3_600  # a rebuild or audit at production size takes minutes


class Fence(Protocol):
    """The last statement of a write transaction."""

    async def __call__(self, connection: AsyncConnection[Any], writes: Sequence[Write] = (), /) -> None:
        """Do what is still to be written, and prove by the same statement that the work is ours to commit.

        Raises LeaseLostError if it is not any more.
        """


def checked_by(check: Callable[[AsyncConnection[Any]], Awaitable[None]]) -> Fence:
    """Return a fence that asks ``check`` once everything is written."""

    async def fence(connection: AsyncConnection[Any], writes: Sequence[Write] = (), /) -> None:
        await write(connection, writes)
        await check(connection)

    return fence


class Session(NamedTuple):
    """What a run works on: a connection in autocommit mode, and the fence that its transactions end with."""

    connection: AsyncConnection[Any]
    fence: Fence | None = None


Lend = Callable[[], AbstractAsyncContextManager[Session]]
"""Lends a session for as long as the body takes, to a run that in between waits for others than the database."""


def lend_always(session: Session) -> Lend:
    """Return what lends a session that is there anyway."""
    return lambda: nullcontext(session)


@asynccontextmanager
async def fenced(session: Session, *, whole: bool = False, flushed: bool = True) -> AsyncIterator[list[Write]]:
    """Run the body in one transaction and commit only behind the fence; ``whole`` allows for a pass over everything.

    What the body adds to the list is written last, together with the fence.

    Without ``flushed`` the commit does not wait for the disk: a crash of the server right after may undo it, positions
    and all, and the next run does it again. A keeper that acts upon such rows commits with a flush, and that takes
    along what was committed before.
    """
    connection, fence = session
    last: list[Write] = []
    async with connection.transaction():
        if not flushed:
            await connection.execute(FLUSH_LATER)
        if whole:
            await allow_whole_pass(connection)
        yield last
        await (write if fence is None else fence)(connection, last)
    if isinstance(connection, LaneConnection):
        connection.is_flushed = flushed


@asynccontextmanager
async def one_snapshot(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Run the body in a read-only transaction whose statements all see the same instant."""
    async with connection.transaction():
        await connection.execute(SNAPSHOT)
        await allow_whole_pass(connection)
        yield


async def allow_whole_pass(connection: AsyncConnection[Any]) -> None:
    """Give the statements of this transaction time for a pass over everything."""
    await connection.execute(ALLOW, {"seconds": WHOLE_PASS_SECONDS})


@asynccontextmanager
async def by_key(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Have the statements of the body, in a transaction, find rows by key or place and never by a sequential scan."""
    allowed = await value(connection, BY_KEY, {"allowed": "off"})
    yield
    await connection.execute(BY_KEY, {"allowed": allowed})
