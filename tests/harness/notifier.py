"""A trusted notifier for tests, at a real port: what it decided, and how it answers about it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import msgspec
from scripted_http import Request, Script, ScriptedServer, answer, scripted

from backbeat.chain.signatures import PersonalSigner
from backbeat.clock import SystemClock
from backbeat.derived.delists.delists import Delists
from backbeat.derived.delists.entity import TRACKS, USERS
from backbeat.derived.delists.notifier import Notifier
from backbeat.outgoing.client import Limits

KEY = bytes(range(1, 33))
DAY = datetime(2023, 5, 17, tzinfo=UTC)
NAMES = {"users": "userId", "tracks": "trackId"}


def at(clock: str) -> datetime:
    """Return an instant of the day of the scenarios."""
    hours, minutes, *seconds = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds[0]) if seconds else 0.0)


def written(instant: datetime) -> str:
    """Return an instant as the notifier writes it."""
    return f"{instant:%Y-%m-%d %H:%M:%S.%f}+00"


class StoppedClock(SystemClock):
    """Tells the time that it is set to; sleeps take their time, so that deadlines hold."""

    def __init__(self, at: datetime = DAY + timedelta(days=30)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class ScriptedNotifier:
    """What was decided, and how it is told.

    ``is_inclusive``: its cursor takes in the instant itself; ``rows_max``: all that it gives at once; ``instead``:
    answers in its place.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {"users": [], "tracks": []}
        self.is_inclusive = False
        self.rows_max = 1_000_000
        self.instead: Script | None = None
        self.server: ScriptedServer
        self.clock = StoppedClock()

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Listen at a free port."""
        notifier = cls()
        async with scripted(notifier.serve) as notifier.server:
            yield notifier

    @property
    def host(self) -> str:
        return f"{self.server.address}/"

    def job(self, about: str = "users", seconds: float = 20.0, bytes_max: int = 1_000_000, **limits: int) -> Delists:
        """Return the job that asks it."""
        notifier = Notifier(self.host, PersonalSigner(KEY), limits=Limits(seconds=seconds, bytes_max=bytes_max))
        return Delists(USERS if about == "users" else TRACKS, notifier, self.clock, **limits)

    def decide(
        self, number: int, when: str | datetime, *, delisted: bool = True, about: str = "users", **more: Any
    ) -> None:
        """Take something down, or put it back."""
        instant = at(when) if isinstance(when, str) else when
        row = {"createdAt": written(instant), NAMES[about]: number, "delisted": delisted, "reason": "MANUAL"}
        if about == "tracks":
            row |= {"ownerId": 1, "trackCid": f"cid{number}"}
        self.rows[about].append(row | more)

    async def serve(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Answer as the notifier does."""
        about = request.path.rpartition("/")[2]
        rows = self.rows[about]
        if (cursor := request.query.get("cursor")) is not None:
            since = datetime.fromisoformat(cursor)
            rows = [row for row in rows if self._is_behind(datetime.fromisoformat(row["createdAt"]), since)]
        rows = rows[: min(int(request.query["batchSize"]), self.rows_max)]
        body = msgspec.json.encode({"result": {about: rows}})
        await (self.instead or answer(body))(request, writer)

    def _is_behind(self, instant: datetime, since: datetime) -> bool:
        return instant >= since if self.is_inclusive else instant > since
