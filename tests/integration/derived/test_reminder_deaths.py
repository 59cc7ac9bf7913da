"""A reminder of a streak is sent once, whatever cuts the run off or runs beside it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Self

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.listen_streak_reminder import LISTEN_STREAK_REMINDER, ListenStreakReminder
from builders.clocks import HeldClock
from harness import check_deaths, check_two_workers
from harness.challenge_world import EPOCH, ChallengeWorld, Row, wipe_challenges
from harness.keepers import jobs_of

pytestmark = pytest.mark.newest


class Streaks(NamedTuple):
    """Listeners whose streaks are about to break, and for how long they have been."""

    users: Sequence[int]
    minutes: int


class ReminderWorld:
    """A world of streaks, looked at for what was sent."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self._world = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe_challenges(connection)
        return cls(connection)

    async def apply(self, step: Streaks) -> None:
        last = EPOCH - timedelta(hours=42, minutes=step.minutes)
        await self._world.block(
            Row("challenge_listen_streak", {"user_id": user, "listen_streak": 3, "last_listen_date": last})
            for user in step.users
        )

    async def rows(self, _derived: Any) -> list[tuple[Any, ...]]:
        return await self._world.all("SELECT type, group_id, specifier, user_ids, data FROM notification ORDER BY 2, 3")


REMINDERS = {LISTEN_STREAK_REMINDER.name: ListenStreakReminder(HeldClock(EPOCH))}
HISTORY = [Streaks([1, 2], 30), Streaks([3, 4], 20)]

EXCHANGES = 7  # two looks, BEGIN, the lock, the reminders, the position, COMMIT

each = pytest.mark.parametrize("job", jobs_of(__name__))


@each
async def test_death_at_any_exchange_sends_once(job: str, database_url: str, connection: AsyncConnection[Any]) -> None:
    reminder: Any = REMINDERS[job]
    world: Any = ReminderWorld
    assert await check_deaths(reminder, HISTORY, database_url, connection, world) == EXCHANGES


@each
async def test_second_worker_at_any_exchange_sends_nothing_twice(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    reminder: Any = REMINDERS[job]
    world: Any = ReminderWorld
    assert await check_two_workers(reminder, HISTORY, database_url, connection, world) == EXCHANGES
