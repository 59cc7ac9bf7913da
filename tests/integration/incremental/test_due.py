"""When keys become due, and that none is missed or comes twice."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from psycopg import AsyncConnection

from backbeat.incremental.due import Due
from backbeat.incremental.ledger import lock
from backbeat.incremental.window import peek
from harness.advancing import advance

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
DUE = "SELECT id FROM releases WHERE {column} > %(after)s AND {column} <= %(upto)s ORDER BY id"


class Clock:
    """Stands until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    async def __call__(self, _connection: AsyncConnection[Any]) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def releases(connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """A session on a database with a table of releases, one in each of the next minutes.

    The index is there from the start: one that is made after rows were updated serves nobody until whatever
    transaction was open then, in any database of the server, is over.
    """
    await connection.execute(
        """
        CREATE TABLE public.releases (id int, at timestamptz, naive timestamp);
        CREATE INDEX ON releases (at);
        INSERT INTO releases (id, at) SELECT n, '2025-06-01 12:00+00'::timestamptz + n * interval '1 min'
        FROM generate_series(1, 9) AS n;
        UPDATE releases SET naive = at AT TIME ZONE 'UTC';
        """
    )
    return connection


def releasing(clock: Clock | None, column: str = "at", **changed: Any) -> Due:
    return Due("releases", "releases", column, **{"rows_max": 3, "clock": clock} | changed)


async def batches(connection: AsyncConnection[Any], due: Due) -> list[list[int]]:
    """Follow the feed to its end."""
    seen = []
    statement = DUE.format(column=due.column).encode()
    while not (window := await peek(connection, due)).is_quiet or not window.known:
        async with connection.transaction():
            assert await lock(connection, [window])
            keys = await (await connection.execute(statement, window.bounds())).fetchall()
            await advance(connection, [window])
        seen.append([key for (key,) in keys])
    return seen


@pytest.mark.parametrize("column", ["at", "naive"])
async def test_keys_become_due_once_with_time(releases: AsyncConnection[Any], clock: Clock, column: str) -> None:
    due = releasing(clock, column)
    assert await batches(releases, due) == [[]]
    clock.now += timedelta(minutes=2)
    assert await batches(releases, due) == [[1, 2]]
    assert await batches(releases, due) == []
    clock.now += timedelta(seconds=59)
    assert await batches(releases, due) == []
    clock.now += timedelta(seconds=1)
    assert await batches(releases, due) == [[3]]


async def test_a_downtime_is_worked_off_in_batches(releases: AsyncConnection[Any], clock: Clock) -> None:
    due = releasing(clock)
    await batches(releases, due)
    clock.now += timedelta(hours=1)
    assert await batches(releases, due) == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


async def test_rows_of_one_instant_stay_together(releases: AsyncConnection[Any], clock: Clock) -> None:
    due = releasing(clock)
    await batches(releases, due)
    await releases.execute("UPDATE releases SET at = '2025-06-01 12:02+00' WHERE id BETWEEN 2 AND 7")
    clock.now += timedelta(hours=1)
    assert await batches(releases, due) == [[1], [2, 3, 4, 5, 6, 7], [8, 9]]


async def test_a_clock_that_goes_back_repeats_nothing(releases: AsyncConnection[Any], clock: Clock) -> None:
    due = releasing(clock)
    await batches(releases, due)
    clock.now += timedelta(minutes=4)
    assert await batches(releases, due) == [[1, 2, 3], [4]]
    clock.now = NOON
    window = await peek(releases, due)
    assert window.is_quiet
    assert window.frontier == NOON + timedelta(minutes=4)
    clock.now += timedelta(minutes=5)
    assert await batches(releases, due) == [[5]]


async def test_a_delay_puts_it_off(releases: AsyncConnection[Any], clock: Clock) -> None:
    due = releasing(clock, delay=timedelta(days=7))
    await batches(releases, due)
    clock.now += timedelta(days=6, hours=1)
    assert await batches(releases, due) == []
    clock.now = NOON + timedelta(days=7, minutes=2)
    assert await batches(releases, due) == [[1, 2]]


async def test_without_a_clock_it_is_the_databases(releases: AsyncConnection[Any]) -> None:
    due = releasing(None)
    await releases.execute("UPDATE releases SET at = clock_timestamp() + (id - 5) * interval '1 hour'")
    assert [key for batch in await batches(releases, due) for key in batch] == [1, 2, 3, 4, 5]


async def test_the_position_never_moves_back(releases: AsyncConnection[Any], clock: Clock) -> None:
    due = releasing(clock)
    await batches(releases, due)
    clock.now += timedelta(minutes=4)
    await batches(releases, due)
    window = await peek(releases, due)
    await advance(releases, [msgspec.structs.replace(window, upto=NOON)])
    assert (await peek(releases, due)).after == NOON + timedelta(minutes=4)


async def test_the_window_is_found_by_the_index(releases: AsyncConnection[Any], clock: Clock) -> None:
    due = releasing(clock)
    await batches(releases, due)
    later = "SELECT n, '2026-01-01'::timestamptz + n * interval '1 s' FROM generate_series(1, 20000) AS n"
    await releases.execute(f"INSERT INTO releases {later}".encode())
    await releases.execute("VACUUM (ANALYZE) releases")
    clock.now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=3)
    await releases.execute("SELECT pg_stat_force_next_flush()")
    async with releases.transaction():
        assert not (await peek(releases, due)).is_quiet
        read = await releases.execute(
            "SELECT seq_tup_read, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'releases'"
        )
        [(scanned, fetched)] = await read.fetchall()
    assert scanned == 0
    assert fetched <= 10
