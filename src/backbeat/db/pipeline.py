"""A transaction in a pipeline: it begins with the trip of its first statement and commits with that of its last.

Where a session is others' too, the settings of a transaction go with its BEGIN, in a trip of their own.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext, suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.sql import SQL

from backbeat.db.connection import LaneConnection

BEGIN_PINNED = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE"
"""What a session that is others' too may have other defaults for."""


@asynccontextmanager
async def pipelined_transaction(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    """Begin a transaction that writes, and commit it at the end of this context, all in one pipeline.

    What must not be committed has to raise on the server: COMMIT is sent behind the last statement, before its answer
    is known. A statement's answer is there once it is fetched; its error is raised by a later one, or by the end.
    """
    assert isinstance(connection, LaneConnection)  # noqa: S101 - the pools open no others
    connection.transaction_pipeline = own = TransactionPipeline(connection)
    try:
        await own.begin()
        yield
        await own.commit()
    except BaseException:
        await own.roll_back()
        raise
    finally:
        connection.transaction_pipeline = None


def pipelined(connection: AsyncConnection[Any]) -> AbstractAsyncContextManager[object]:
    """Return a pipeline; within a pipelined transaction the one that is open, which then waits for nothing."""
    return nullcontext() if _open_pipeline(connection) else connection.pipeline()


def apart(connection: AsyncConnection[Any]) -> AbstractAsyncContextManager[object]:
    """Return a context for what cannot be in a pipeline, such as COPY; what was sent before is answered in it."""
    own = _open_pipeline(connection)
    return own.apart() if own else nullcontext()


def _open_pipeline(connection: AsyncConnection[Any]) -> "TransactionPipeline | None":
    return connection.transaction_pipeline if isinstance(connection, LaneConnection) else None


class TransactionPipeline:
    """The pipeline of one transaction."""

    def __init__(self, connection: LaneConnection) -> None:
        self._connection = connection
        self._pipeline = AsyncExitStack()

    async def begin(self) -> None:
        """Open the pipeline, and the transaction in it."""
        if self._connection.local_settings:
            await self._begin_with_settings()
            await self._enter()
        else:
            await self._enter()
            await self._connection.execute("BEGIN")

    async def _begin_with_settings(self) -> None:
        together = SQL("; ").join([SQL(BEGIN_PINNED), *self._connection.local_settings])
        try:
            await AsyncCursor(self._connection).execute(together)
        except psycopg.errors.FeatureNotSupported as error:
            # a standby, asked to begin a transaction that may write
            raise psycopg.errors.ReadOnlySqlTransaction(*error.args) from error

    async def _enter(self) -> None:
        await self._pipeline.enter_async_context(self._connection.pipeline())

    async def commit(self) -> None:
        """Commit, and wait for all answers."""
        await self._connection.execute("COMMIT")
        await self._pipeline.aclose()

    async def roll_back(self) -> None:
        """Leave the connection outside of any transaction, if it still is one."""
        with suppress(psycopg.Error):
            await self._pipeline.aclose()
        with suppress(psycopg.Error):
            await self._connection.rollback()

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[None]:
        """Close the pipeline, and open another afterwards."""
        await self._pipeline.aclose()
        yield
        await self._enter()
