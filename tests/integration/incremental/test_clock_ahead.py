"""A clock that was ahead once, as a machine's is before it asks for the time, must not silence what goes by it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.contests.notices import ContestNotices
from backbeat.incremental.change_log import Budget
from backbeat.incremental.glance import Glance
from backbeat.incremental.rolling import Rolling, Slice
from backbeat.incremental.run import Positions, Work, taking
from backbeat.incremental.transaction import Session
from harness import settle
from harness.challenge_world import follow, track
from harness.contest_world import ContestWorld, Step, ending

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BUDGET = Budget(rows_max=1_000, bytes_max=10**9, seconds_max=10**6)
HOST, FAN, EVENT, PARENT = 1, 2, 5, 7


async def database_time(connection: AsyncConnection[Any]) -> datetime:
    row = await (await connection.execute("SELECT statement_timestamp()")).fetchone()
    assert row is not None
    now: datetime = row[0]
    return now.astimezone(UTC)


async def test_what_was_due_under_a_clock_that_was_ahead_is_due_once_more(connection: AsyncConnection[Any]) -> None:
    world, ahead = await ContestWorld.empty(connection), timedelta()

    async def clock(asked: AsyncConnection[Any]) -> datetime:
        return await database_time(asked) + ahead

    job = ContestNotices(clock=clock)
    now = (await database_time(connection)).replace(tzinfo=None)
    await settle(job, connection)
    await world.apply(Step(0, [track(PARENT, HOST), follow(FAN, HOST), ending(EVENT, HOST, PARENT, now + 2 * HOUR)]))
    ahead = 400 * DAY
    await settle(job, connection)
    ahead = timedelta()
    await settle(job, connection)
    assert await world.rows() == []  # it is told of nothing, a year long
    assert (await BUDGET.expire(Session(connection))).updated == 1
    await settle(job, connection)
    assert sorted(row.type for row in await world.rows()) == [
        "artist_remix_contest_ending_soon",
        "fan_remix_contest_ending_soon",
    ]
    assert (await BUDGET.expire(Session(connection))).updated == 0


async def test_a_round_that_began_in_time_to_come_begins_again(connection: AsyncConnection[Any]) -> None:
    ahead = timedelta()

    async def clock(asked: AsyncConnection[Any]) -> datetime:
        return await database_time(asked) + ahead

    rolling = Rolling("a round", "users", "user_id", seconds=3_600, keys_max=10, clock=clock)
    glance = Glance({rolling.name: [rolling]})

    async def looked() -> tuple[Positions, bool]:
        return await Positions.peek(connection, [rolling]), bool((await glance.look(connection)).moved)

    async def go_on() -> None:
        async with taking(Session(connection), rolling.name, (await looked())[0]) as run:
            run.did(Work())

    for user_id in range(10):
        await connection.execute("INSERT INTO users (user_id, is_current, txhash) VALUES (%s, true, '')", [user_id])
    ahead = 400 * DAY
    await go_on()
    assert not (await looked())[1]
    ahead = timedelta()
    assert (await looked())[1]
    await go_on()
    ahead = HOUR / 2
    (window,) = (await looked())[0].windows
    assert isinstance(window, Slice)
    assert window.keys == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("chain", "is_set_back"), [(timedelta(), True), (31 * DAY, False)], ids=["ahead", "behind"])
async def test_only_a_position_ahead_of_clock_and_chain_goes_back(
    connection: AsyncConnection[Any], chain: timedelta, is_set_back: bool
) -> None:
    """Where the clock is behind the chain, it is the clock that is wrong now."""
    now = await database_time(connection)
    await connection.execute(
        """
        INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
        VALUES ('a', 1, 'b', %s, 1, 0)
        """,
        [(now + chain).replace(tzinfo=None)],
    )
    await connection.execute(
        """
        INSERT INTO backbeat.clocks (name, reached_at, signature)
        VALUES ('a', %s, 's'), ('b', %s, NULL), ('c', %s, 's')
        """,
        [now + 30 * DAY, now + 30 * DAY, now + HOUR / 2],
    )
    await BUDGET.expire(Session(connection))
    kept = await (
        await connection.execute("SELECT name, reached_at < %s, signature FROM backbeat.clocks ORDER BY 1", [now])
    ).fetchall()
    stale = "a clock was ahead" if is_set_back else "s"
    assert kept == [("a", is_set_back, stale), ("b", is_set_back, None), ("c", False, "s")]
