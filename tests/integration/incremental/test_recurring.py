"""Keys that become due more than once: none is missed, none comes twice, and looking needs an index."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.incremental.recurring import Recurring, RecurringWindow, days
from backbeat.incremental.run import advance, lock
from backbeat.incremental.window import peek

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
        CREATE TABLE public.songs (id int, at timestamptz, naive timestamp);
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
