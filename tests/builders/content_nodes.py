"""Content nodes for tests, what is in the database that they are asked about, and the time that passes meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec
from psycopg import AsyncConnection
from scripted_http import Request, Script, ScriptedServer, answer, scripted

from backbeat.derived.repairs.repair import Repair
from harness.challenge_world import ChallengeWorld, Row, track, user, wipe_challenges
from harness.emptying import empty

NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OWNER = 1
MakeRepair = Callable[[Iterable[str]], Repair[Any]]

TRACKS = (
    "SELECT track_id, musical_key, bpm, audio_analysis_error_count, track_cid FROM tracks WHERE is_current ORDER BY 1"
)
QUEUE = """
    SELECT repair, track_id, attempts, nullif(next_attempt_at, '-infinity')
    FROM backbeat.track_repairs ORDER BY repair, track_id, subject
"""


class RingingClock:
    """It is the time that the test says; who sleeps is woken by :meth:`ring`, or never."""

    def __init__(self) -> None:
        self.time = NOON
        self._rung = asyncio.Event()

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - NOON).total_seconds()

    async def at(self, _connection: AsyncConnection[Any]) -> datetime:
        """Return the time, in place of the database's."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        await self._rung.wait()
        self._rung.clear()

    def ring(self) -> None:
        """Wake who sleeps, or the next one to."""
        self._rung.set()


def knowing(known: Mapping[str, Any]) -> Script:
    """Return a node that knows answers by path, and of nothing else."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target in known:
            await answer(msgspec.json.encode(known[request.target]))(request, writer)
        else:
            await answer(b"{}", status="404 Not Found")(request, writer)

    return script


def hanging(clock: RingingClock) -> Script:
    """Return a node that accepts and never answers; the clock rings once it was asked."""

    async def script(_request: Request, _writer: asyncio.StreamWriter) -> None:
        clock.ring()
        await asyncio.Event().wait()

    return script


def dripping(clock: RingingClock) -> Script:
    """Return a node whose answer begins and does not end; the clock rings once it began."""

    async def script(_request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status"')
        await writer.drain()
        clock.ring()
        await asyncio.Event().wait()

    return script


@asynccontextmanager
async def nodes(*scripts: Script) -> AsyncIterator[list[ScriptedServer]]:
    """Start a node for each script."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(scripted(script)) for script in scripts]


def at(servers: list[ScriptedServer]) -> list[str]:
    """Return where nodes are."""
    return [server.address for server in servers]


def song(track_id: int, **columns: Any) -> Row:
    """Return a track that lacks its analysis, with a CID and no upload."""
    return track(track_id, OWNER, **{"genre": "Pop", "track_cid": f"cid{track_id}"} | columns)


def upload(track_id: int, **columns: Any) -> Row:
    """Return a track that lacks its CID, and has its analysis."""
    known = {"genre": "Pop", "audio_upload_id": f"up{track_id}", "musical_key": "A major", "bpm": 90.0}
    return track(track_id, OWNER, **known | columns)


class RepairWorld:
    """A database with tracks, and the time by which they are asked about."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self.world = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe_challenges(connection)
        await empty(connection, ("backbeat.track_repairs",))
        made = cls(connection)
        await made.world.block(user(OWNER))
        return made

    async def apply(self, step: list[Row]) -> None:
        """Commit a block."""
        await self.world.block(step)

    async def rows(self, _derived: Any = None) -> list[tuple[Any, ...]]:
        return [*await self.tracks(), *await self.queue()]

    async def tracks(self) -> list[tuple[Any, ...]]:
        """Return tracks as (id, key, tempo, errors, CID)."""
        return await self.world.all(TRACKS)

    async def queue(self) -> list[tuple[Any, ...]]:
        """Return who waits as (repair, track, attempts, since never or until when)."""
        return await self.world.all(QUEUE)

    async def by_hand(self, statement: str, *values: Any) -> None:
        """Write as another program does, without a new block number."""
        assert (await self.connection.execute(statement.encode(), values)).rowcount > 0
