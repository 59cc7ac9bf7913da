"""Everything that is decided is applied once, whatever cuts a run off or runs beside it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple, Self

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.incremental.transaction import Session
from harness import check_deaths, check_two_workers
from harness.challenge_world import user, wipe_challenges
from harness.delist_stage import Stage, song
from harness.emptying import empty
from harness.keepers import jobs_of
from harness.notifier import ScriptedNotifier, at

pytestmark = pytest.mark.newest

OURS = (
    "delist_status_cursor", "user_delist_statuses", "track_delist_statuses", "backbeat.delistings",
    "backbeat.delist_progress", "backbeat.delist_asides",
)  # fmt: skip
SHOWN = (
    "SELECT user_id, is_available, is_deactivated FROM users ORDER BY 1",
    "SELECT track_id, is_available, is_delete FROM tracks ORDER BY 1",
    "SELECT user_id, track_count, total_track_count FROM aggregate_user ORDER BY 1",
    "SELECT entity::text, created_at FROM delist_status_cursor ORDER BY 1",
    "SELECT created_at, user_id, delisted FROM user_delist_statuses ORDER BY 1, 2",
    "SELECT created_at, track_id, delisted FROM track_delist_statuses ORDER BY 1, 2",
    "SELECT entity::text, id, decided_at, delisted, is_pending, was_gone FROM backbeat.delistings ORDER BY 1, 2",
    "SELECT entity::text, waits_for, compared_upto FROM backbeat.delist_progress ORDER BY 1",
    "SELECT entity::text, why, status FROM backbeat.delist_asides ORDER BY 1, 3",
)


class Decided(NamedTuple):
    """Decisions, and how many runs there are before the one that is disturbed."""

    rows: Sequence[tuple[int, str, bool]]
    runs_before: int = 0
    is_tampered: bool = False


def world_of(notifier: ScriptedNotifier, about: str) -> Any:
    """Return a world whose notifier listens at the test's port."""

    class DelistWorld:
        def __init__(self, connection: AsyncConnection[Any]) -> None:
            self.stage = Stage(connection, notifier)

        @classmethod
        async def empty(cls, connection: AsyncConnection[Any]) -> Self:
            await wipe_challenges(connection)
            await empty(connection, OURS)
            notifier.rows[about].clear()
            world = cls(connection)
            songs = [song(number, is_delete=number == 2) for number in range(1, 7)]
            await world.stage.block(at("20:00"), *(user(number) for number in range(1, 7)), *songs)
            return world

        async def apply(self, step: Decided) -> None:
            for number, when, delisted in step.rows:
                notifier.decide(number, when, delisted=delisted, about=about)
            notifier.decide(9, step.rows[-1][1], about=about, reason="UNHEARD_OF")
            for _ in range(step.runs_before):
                await notifier.job(about).incremental(Session(self.stage.world.connection))
            if step.is_tampered:
                notifier.clock.at += at("13:00") - at("00:00")
                tampering = SQL("UPDATE {} SET is_available = true").format(Identifier(about))
                await self.stage.world.connection.execute(tampering)

        async def rows(self, _job: Any) -> list[tuple[Any, ...]]:
            return [(shown, await self.stage.world.all(shown)) for shown in SHOWN]

    return DelistWorld


FIRST = Decided([(1, "10:00", True), (2, "10:00", True), (3, "11:00", True)])
LAST = [(1, "12:00", False), (2, "12:00", False), (4, "13:00", True)]
HISTORIES = {
    "open": [FIRST],
    "take": [FIRST, Decided(LAST)],
    "apply": [FIRST, Decided(LAST, runs_before=1)],
    "round": [FIRST, Decided(LAST, runs_before=2, is_tampered=True)],
}
EXCHANGES = {"open": 5, "take": 11, "apply": 5, "round": 8}

each = pytest.mark.parametrize("job", jobs_of(__name__))
histories = pytest.mark.parametrize("history", HISTORIES)


@pytest.fixture
async def notifier() -> AsyncIterator[ScriptedNotifier]:
    async with ScriptedNotifier.open() as opened:
        yield opened


@each
@histories
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    job: str, history: str, notifier: ScriptedNotifier, database_url: str, connection: AsyncConnection[Any]
) -> None:
    about = job.removeprefix("delists.")
    asking: Any = notifier.job(about)
    world = world_of(notifier, about)
    found = await check_deaths(asking, HISTORIES[history], database_url, connection, world)
    assert found == EXCHANGES[history]


@each
@histories
async def test_a_second_worker_at_any_exchange_changes_nothing(
    job: str, history: str, notifier: ScriptedNotifier, database_url: str, connection: AsyncConnection[Any]
) -> None:
    about = job.removeprefix("delists.")
    asking: Any = notifier.job(about)
    world = world_of(notifier, about)
    found = await check_two_workers(asking, HISTORIES[history], database_url, connection, world)
    assert found == EXCHANGES[history]
