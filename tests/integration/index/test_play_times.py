"""When a play was heard: as it says, where its block may believe that (docs/decisions/0022-play-times-and-edits.md)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain import play_times
from backbeat.chain.play_times import AHEAD_MAX, LATE_MAX, PlayTimes
from backbeat.db.pool import Lanes
from backbeat.derived.challenges import listen_streak
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.incremental.transaction import Session
from builders.chain import GENESIS, ListSource, play, plays
from builders.indexing import index

SECOND = timedelta(seconds=1)
BLOCK_TIME = (GENESIS + SECOND).replace(tzinfo=None)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("apart", "is_believed"),
    [
        (timedelta(), True),
        (AHEAD_MAX, True),
        (AHEAD_MAX + SECOND, False),
        (-LATE_MAX, True),
        (-LATE_MAX - SECOND, False),
        (FIRST - (GENESIS + SECOND), False),
        (LAST - (GENESIS + SECOND), False),
    ],
)
async def test_a_play_is_dated_with_its_block_where_it_cannot_be_true(
    lanes: Lanes, connection: AsyncConnection[Any], apart: timedelta, is_believed: bool
) -> None:
    await index(lanes, ListSource([[plays(play("3000001", "2000001", GENESIS + SECOND + apart))]]))
    found = await (await connection.execute("SELECT created_at FROM plays")).fetchall()
    assert found == [(BLOCK_TIME + apart if is_believed else BLOCK_TIME,)]


@pytest.mark.parametrize("block_time", [datetime.min, datetime.max, datetime(9999, 12, 25), datetime(1, 1, 2)])  # noqa: DTZ001, DTZ901 - naive UTC throughout
def test_blocks_at_the_ends_of_time(block_time: datetime) -> None:
    times = PlayTimes(block_time)
    assert times.of(None) == times.of(block_time) == block_time
    assert times.of(datetime(5000, 1, 1)) == block_time  # noqa: DTZ001 - likewise


def test_streaks_believe_what_the_block_loop_does() -> None:
    assert listen_streak.AHEAD_MAX == play_times.AHEAD_MAX


async def test_a_stranger_of_the_year_26_takes_nobodys_streak(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute("UPDATE challenges SET active = true WHERE id = 'e'")
    days = [plays(play("3000001", "2000001", datetime(2026, 1, day, 0, 5, tzinfo=UTC))) for day in (6, 7, 8)]
    stranger = plays(play("768000288", "2000001", datetime(26, 1, 6, 0, 5, tzinfo=UTC)))
    await index(lanes, ListSource([*([day] for day in days), [stranger]]))
    while not (await LISTEN_STREAK.incremental(Session(connection))).is_quiet:
        pass
    query = "SELECT user_id, specifier, current_step_count FROM user_challenges WHERE challenge_id = 'e' ORDER BY 1"
    assert await (await connection.execute(query)).fetchall() == [
        (3000001, "2dc6c12026010600", 3),
        (768000288, "2dc6c1202026010203", 1),
    ]


async def test_a_play_of_the_far_future_stays_in_no_window(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    """Months, hours and streaks are of the block's time, not of the year 9999."""
    await index(lanes, ListSource([[plays(play("3000001", "2000001", LAST), play("3000001", "2000001", FIRST))]]))
    months = await (
        await connection.execute('SELECT DISTINCT "timestamp"::text FROM aggregate_monthly_plays')
    ).fetchall()
    assert months == [("2026-01-01",)]
