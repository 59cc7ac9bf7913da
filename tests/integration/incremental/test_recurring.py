"""Keys that become due more than once: none is missed, none comes twice, and looking needs an index."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.incremental.ledger import lock
from backbeat.incremental.recurring import Recurring, RecurringWindow, days
from backbeat.incremental.window import peek
from harness.advancing import advance

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
DUE = """
    SELECT id, delay / 86400000000 FROM songs, unnest(%(delays)b::bigint[]) AS delay
    WHERE
        {column} + delay * interval '1 microsecond' > %(after)s
        AND {column} + delay * interval '1 microsecond' <= %(upto)s
    ORDER BY 2, 1
"""


class Clock:
    """Stands until it is set."""

    now = NOON

    async def __call__(self, _connection: AsyncConnection[Any]) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def songs(connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """A session on a database with a song of this noon and one of an hour later."""
    await connection.execute(
        """
        CREATE TABLE public.songs (
            id int, at timestamptz, naive timestamp, time_of_day time GENERATED ALWAYS AS (naive::time) STORED
        );
        CREATE INDEX songs_at ON songs (at);
        INSERT INTO songs SELECT n, '2025-06-01 11:00+00'::timestamptz + n * interval '1 hour'
        FROM generate_series(1, 2) AS n;
        UPDATE songs SET naive = at AT TIME ZONE 'UTC';
        """
    )
    return connection


def ageing(clock: Clock | None, column: str = "at") -> Recurring:
    return Recurring("ageing", "songs", column, days(range(2, 4), [9]), keys_max=100, clock=clock)


async def take(connection: AsyncConnection[Any], window: RecurringWindow, column: str = "at") -> list[tuple[int, int]]:
    """Return (song, days) of what is due, and move on."""
    async with connection.transaction():
        assert await lock(connection, [window])
        found = await (await connection.execute(DUE.format(column=column).encode(), window.bounds())).fetchall()
        await advance(connection, [window])
    return found


async def reach(connection: AsyncConnection[Any], at: datetime) -> None:
    """Have the position stand there."""
    await connection.execute(
        "INSERT INTO backbeat.clocks (name, reached_at) VALUES ('ageing', %s)"
        " ON CONFLICT (name) DO UPDATE SET reached_at = excluded.reached_at",
        [at],
    )


@pytest.mark.parametrize("column", ["at", "naive"])
async def test_each_delay_comes_once(songs: AsyncConnection[Any], clock: Clock, column: str) -> None:
    feed = ageing(clock, column)
    await take(songs, await peek(songs, feed), column)
    seen = []
    for _ in range(24 * 10):
        clock.now += timedelta(hours=1)
        if not (window := await peek(songs, feed)).is_quiet:
            assert window.upto == clock.now
            assert not window.has_more
            seen.append((clock.now - NOON, await take(songs, window, column)))
    hour = timedelta(hours=1)
    assert seen == [
        (timedelta(days=day) + late, [(song, day)]) for day in (2, 3, 9) for song, late in ((1, 0 * hour), (2, hour))
    ]


async def test_the_instant_itself_is_due(songs: AsyncConnection[Any], clock: Clock) -> None:
    feed = ageing(clock)
    await take(songs, await peek(songs, feed))
    clock.now += timedelta(days=2, microseconds=-1)
    assert (await peek(songs, feed)).is_quiet
    clock.now += timedelta(microseconds=1)
    assert await take(songs, await peek(songs, feed)) == [(1, 2)]


async def test_looking_by_the_time_of_day_finds_what_looking_by_delay_does(
    songs: AsyncConnection[Any], clock: Clock
) -> None:
    second, midnight = timedelta(seconds=1), NOON + timedelta(hours=12)
    born = [midnight + jump for jump in (-second, timedelta(), second, -timedelta(microseconds=1), 7 * second)]
    await songs.execute("DELETE FROM songs")
    for number, at in enumerate(born):
        await songs.execute("INSERT INTO songs (id, naive) VALUES (%s, %s)", [number, at.replace(tzinfo=None)])
    by_delay = ageing(clock, "naive")
    by_time = msgspec.structs.replace(by_delay, time_of_day="time_of_day")
    spans = [timedelta(microseconds=1), second, 2 * second, timedelta(hours=23), timedelta(days=1), timedelta(days=3)]
    moments = [at + timedelta(days=day) for at in born for day in (1, 2, 3, 4, 9)]
    found = []
    for began, span in product(moments, spans):
        for after in (began - span, began - timedelta(microseconds=1), began):
            await reach(songs, after)
            clock.now = after + span
            windows = [await peek(songs, feed) for feed in (by_delay, by_time)]
            assert windows[0] == windows[1]
            found.append(windows[0].is_quiet)
    assert {True, False} == set(found)


async def test_a_downtime_is_one_window(songs: AsyncConnection[Any], clock: Clock) -> None:
    feed = ageing(clock)
    await take(songs, await peek(songs, feed))
    clock.now += timedelta(days=30)
    assert await take(songs, await peek(songs, feed)) == [(1, 2), (2, 2), (1, 3), (2, 3), (1, 9), (2, 9)]
    assert (await peek(songs, feed)).is_quiet


async def test_a_clock_that_goes_back_repeats_nothing(songs: AsyncConnection[Any], clock: Clock) -> None:
    feed = ageing(clock)
    await take(songs, await peek(songs, feed))
    clock.now += timedelta(days=2)
    await take(songs, await peek(songs, feed))
    clock.now = NOON
    assert (await peek(songs, feed)).is_quiet
    clock.now += timedelta(days=2, hours=1)
    assert await take(songs, await peek(songs, feed)) == [(2, 2)]


async def test_without_a_clock_it_is_the_databases(songs: AsyncConnection[Any]) -> None:
    feed = ageing(None)
    await take(songs, await peek(songs, feed))
    assert (await peek(songs, feed)).is_quiet
    await songs.execute(
        "UPDATE backbeat.clocks SET reached_at = clock_timestamp() - interval '1 hour' WHERE name = 'ageing'"
    )
    await songs.execute("INSERT INTO songs VALUES (3, clock_timestamp() - interval '2 days' - interval '1 second')")
    assert await take(songs, await peek(songs, feed)) == [(3, 2)]
