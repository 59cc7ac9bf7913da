"""Says every few seconds that this process is there, and notices when the database is on another server than before."""

import asyncio
import os
import socket
from collections.abc import Callable, Collection
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from psycopg import AsyncConnection

import backbeat
from backbeat.clock import Clock
from backbeat.codes import ServerMove
from backbeat.db.outage import first_line
from backbeat.db.pool import Pool
from backbeat.db.query import first
from backbeat.db.sql import load
from backbeat.observe.processes import PROCESSES_MAX, REMOVED_SECONDS
from backbeat.service import until

SEEN = load(__package__, "presence_seen.sql")
LEFT = load(__package__, "presence_left.sql")
SERVER = load(__package__, "server_first.sql")
SERVER_NOW = load(__package__, "server_now.sql")

MOVES = {"restored": ServerMove.RESTORED, "promoted": ServerMove.PROMOTED}

BEAT_SECONDS = 5.0  # a third of what a process may be silent for
AWAY_SECONDS = 1.0  # between tries while the database is away: by the first status after it, the process is there
LEAVE_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Presence:
    """The service that keeps one process's line in the list of processes, through ``pool``.

    ``state`` says what its block loop is doing, empty without one. It also keeps what server the database is on.
    """

    name = "presence"

    def __init__(self, pool: Pool, clock: Clock, parts: Collection[str], state: Callable[[], str]) -> None:
        self._pool = pool
        self._clock = clock
        self._state = state
        self._began = clock.monotonic()
        self._drained = asyncio.Event()
        self._watches_server = True
        self._is_server_noted = False  # since the database was away last: what comes back may know of no server
        self._is_away = False
        self._reached_at = self._began  # since when the database is reached without a break
        self._is_told = False
        self._facts = {
            "id": uuid4(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": backbeat.__version__,
            "parts": sorted(parts),
        }

    async def run(self) -> None:
        """Say so until drained, also through outages; then take the line back."""
        if self._drained.is_set():
            return
        try:
            await until(self._keep(), self._drained)
        finally:
            await self.leave()

    def drain(self) -> None:
        """Take the line back now."""
        self._drained.set()

    async def _keep(self) -> None:
        while True:
            await self.tell()
            await self._clock.sleep(AWAY_SECONDS if self._is_away else BEAT_SECONDS)

    async def tell(self) -> None:
        """Say once that this process is there; a database that is away is told of once."""
        try:
            async with self._pool.connection(BEAT_SECONDS) as connection:
                self._is_told = True  # from here on there may be a line
                if self._is_away:
                    self._reached_at = self._clock.monotonic()
                await connection.execute(SEEN, self._values())
                if self._watches_server:
                    await self._look_at_server(connection)
            self._is_away = False
        except psycopg.Error as error:  # whatever it is, a part that only tells must not end those that work
            if not self._is_away:
                log.warning("presence_not_told", error=first_line(error))
            self._is_away, self._is_server_noted = True, False

    async def leave(self) -> None:
        """Take the line back; where that fails it is removed later."""
        if not self._is_told or self._is_away:
            return
        try:
            async with asyncio.timeout(LEAVE_SECONDS), self._pool.connection(LEAVE_SECONDS) as connection:
                await connection.execute(LEFT, {"id": self._facts["id"]})
        except (psycopg.Error, TimeoutError) as error:
            log.info("presence_not_taken_back", error=first_line(error))

    def _values(self) -> dict[str, Any]:
        return {
            **self._facts,
            "state": self._state(),
            "up_seconds": self._clock.monotonic() - self._began,
            "reached_seconds": self._clock.monotonic() - self._reached_at,
            "removed_seconds": REMOVED_SECONDS,
            "processes_max": PROCESSES_MAX,
        }

    async def _look_at_server(self, connection: AsyncConnection[Any]) -> None:
        try:
            if not self._is_server_noted:
                await connection.execute(SERVER)
                self._is_server_noted = True
            moved = await first(connection, tuple, SERVER_NOW, MOVES)
        except (psycopg.errors.InsufficientPrivilege, psycopg.NotSupportedError) as error:
            self._watches_server = False  # some providers do not say
            log.warning("server_not_identified", error=str(error))
            return
        if moved is not None:
            log.warning("database_moved", how=moved[0], consumers_to_rebuild=moved[1], times=moved[2])
