"""What a ChangeFeed tells: every committed change once, whatever the order of commits, whole transactions at a time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.incremental.change_feed import ChangeFeed, ChangeWindow
from backbeat.incremental.change_log import Budget, consumer_lags, drop_consumer, prune
from backbeat.incremental.ledger import lock
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import peek
from bench.change_feed import measure
from harness.advancing import advance

FEED = ChangeFeed("reader", "things", rows_max=5)
KEYS = "SELECT key FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key ORDER BY key"


@pytest.fixture
async def things(connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """A session on a database with a captured table and a consumer of its changes."""
    await connection.execute("CREATE TABLE public.things (id int PRIMARY KEY, other int, note text)")
    await connection.execute("SELECT backbeat.capture('things', 'things', ARRAY['id', 'other'])")
    await start(connection)
    return connection


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A second session, whose transactions are the test's to open and end."""
    async with await AsyncConnection.connect(database_url, autocommit=True) as session:
        yield session


async def start(connection: AsyncConnection[Any], feed: ChangeFeed = FEED) -> None:
    """Do what a first run does, without the rebuild."""
    window = await (await peek(connection, feed)).reserve(connection)
    assert await use(connection, window.whole()) == []


async def use(connection: AsyncConnection[Any], window: ChangeWindow) -> list[str | None]:
    """Return the window's keys and move the position to its end."""
    async with connection.transaction():
        assert await lock(connection, [window])
        keys = await (await connection.execute(KEYS, window.bounds())).fetchall()
        await advance(connection, [window])
    return [key for (key,) in keys]


async def batches(connection: AsyncConnection[Any], feed: ChangeFeed = FEED) -> list[list[str | None]]:
    """Follow the feed to its end."""
    seen = []
    while not (window := await peek(connection, feed)).is_quiet:
        seen.append(await use(connection, window))
    return seen


async def insert(connection: AsyncConnection[Any], *ids: int) -> None:
    await connection.execute("INSERT INTO things (id) SELECT unnest(%s::int[])", [list(ids)])


@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        ("INSERT INTO things VALUES (3), (4)", ["3", "4"]),
        ("INSERT INTO things VALUES (3, 9), (4, 9)", ["3", "4", "9"]),
        ("INSERT INTO things VALUES (1) ON CONFLICT (id) DO UPDATE SET note = 'seen'", ["1", "7"]),
        ("INSERT INTO things VALUES (1) ON CONFLICT DO NOTHING", []),
        ("UPDATE things SET note = 'x' WHERE id = 2", ["2"]),
        ("UPDATE things SET id = 5 WHERE id = 2", ["2", "5"]),
        ("UPDATE things SET other = 8 WHERE id = 1", ["1", "7", "8"]),
        ("DELETE FROM things", ["1", "2", "7"]),
        ("UPDATE things SET note = 'x' WHERE id > 100", []),
        ("TRUNCATE things", [None]),
        ("SELECT backbeat.log_keys('things', ARRAY['mended'])", ["mended"]),
    ],
)
async def test_every_statement_names_the_keys_it_touched(
    things: AsyncConnection[Any], statement: str, keys: list[str | None]
) -> None:
    await things.execute("INSERT INTO things VALUES (1, 7), (2, NULL)")
    await batches(things)
    await things.execute(statement.encode())
    assert await batches(things) == ([keys] if keys else [])


async def test_copy_is_captured_in_rows_of_the_log_that_hold_many_keys(things: AsyncConnection[Any]) -> None:
    async with things.cursor() as cursor, cursor.copy("COPY things (id) FROM STDIN") as copy:
        for each in range(1_001):
            await copy.write_row([each])
    [keys] = await batches(things)
    assert sorted(int(key or -1) for key in keys) == list(range(1_001))
    sizes = await (await things.execute("SELECT cardinality(keys) FROM backbeat.changes ORDER BY 1")).fetchall()
    assert sizes == [(1,), (200,), (200,), (200,), (200,), (200,)]


async def test_updates_of_columns_that_nobody_watches_are_not_logged(things: AsyncConnection[Any]) -> None:
    await things.execute("SELECT backbeat.capture('things', 'things', ARRAY['id'], ARRAY['other'])")
    await insert(things, 1, 2)
    await batches(things)
    await things.execute("UPDATE things SET note = 'x'")
    assert await batches(things) == []
    await things.execute("UPDATE things SET note = 'y', other = CASE WHEN id = 2 THEN 5 END")
    assert await batches(things) == [["2"]]


