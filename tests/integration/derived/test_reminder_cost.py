"""A reminder costs the streaks that fall due, and a tick that finds none two looks."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.challenges.listen_streak_reminder import ListenStreakReminder
from backbeat.incremental.transaction import Session
from builders.clocks import HeldClock
from harness.challenge_world import EPOCH, ChallengeWorld, wipe_challenges
from harness.connections import scripted
from harness.trending_crowd import rows_read

SMALL, LARGE = 2_000, 40_000  # listeners, one a minute
DUE = 20
K = 3  # rows read of a reminder: the streak, twice where the window is looked for, and what was sent
FILL = """
    INSERT INTO challenge_listen_streak (user_id, last_listen_date, listen_streak)
    SELECT n, %s::timestamp - interval '42 hours' + n * interval '1 min', 3 FROM generate_series(1, %s) AS n
"""


async def crowded(connection: AsyncConnection[Any], count: int) -> ChallengeWorld:
    """Make listeners whose reminders are due one minute after the other, and open the position."""
    await wipe_challenges(connection)
    world = ChallengeWorld(connection)
    await world.block()
    await connection.execute(FILL, [EPOCH, count])
    await ListenStreakReminder(HeldClock(EPOCH)).incremental(Session(connection))
    await connection.execute("VACUUM (ANALYZE)")
    return world


@pytest.mark.parametrize("count", [SMALL, LARGE])
async def test_a_run_reads_what_is_due(connection: AsyncConnection[Any], count: int) -> None:
    world = await crowded(connection, count)
    await connection.execute("SET enable_seqscan = off")  # small tables are to be read as large ones are
    report, rows = await rows_read(ListenStreakReminder(HeldClock(EPOCH)).incremental, connection)
    assert (report.is_quiet, rows) == (True, 1)  # whether `e` is active
    now = EPOCH + timedelta(minutes=DUE)
    await world.block(at=now)
    report, rows = await rows_read(ListenStreakReminder(HeldClock(now)).incremental, connection)
    assert report.inserted == DUE
    assert rows <= K * DUE + 1


async def test_a_quiet_tick_is_two_exchanges(connection: AsyncConnection[Any], database_url: str) -> None:
    await crowded(connection, SMALL)
    async with await scripted(database_url) as session:
        assert (await ListenStreakReminder(HeldClock(EPOCH)).incremental(Session(session))).is_quiet
        assert session.exchanges == 2
