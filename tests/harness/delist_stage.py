"""A notifier, and a chain that its decisions are about, looked at for what came of them."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from harness.challenge_world import ChallengeWorld, Row, track
from harness.notifier import ScriptedNotifier

USERS = "SELECT user_id, is_available, is_deactivated FROM users WHERE is_current ORDER BY 1"
TRACKS = "SELECT track_id, is_available, is_delete FROM tracks WHERE is_current ORDER BY 1"
LOG = "SELECT created_at, {name}_id, delisted, reason::text FROM {name}_delist_statuses ORDER BY 1, 2"
CURSOR = "SELECT created_at FROM delist_status_cursor WHERE entity::text = %s AND host = %s"
ASIDES = "SELECT why, status FROM backbeat.delist_asides ORDER BY status"
STANDING = "SELECT waits_for, waits_until, ask_after FROM backbeat.delist_progress WHERE entity::text = %s"


class Stage:
    """A chain and a notifier."""

    def __init__(self, connection: AsyncConnection[Any], notifier: ScriptedNotifier) -> None:
        self.world = ChallengeWorld(connection)
        self.notifier = notifier

    async def block(self, when: datetime, *rows: Row) -> None:
        await self.world.block(*rows, at=when.replace(tzinfo=None))

    async def run(self, about: str = "users", **limits: Any) -> None:
        await self.world.run(self.notifier.job(about, **limits))

    async def users(self) -> list[tuple[Any, ...]]:
        """Return users with whether they are available and deactivated."""
        return await self.world.all(USERS)

    async def tracks(self) -> list[tuple[Any, ...]]:
        """Return tracks with whether they are available and deleted."""
        return await self.world.all(TRACKS)

    async def log(self, name: str = "user") -> list[tuple[Any, ...]]:
        return await self.world.all(LOG.format(name=name))

    async def cursor(self, about: str = "users") -> datetime | None:
        found = await self.world.all(CURSOR, about.upper(), self.notifier.host)
        return found[0][0] if found else None

    async def asides(self) -> list[tuple[Any, ...]]:
        return await self.world.all(ASIDES)

    async def standing(self, about: str = "users") -> tuple[Any, ...]:
        return (await self.world.all(STANDING, about.upper()))[0]


def song(number: int, owner: int = 1, **columns: Any) -> Row:
    """Return a track."""
    return track(number, owner, **columns)
