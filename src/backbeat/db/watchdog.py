"""Gives up connections whose server is gone without a word, where TCP itself does not notice.

A pooler, a proxy or a frozen machine may keep a connection alive and never answer. A statement may also take long in
good faith. So a connection on which nothing has moved for a while is asked after, on a connection of its own: one that
the server is at work for goes on, any other is cut, and what waits for it gets an OperationalError. What is left of
it on the server, perhaps with locks, is ended. A pipeline or a COPY that bytes go through is never asked after, however
long it takes: between two messages the server waits for us, and would not count as at work.
"""

import asyncio
import time
from collections.abc import Collection, Iterable
from typing import Any, LiteralString

import psycopg
import structlog

from backbeat.db import address
from backbeat.db.address import Address
from backbeat.db.connection import LaneConnection
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import DatabaseError

AT_WORK = load(__package__, "sessions_at_work.sql")
END = load(__package__, "sessions_end.sql")

LOOKS_PER_SILENCE = 20
ASKING_SHARE = 0.4  # of the silence admitted: so long an inquiry may take

log = structlog.get_logger(__name__)


class Watchdog:
    """Watches ``connections``, so that none waits longer than ``silence_seconds`` for a server that is gone."""

    def __init__(
        self, where: Address, connections: Collection[LaneConnection], silence_seconds: float, *, pooled: bool
    ) -> None:
        self._where = where
        self._connections = connections
        self._pause_seconds = silence_seconds / LOOKS_PER_SILENCE
        self._asking_seconds = silence_seconds * ASKING_SHARE
        self._patience_seconds = silence_seconds - self._asking_seconds - 2 * self._pause_seconds
        self._pooled = pooled
        self._inquiry: asyncio.Task[set[Any]] | None = None

    async def watch(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.sleep(self._pause_seconds)
            now = time.monotonic()
            silent = [each for each in self._connections if each.silent_seconds(now) >= self._patience_seconds]
            if silent:
                await self._ask_after(silent)

    async def _ask_after(self, silent: Iterable[LaneConnection]) -> None:
        since = {each: (each.waits_since, each.moved_at) for each in silent}
        at_work = await self._ask(AT_WORK, [self._mark(each) for each in since])
        given_up = []
        for connection, instant in since.items():
            if (connection.waits_since, connection.moved_at) != instant:
                continue
            if at_work is None or self._mark(connection) in at_work:
                connection.excused_at = time.monotonic()
            else:
                log.warning("connection_given_up", connection=connection.name, pid=connection.info.backend_pid)
                given_up.append(connection)
        if given_up:
            marks = [self._mark(each) for each in given_up]
            for connection in given_up:
                connection.cut()
            await self._ask(END, marks)

    async def _ask(self, query: LiteralString, marks: Iterable[Any]) -> set[Any] | None:
        """Return the marks that the server answers with, in time; None if it answers but will not say."""
        self._inquiry = asyncio.create_task(self._inquire(query, list(marks)))
        done, _ = await asyncio.wait({self._inquiry}, timeout=self._asking_seconds)
        if not done:
            # not awaited: the driver takes its time to give up a statement that is not answered
            self._inquiry.cancel()
            log.warning("server_silent", asked_seconds=self._asking_seconds)
            return set()
        try:
            return self._inquiry.result()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("server_unreachable", error=str(error))
            return None if "FATAL" in str(error) else set()

    async def _inquire(self, query: LiteralString, marks: list[Any]) -> set[Any]:
        values: dict[str, Any] = {"pids": [], "names": marks} if self._pooled else {"pids": marks, "names": []}
        values |= {"seconds": self._patience_seconds}
        async with await address.connect(self._where, "backbeat/watchdog") as connection:
            rows = await every(connection, tuple, query, values)
        return {row[-1] if self._pooled else row[0] for row in rows}

    def _mark(self, connection: LaneConnection) -> Any:
        """Return what pg_stat_activity knows a connection by; a pooler makes process ids up."""
        return connection.name if self._pooled else connection.info.backend_pid
