"""Who hears on Wednesdays of the week's rotation (domain: derived state, 4.9), once and at what cost."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

import pytest
from psycopg import AsyncConnection

from backbeat.derived.notifications.weekly_rotation import WEEKLY_ROTATION, WeeklyRotation, told_at
from backbeat.derived.scores.listeners import LISTENERS
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness import check_deaths, check_two_workers
from harness.challenge_world import ChallengeWorld, play, user, wipe_challenges
from harness.connections import scripted
from harness.keepers import jobs_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPENS = datetime(2026, 9, 9, 16)  # noqa: DTZ001 - the network's columns hold naive UTC
NOW = OPENS + HOUR / 2
READ = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"


def listener(user_id: int, **columns: Any) -> Any:
    return user(user_id, handle=f"h{user_id}", is_available=True, **columns)


@pytest.fixture
async def world(module_database_url: str) -> AsyncIterator[ChallengeWorld]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        await wipe_challenges(connection)
        yield ChallengeWorld(connection)


async def five_users(world: ChallengeWorld) -> None:
    """User 1 played two days ago, 2 forty days ago, 3 is deactivated, 4 played 29 days ago, 5 never."""
    await world.block(listener(number, deactivated=number == 3) for number in range(1, 6))
    for days, number in [(40, 2), (29, 4), (3, 3), (2, 1)]:
        await world.block(play(7, number), at=NOW - days * DAY)
    await world.block(at=OPENS)
    await world.run(LISTENERS)


async def told(world: ChallengeWorld) -> list[str]:
    found = await world.all("SELECT group_id FROM notification WHERE type = 'weekly_rotation' ORDER BY group_id")
    return [group.removeprefix("weekly_rotation:") for (group,) in found]


async def run_at(world: ChallengeWorld, at: datetime, **bounds: int) -> None:
    await world.run(WeeklyRotation(HeldClock(at), **bounds))


async def test_53_listeners_of_the_last_thirty_days_are_told_once_a_week(world: ChallengeWorld) -> None:
    await five_users(world)
    for _ in range(2):
        await run_at(world, NOW)
    assert await told(world) == ["2026-37:1", "2026-37:4"]
    await world.block(at=OPENS + 7 * DAY)
    await run_at(world, NOW + 7 * DAY)
    assert await told(world) == ["2026-37:1", "2026-37:4", "2026-38:1"]


@pytest.mark.parametrize("at", [OPENS - timedelta(seconds=1), OPENS + DAY])
async def test_53_nobody_is_told_before_or_after(world: ChallengeWorld, at: datetime) -> None:
    await five_users(world)
    await run_at(world, at)
    assert await told(world) == []


@pytest.mark.parametrize("at", [OPENS, OPENS + DAY - timedelta(microseconds=1)])
async def test_the_day_is_told_from_its_first_to_its_last_moment(world: ChallengeWorld, at: datetime) -> None:
    await five_users(world)
    await run_at(world, at)
    assert await told(world) == ["2026-37:1", "2026-37:4"]


async def test_53_a_batch_of_one_is_one_row_a_run(world: ChallengeWorld) -> None:
    await five_users(world)
    found = []
    for _ in range(3):  # each by a program that was started again
        report = await WeeklyRotation(HeldClock(NOW), rows_max=1).incremental(Session(world.connection))
        found.append((report.inserted, report.more))
    assert found == [(1, True), (1, True), (0, False)]
    assert await told(world) == ["2026-37:1", "2026-37:4"]


async def test_users_are_looked_at_in_bounded_numbers(world: ChallengeWorld) -> None:
    await five_users(world)
    job = WeeklyRotation(HeldClock(NOW), users_max=2)
    reports = [await job.incremental(Session(world.connection)) for _ in range(4)]
    assert [(report.inserted, report.more) for report in reports] == [(1, True), (1, True), (0, False), (0, False)]
    assert reports[-1].is_quiet


async def test_a_notification_is_the_network_s(world: ChallengeWorld) -> None:
    await five_users(world)
    await run_at(world, NOW)
    found = await world.all(
        """
        SELECT type, user_ids, specifier, data, "timestamp", blocknumber, slot FROM notification
        WHERE group_id = 'weekly_rotation:2026-37:4'
        """
    )
    assert found == [("weekly_rotation", [4], "4", {"year": 2026, "week": 37}, NOW, None, None)]


@pytest.mark.parametrize(
    ("at", "key"),
    [
        (datetime(2026, 9, 8, 23, 59), None),  # noqa: DTZ001
        (datetime(2026, 9, 9, 16), "2026-37"),  # noqa: DTZ001
        (datetime(2026, 12, 30, 16), "2026-53"),  # noqa: DTZ001
        (datetime(2027, 1, 6, 16), "2027-01"),  # noqa: DTZ001
        (datetime(2027, 1, 7, 15, 59), "2027-01"),  # noqa: DTZ001
        (datetime(2027, 1, 7, 16), None),  # noqa: DTZ001
    ],
)
def test_weeks_begin_on_wednesdays(at: datetime, key: str | None) -> None:
    found = told_at(at)
    assert (found and found.key) == key


async def test_a_downtime_within_the_day_is_made_up_for(world: ChallengeWorld) -> None:
    await five_users(world)
    await WeeklyRotation(HeldClock(NOW), rows_max=1).incremental(Session(world.connection))
    await run_at(world, NOW + 23 * HOUR)
    assert await told(world) == ["2026-37:1", "2026-37:4"]


async def test_what_the_day_did_not_reach_is_not_told_later(world: ChallengeWorld) -> None:
    await five_users(world)
    await WeeklyRotation(HeldClock(NOW), rows_max=1).incremental(Session(world.connection))
    await run_at(world, NOW + DAY)
    assert await told(world) == ["2026-37:1"]


async def test_who_qualifies_behind_the_position_hears_of_the_next_week(world: ChallengeWorld) -> None:
    await five_users(world)
    await run_at(world, NOW)
    await world.block(play(7, 5), at=NOW + HOUR)
    await world.run(LISTENERS)
    await run_at(world, NOW + 2 * HOUR)
    assert await told(world) == ["2026-37:1", "2026-37:4"]
    await world.block(at=OPENS + 7 * DAY)
    await run_at(world, NOW + 7 * DAY)
    assert await told(world) == ["2026-37:1", "2026-37:4", "2026-38:1", "2026-38:5"]


@pytest.mark.parametrize(
    "lacks", [{"handle": None}, {"is_available": False}, {"is_current": False}, {"is_deactivated": True}]
)
async def test_who_is_not_there_is_not_told(world: ChallengeWorld, lacks: dict[str, Any]) -> None:
    await five_users(world)
    [(column, value)] = lacks.items()
    await world.connection.execute(f"UPDATE users SET {column} = %s WHERE user_id = 4".encode(), [value])  # noqa: S608 - names of ours
    await run_at(world, NOW)
    assert await told(world) == ["2026-37:1"]


@pytest.mark.parametrize(("minutes", "is_told"), [(29, True), (31, False)])
async def test_plays_count_by_their_hour(world: ChallengeWorld, minutes: int, is_told: bool) -> None:
    """At half past, the whole hour thirty days ago counts, and not a minute of the one before."""
    await world.block(listener(1))
    await world.block(play(7, 1), at=NOW - 30 * DAY - timedelta(minutes=minutes))
    await world.block(at=OPENS)
    await world.run(LISTENERS)
    await run_at(world, NOW)
    assert bool(await told(world)) == is_told


async def test_it_waits_for_a_chain_that_catches_up(world: ChallengeWorld) -> None:
    await world.block(listener(1))
    await world.block(play(7, 1), at=OPENS - 10 * DAY)
    await world.run(LISTENERS)
    await world.block(at=OPENS - timedelta(seconds=1))
    await run_at(world, NOW)
    assert await told(world) == []
    await world.block(at=OPENS)
    await run_at(world, NOW)
    assert await told(world) == ["2026-37:1"]


async def test_it_waits_until_plays_are_counted(world: ChallengeWorld) -> None:
    await world.block(listener(1))
    await world.block(play(7, 1), at=OPENS)
    await run_at(world, NOW)
    assert await told(world) == []
    await world.run(LISTENERS)
    await world.connection.execute("UPDATE backbeat.cursor SET play_id = play_id + 1000000")
    await run_at(world, NOW)
    assert await told(world) == []
    await world.connection.execute("UPDATE backbeat.cursor SET play_id = play_id - 1000000")
    await world.connection.execute("UPDATE backbeat.rounds SET after_key = 0 WHERE name = 'scores:listeners:sweep'")
    await run_at(world, NOW)
    assert await told(world) == []
    await world.run(LISTENERS)
    await run_at(world, NOW)
    assert await told(world) == ["2026-37:1"]


async def test_one_position_is_kept_however_many_weeks(world: ChallengeWorld) -> None:
    await five_users(world)
    for week in range(3):
        await world.block(at=OPENS + week * 7 * DAY)
        await run_at(world, NOW + week * 7 * DAY)
    assert await world.all("SELECT name FROM backbeat.rounds WHERE name LIKE 'weekly_rotation:%'") == [
        ("weekly_rotation:2026-39",)
    ]


class Listeners(NamedTuple):
    """Users who have listened, of whom nobody was told."""

    users: Sequence[int]


class RotationWorld:
    """A world of listeners, looked at for who was told."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self._world = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe_challenges(connection)
        return cls(connection)

    async def apply(self, step: Listeners) -> None:
        await self._world.block(map(listener, step.users), (play(7, number) for number in step.users), at=OPENS)
        await self._world.run(LISTENERS)

    async def rows(self, _derived: Any) -> list[tuple[Any, ...]]:
        return await self._world.all("SELECT type, group_id, specifier, user_ids, data FROM notification ORDER BY 2, 3")


