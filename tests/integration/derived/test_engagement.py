"""A reward that can be claimed is told of once, whatever cuts the run off or runs beside it, and at what cost."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Self

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.engagement_notifications import ENGAGEMENT_NOTIFICATIONS, EngagementNotifications
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness import check_deaths, check_two_workers, settle
from harness.challenge_world import EPOCH, ChallengeWorld, wipe_challenges
from harness.keepers import jobs_of

NOW = EPOCH + timedelta(days=8)
WRITE = """
    INSERT INTO user_challenges (
        challenge_id, specifier, user_id, is_complete, current_step_count, amount, completed_at, completed_blocknumber
    )
    SELECT 'c', specifier, user_id, true, 1, 1, %s::timestamp + user_id * interval '1 second', 1
    FROM unnest(%s::int[], %s::text[]) AS earned (user_id, specifier)
"""
READ = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
CATALOGUE = 25  # challenges, of each of which a run looks at the row
BOOKS = {"challenges", "rounds"}
AS_IF_LARGE = "SET enable_hashjoin = off; SET enable_mergejoin = off"  # a small table is read whole, which costs less
K = 6  # rows read per completion: the queue's and user_challenges' twice each, and what was told within the hour


class Completions(NamedTuple):
    """Two of each user, of which one is told; ``seen``: triggers follow them already."""

    users: Sequence[int]
    seen: bool = True


class EngagementWorld:
    """A world of rewards whose cooldown is over, looked at for what was told and what waits."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        self._world = ChallengeWorld(connection)

    @classmethod
    async def empty(cls, connection: AsyncConnection[Any]) -> Self:
        await wipe_challenges(connection)
        return cls(connection)

    async def apply(self, step: Completions) -> None:
        users = [user for user in step.users for _ in range(2)]
        names = [f"{user}{part}" for user in step.users for part in "ab"]
        async with self.connection.transaction():
            if not step.seen:
                await self.connection.execute("SET LOCAL session_replication_role = replica")
            await self.connection.execute(WRITE, [EPOCH, users, names])

    async def rows(self, _derived: Any) -> list[tuple[Any, ...]]:
        return await self._world.all(
            """
            SELECT type, group_id, specifier, user_ids, data FROM notification WHERE type = 'claimable_reward'
            UNION ALL SELECT 'waiting', challenge_id, specifier, '{}', NULL FROM backbeat.cooldowns
            ORDER BY 1, 2, 3
            """
        )


JOBS = {ENGAGEMENT_NOTIFICATIONS.name: EngagementNotifications(HeldClock(NOW), sweep_rows_max=4)}
HISTORIES = {
    "followed": [Completions([1, 2]), Completions([3, 4])],
    "a first run": [Completions([1, 2, 3, 4, 5], seen=False)],
}

each = pytest.mark.parametrize("job", jobs_of(__name__))
any_history = pytest.mark.parametrize("history", HISTORIES)


@each
@any_history
@pytest.mark.newest
async def test_death_at_any_exchange_tells_once(
    job: str, history: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    keeper: Any = JOBS[job]
    world: Any = EngagementWorld
    assert await check_deaths(keeper, HISTORIES[history], database_url, connection, world) >= 8


@each
@any_history
@pytest.mark.newest
async def test_second_worker_at_any_exchange_tells_nothing_twice(
    job: str, history: str, database_url: str, connection: AsyncConnection[Any]
) -> None:
    keeper: Any = JOBS[job]
    world: Any = EngagementWorld
    assert await check_two_workers(keeper, HISTORIES[history], database_url, connection, world) >= 8


async def rows_read(job: EngagementNotifications, connection: AsyncConnection[Any]) -> tuple[int, dict[str, int]]:
    """Run once; return how many completions were decided, and how many rows of each table that read."""
    await connection.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_indexonlyscan = off")  # what only an index answers is counted too
        report = await job.incremental(Session(connection))
        found = await (await connection.execute(READ)).fetchall()
    return report.keys, {name: rows for name, rows in found if rows}


async def crowded(connection: AsyncConnection[Any], waiting: int) -> EngagementNotifications:
    """So many users' rewards are in their cooldown, and as many were told of."""
    await wipe_challenges(connection)
    users = list(range(1, waiting + 1))
    await connection.execute(WRITE, [NOW, users, [f"w{user}" for user in users]])
    await connection.execute(
        """
        INSERT INTO notification (user_ids, type, group_id, specifier, "timestamp")
        SELECT ARRAY[n], 'claimable_reward', 'told:' || n, n::text, %s::timestamp - n * interval '1 minute'
        FROM generate_series(1, %s) AS n
        """,
        [EPOCH, waiting],
    )
    job = EngagementNotifications(HeldClock(NOW))
    while not (await job.incremental(Session(connection))).is_quiet:
        pass
    await connection.execute("VACUUM (ANALYZE)")
    return job


async def test_a_quiet_tick_reads_the_catalogue_and_its_position(connection: AsyncConnection[Any]) -> None:
    job = await crowded(connection, 2_000)
    keys, read = await rows_read(job, connection)
    assert keys == 0
    assert read == {"challenges": CATALOGUE, "rounds": 1}


@pytest.mark.parametrize("waiting", [2_000, 10_000])
async def test_a_run_reads_what_fell_due(connection: AsyncConnection[Any], waiting: int) -> None:
    job = await crowded(connection, waiting)
    await connection.execute(WRITE, [EPOCH, list(range(101, 111)), [f"d{user}" for user in range(101, 111)]])
    await connection.execute(AS_IF_LARGE)
    keys, read = await rows_read(job, connection)
    assert keys == 10
    assert sum(rows for name, rows in read.items() if name not in BOOKS) <= K * keys, read


@pytest.mark.parametrize("days", [2**31 - 1, -(2**31), -1])
async def test_a_cooldown_that_no_calendar_holds_stops_no_other(connection: AsyncConnection[Any], days: int) -> None:
    world = await EngagementWorld.empty(connection)
    job = EngagementNotifications(HeldClock(NOW))
    await world.apply(Completions([1]))
    await connection.execute(
        "INSERT INTO challenges (id, type, amount, active, step_count, starting_block, cooldown_days) "
        "VALUES ('odd', 'numeric', '1', true, 1, 0, %s)",
        [days],
    )
    await settle(job, connection)
    assert len(await world.rows(None)) == 1