async def test_columns_and_tables_of_any_name_can_be_captured(things: AsyncConnection[Any]) -> None:
    await things.execute('CREATE TABLE public."Odd names" (key bigint, named bigint, "SELECT" int)')
    await things.execute("""SELECT backbeat.capture('"Odd names"', 'it''s odd', '{key,named}', '{SELECT}')""")
    odd = ChangeFeed("odd", "it's odd", 5)
    await start(things, odd)
    await things.execute('INSERT INTO "Odd names" VALUES (1, 2, 3)')
    await things.execute('UPDATE "Odd names" SET key = 4')
    assert await batches(things, odd) == [["1", "1", "2", "2", "4"]]


async def test_release_stops_logging(things: AsyncConnection[Any]) -> None:
    await things.execute("SELECT backbeat.release('things', 'things')")
    await insert(things, 1)
    assert await batches(things) == []


async def test_a_column_that_does_not_exist_cannot_be_captured(things: AsyncConnection[Any]) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn, match="has no column thing"):
        await things.execute("SELECT backbeat.capture('things', 'more', ARRAY['id', 'thing'])")


async def test_a_writer_needs_no_rights_on_the_log(things: AsyncConnection[Any], admin: psycopg.Connection) -> None:
    role = f"writer_{things.info.backend_pid}"
    admin.execute(f"CREATE ROLE {role}; GRANT {role} TO backbeat".encode())
    await things.execute(f"GRANT INSERT ON things TO {role}".encode())
    async with things.transaction():
        await things.execute(f"SET LOCAL ROLE {role}".encode())
        await insert(things, 1)
    assert await batches(things) == [["1"]]
    await things.execute(f"REVOKE ALL ON things FROM {role}".encode())
    admin.execute(f"DROP ROLE {role}".encode())


async def test_a_transaction_that_commits_late_is_told_late_and_once(
    things: AsyncConnection[Any], writer: AsyncConnection[Any]
) -> None:
    async with writer.transaction():
        await insert(writer, 1)
        await insert(things, 2)
        assert await batches(things) == [["2"]]
        await insert(writer, 3)
        await insert(things, 4)
        assert await batches(things) == [["4"]]
    assert await batches(things) == [["1", "3"]]


async def test_what_was_undone_is_never_told(things: AsyncConnection[Any], writer: AsyncConnection[Any]) -> None:
    async with writer.transaction(force_rollback=True):
        await insert(writer, 1)
        assert await batches(things) == []
    async with writer.transaction():
        await insert(writer, 2)
        async with writer.transaction(force_rollback=True):
            await insert(writer, 3)
    assert await batches(things) == [["2"]]


@pytest.mark.parametrize(("end", "told"), [("COMMIT", [["1"]]), ("ROLLBACK", [])])
async def test_a_prepared_transaction_is_told_when_it_commits(
    things: AsyncConnection[Any], end: str, told: list[list[str]]
) -> None:
    name = f"two_phases_{things.info.backend_pid}"
    await things.execute("BEGIN")
    await insert(things, 1)
    await things.execute(f"PREPARE TRANSACTION '{name}'".encode())
    await insert(things, 2)
    assert await batches(things) == [["2"]]
    await things.execute(f"{end} PREPARED '{name}'".encode())
    assert await batches(things) == told


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([1] * 12, [5, 5, 2]),
        ([2, 2], [4]),
        ([5], [5]),
        ([2, 2, 2], [4, 2]),
        ([3, 3, 3], [3, 3, 3]),
        ([8], [8]),
        ([8, 1], [8, 1]),
        ([1, 8, 1], [1, 8, 1]),
        ([450, 3], [450, 3]),
    ],
)
async def test_a_batch_ends_between_transactions(
    things: AsyncConnection[Any], sizes: list[int], expected: list[int]
) -> None:
    first = 1
    for size in sizes:
        await insert(things, *range(first, first + size))
        first += size
    assert [len(batch) for batch in await batches(things)] == expected