JOBS = {WEEKLY_ROTATION.name: WeeklyRotation(HeldClock(NOW), rows_max=2)}
each = pytest.mark.parametrize("job", jobs_of(__name__))


@each
@pytest.mark.newest
async def test_death_at_any_exchange_tells_once(job: str, database_url: str, connection: AsyncConnection[Any]) -> None:
    keeper: Any = JOBS[job]
    rotation: Any = RotationWorld
    assert await check_deaths(keeper, [Listeners(range(1, 6))], database_url, connection, rotation) >= 8


@each
@pytest.mark.newest
async def test_second_worker_at_any_exchange_tells_nobody_twice(
    job: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    keeper: Any = JOBS[job]
    rotation: Any = RotationWorld
    assert await check_two_workers(keeper, [Listeners(range(1, 6))], database_url, connection, rotation) >= 8


async def rows_read(job: WeeklyRotation, connection: AsyncConnection[Any]) -> dict[str, int]:
    await connection.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_indexonlyscan = off")  # what only an index answers is counted too
        await job.incremental(Session(connection))
        found = await (await connection.execute(READ)).fetchall()
    return {name: rows for name, rows in found if rows}


async def test_outside_the_day_a_tick_asks_the_database_nothing(module_database_url: str) -> None:
    async with await scripted(module_database_url) as session:
        for at in (OPENS - timedelta(seconds=1), OPENS + DAY):
            assert (await WeeklyRotation(HeldClock(at)).incremental(Session(session))).is_quiet
        assert session.exchanges == 0


@pytest.mark.parametrize("users", [500, 5_000])
async def test_a_run_reads_three_rows_a_user(connection: AsyncConnection[Any], users: int) -> None:
    await wipe_challenges(connection)
    world = ChallengeWorld(connection)
    await world.block(listener(1))
    await connection.execute(
        """
        INSERT INTO users (user_id, is_current, handle, is_available, blocknumber)
        SELECT n, true, 'h' || n, true, blocknumber FROM users, generate_series(2, %s) AS n
        """,
        [users],
    )
    hour = int((OPENS - datetime(1970, 1, 1)) / HOUR)  # noqa: DTZ001
    await connection.execute(
        "INSERT INTO backbeat.listened_hours SELECT n, %s - k FROM generate_series(1, %s) n, generate_series(1, 9) k",
        [hour, users],
    )
    await world.block(play(7, 1), at=OPENS)
    await world.run(LISTENERS)
    await connection.execute("VACUUM (ANALYZE)")
    job = WeeklyRotation(HeldClock(NOW), rows_max=100, users_max=200)
    read = await rows_read(job, connection)
    assert {name: read.get(name, 0) for name in ("listened_hours", "notification")} == {
        "listened_hours": 100, "notification": 0,
    }  # fmt: skip
    assert read["users"] <= 100 + 200 + 1  # the range's end is an entry of the index
    while not (await job.incremental(Session(connection))).is_quiet:
        pass
    assert set(await rows_read(job, connection)) == {"rounds"}