async def test_a_batch_may_end_among_transactions_that_overlap(things: AsyncConnection[Any], database_url: str) -> None:
    """Their ids and the order of their commits have nothing to do with each other, and one is still open."""
    sessions = [await AsyncConnection.connect(database_url) for _ in range(6)]
    for at, session in enumerate(sessions):
        await insert(session, *range(10 * at, 10 * at + 3))  # takes an id and stays open
    for at in (4, 2):
        await sessions[at].commit()
    told = await batches(things)
    for at in (5, 0, 3):
        await sessions[at].commit()
    told += await batches(things)
    await sessions[1].commit()
    told += await batches(things)
    for session in sessions:
        await session.close()
    assert [sorted({int(key or 0) // 10 for key in batch}) for batch in told] == [[2], [4], [0], [3], [5], [1]]


async def test_what_commits_between_two_batches_is_told(
    things: AsyncConnection[Any], writer: AsyncConnection[Any]
) -> None:
    """Older than where the first batch ended, though it was still open then."""
    async with writer.transaction():
        await insert(writer, 1)
        await insert(things, 11, 12, 13)
        await insert(things, 21, 22, 23)
        assert await use(things, await peek(things, FEED)) == ["11", "12", "13"]
    assert await batches(things) == [["1", "21", "22", "23"]]


async def test_streams_and_consumers_do_not_see_each_other(things: AsyncConnection[Any]) -> None:
    second, stranger = ChangeFeed("second", "things", 5), ChangeFeed("stranger", "nothing", 5)
    await start(things, stranger)
    await insert(things, 1)
    await start(things, second)
    await insert(things, 2)
    assert await batches(things) == [["1", "2"]]
    assert await batches(things, second) == [["2"]]
    assert await batches(things, stranger) == []


async def test_a_window_that_another_worker_used_cannot_be_locked(things: AsyncConnection[Any]) -> None:
    await insert(things, 1)
    window = await peek(things, FEED)
    await batches(things)
    async with things.transaction():
        assert not await lock(things, [window])


async def test_a_quiet_look_writes_nothing_and_moves_nothing(things: AsyncConnection[Any]) -> None:
    before = await peek(things, FEED)
    await things.execute("SELECT pg_current_xact_id()")
    after = await peek(things, FEED)
    assert after.is_quiet
    assert (after.after, after.upto) == (before.after, before.upto)


@pytest.mark.parametrize(
    "change",
    [
        "epoch = epoch + 1",
        "epoch = - (epoch + 1)",
        "snapshot = '1000000000:1000000000:'",
        "stream = 'another'",
    ],
)
async def test_a_position_of_another_history_is_lost_until_a_rebuild(things: AsyncConnection[Any], change: str) -> None:
    await things.execute(SQL("UPDATE backbeat.consumers SET {}").format(SQL(change)))
    await insert(things, 1)
    lost = await peek(things, FEED)
    assert lost.needs_rebuild
    reserved = await lost.reserve(things)
    await insert(things, 2)
    assert (await peek(things, FEED)).reserved
    assert await use(things, reserved.whole()) == []
    assert await batches(things) == [["2"]]


async def test_a_reserved_position_waits_for_its_rebuild_and_stays_where_it_is(things: AsyncConnection[Any]) -> None:
    await drop_consumer(things, FEED.checkpoint)
    reserved = await (await peek(things, FEED)).reserve(things)
    await insert(things, 1)
    found = await peek(things, FEED)
    assert (found.needs_rebuild, found.after) == (True, reserved.after)
    assert (await found.reserve(things)).after == reserved.after


async def test_a_position_that_a_rival_made_good_is_not_reserved_again(things: AsyncConnection[Any]) -> None:
    await drop_consumer(things, FEED.checkpoint)
    lost = await peek(things, FEED)
    await insert(things, 1)
    await start(things)
    assert await lost.reserve(things) == lost
    async with things.transaction():
        assert not await lock(things, [lost])


async def log_rows(connection: AsyncConnection[Any]) -> int:
    [(rows,)] = await (await connection.execute("SELECT count(*) FROM backbeat.changes")).fetchall()
    return int(rows)


async def test_pruning_waits_for_the_slowest_consumer_of_a_stream(things: AsyncConnection[Any]) -> None:
    slow = ChangeFeed("slow", "things", 5)
    await start(things, slow)
    await insert(things, 1)
    await all_ended(things)
    await batches(things)
    await prune(Session(things))
    assert await log_rows(things) == 1
    await batches(things, slow)
    await insert(things, 2)
    assert (await prune(Session(things))).deleted == 1
    assert await batches(things) == [["2"]]
    assert await batches(things, slow) == [["2"]]


async def test_pruning_waits_for_transactions_that_a_consumer_has_yet_to_see(
    things: AsyncConnection[Any], writer: AsyncConnection[Any]
) -> None:
    async with writer.transaction():
        await insert(writer, 1)
        await insert(things, 2)
        await batches(things)
    await prune(Session(things))
    assert await batches(things) == [["1"]]


async def test_a_stream_without_consumers_is_emptied_and_a_quiet_one_holds_nothing_back(
    things: AsyncConnection[Any],
) -> None:
    await start(things, ChangeFeed("of another", "another", 5))
    await insert(things, 1)
    await drop_consumer(things, FEED.checkpoint)
    await all_ended(things)
    assert (await prune(Session(things))).deleted == 1
    assert await log_rows(things) == 0


async def all_ended(things: AsyncConnection[Any]) -> None:
    """Wait for the transactions that run now, of other tests on the same server say: they hold the log back."""
    now = """
        SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint
        FROM pg_current_snapshot() AS snapshot
    """
    _, newest = await (await things.execute(now)).fetchone() or (0, 0)
    for _ in range(1_000):
        oldest, _ = await (await things.execute(now)).fetchone() or (0, 0)
        if oldest >= newest:
            return
        await asyncio.sleep(0.01)
    pytest.fail("some transaction never ends")


async def test_lag_of_every_consumer_shows(things: AsyncConnection[Any]) -> None:
    await start(things, ChangeFeed("dead", "things", 5))
    await insert(things, *range(300))
    await batches(things)
    await things.execute("UPDATE backbeat.changes SET logged_at = logged_at - interval '1 hour'")
    dead, reader = await consumer_lags(things)
    assert (dead.name, dead.stream, dead.lost, dead.log_rows, dead.keys) == ("dead", "things", False, 2, 300)
    assert 3_600 <= dead.seconds < 3_700
    assert (reader.name, reader.log_rows, reader.keys, reader.seconds) == ("reader", 0, 0, 0)
    assert await drop_consumer(things, "dead")
    assert not await drop_consumer(things, "dead")
    assert [lag.name for lag in await consumer_lags(things)] == ["reader"]


async def test_a_storm_of_writers_is_told_once_and_whole(database_url: str) -> None:
    result = await measure(database_url, rows=20_000, long_seconds=2)
    assert (result.missed, result.repeated, result.invented) == (0, 0, 0), msgspec.structs.asdict(result)
    assert result.committed > 10_000
    assert result.undone > 0
    assert result.naive_missed > 0, "the storm is too tame to prove anything"


WITHIN = Budget(rows_max=3, bytes_max=100_000, seconds_max=3_600)


async def fall_behind(things: AsyncConnection[Any], log_rows: int) -> None:
    for at in range(log_rows):
        await insert(things, at)


async def lost(things: AsyncConnection[Any]) -> list[str]:
    return [lag.name for lag in await consumer_lags(things) if lag.lost]


@pytest.mark.parametrize(
    ("log_rows", "age_seconds", "budget", "is_lost"),
    [
        (3, 3_000, WITHIN, False),
        (4, 0, WITHIN, True),
        (1, 3_700, WITHIN, True),
        (3, 0, msgspec.structs.replace(WITHIN, bytes_max=100), True),
        (0, 0, msgspec.structs.replace(WITHIN, rows_max=0, seconds_max=0), False),
    ],
)
async def test_a_consumer_beyond_its_budget_is_lost(
    things: AsyncConnection[Any], log_rows: int, age_seconds: int, budget: Budget, is_lost: bool
) -> None:
    await start(things, ChangeFeed("dead", "things", 50))
    await fall_behind(things, log_rows)
    await batches(things)
    await things.execute("UPDATE backbeat.changes SET logged_at = logged_at - make_interval(secs => %s)", [age_seconds])
    assert (await budget.expire(Session(things))).updated == is_lost
    assert await lost(things) == (["dead"] if is_lost else [])
    assert (await budget.expire(Session(things))).updated == 0


async def test_a_lost_consumer_holds_nothing_back_and_comes_back_with_a_rebuild(things: AsyncConnection[Any]) -> None:
    dead = ChangeFeed("dead", "things", 5)
    await start(things, dead)
    await fall_behind(things, 5)
    await all_ended(things)
    await batches(things)
    await WITHIN.expire(Session(things))
    await insert(things, 100)
    await prune(Session(things))
    assert await log_rows(things) == 1  # which the other has not read
    [lag] = [lag for lag in await consumer_lags(things) if lag.name == "dead"]
    assert (lag.lost, lag.log_rows, lag.seconds) == (True, 0, 0)
    window = await peek(things, dead)
    assert window.needs_rebuild
    reserved = await window.reserve(things)
    assert reserved.reserved
    await insert(things, 200)
    assert await use(things, reserved.whole()) == []
    assert await lost(things) == []
    assert await batches(things, dead) == [["200"]]


async def test_a_run_that_looked_before_its_consumer_was_lost_does_not_use_what_it_saw(
    things: AsyncConnection[Any],
) -> None:
    await fall_behind(things, 5)
    window = await peek(things, FEED)
    await WITHIN.expire(Session(things))
    await prune(Session(things))
    async with things.transaction():
        assert not await lock(things, [window])


async def test_a_consumer_at_work_is_not_lost(things: AsyncConnection[Any], writer: AsyncConnection[Any]) -> None:
    await fall_behind(things, 5)
    window = await peek(things, FEED)
    async with writer.transaction():
        assert await lock(writer, [window])
        assert (await WITHIN.expire(Session(things))).updated == 0
        await advance(writer, [window.whole()])
    assert (await WITHIN.expire(Session(things))).updated == 0
    assert await lost(things) == []
