"""ChangeFeed under a storm: six writers, random commit order, aborted, prepared and very long transactions.

Every row of the captured table is a key of its own, so whatever is missed or repeated shows. The naive cursor, "id
above the last one seen", reads the same rows in the same run. ``python -m bench.change_feed`` runs it at full size and
then measures what capture costs a writer and what pruning costs.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import count, product
from pathlib import Path
from typing import Any

import msgspec
from clusters import cluster_folder
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.incremental import change_log
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.ledger import lock
from backbeat.incremental.transaction import Session
from backbeat.incremental.window import peek
from harness.advancing import advance

WRITERS = 6
POLL_SECONDS = 0.01
PAUSE_SECONDS_MAX = 0.02  # between the statements of a transaction: this is what mixes up the order of commits
PRUNE_EVERY = 20  # looks of the consumer
SETUP = """
    CREATE TABLE public.storm (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, writer int);
    SELECT backbeat.capture('storm', 'storm', ARRAY['id']);
"""
WRITE = """
    WITH made AS (INSERT INTO storm (writer) SELECT %s FROM generate_series(1, %s) RETURNING id)
    SELECT array_agg(id) FROM made
"""
KEYS = "SELECT key::bigint FROM backbeat.changed_keys(%(stream)s, %(after)s, %(upto)s) AS key"
NAIVE = "SELECT id FROM storm WHERE id > %s ORDER BY id LIMIT %s"
CAUGHT = ("bare", "caught", "watched")  # no capture, capture, capture that watches another column
TABLE = """
    CREATE TABLE public.{table} (id int PRIMARY KEY, counter int, note int) WITH (fillfactor = 50);
    INSERT INTO {table} SELECT id, 0, 0 FROM generate_series(1, 20000) AS id;
"""
UPDATE = "UPDATE {table} SET counter = counter + 1 WHERE id <= %s"
FEED = ChangeFeed("storm", "storm", rows_max=1_000)  # so that most batches end in the middle of things


class Seen(msgspec.Struct):
    """What a reader was told: how often, and when first."""

    times: Counter[int] = msgspec.field(default_factory=Counter)
    at: dict[int, float] = msgspec.field(default_factory=dict)

    def add(self, ids: list[int]) -> None:
        now = time.monotonic()
        self.times.update(ids)
        for each in ids:
            self.at.setdefault(each, now)


class Result(msgspec.Struct, frozen=True):
    """How the storm ended."""

    committed: int
    """Rows that the writers committed."""
    undone: int
    """Rows that they rolled back."""
    seconds: float
    """How long the storm took."""
    missed: int
    """Committed rows that the feed never had."""
    repeated: int
    """Rows that it had twice."""
    invented: int
    """Rows that it had and no writer committed."""
    lag_p50: float
    """Seconds from a row's commit until the reader had it."""
    lag_p99: float
    """The same, of all but the slowest hundredth."""
    lag_max: float
    """The same, of the slowest."""
    naive_missed: int
    """Rows that a reader by the highest id missed."""
    log_rows_max: int
    """The most rows in the log."""
    log_rows_left: int
    """Rows in it at the end."""


class Storm:
    """The writers and what they committed."""

    def __init__(self, url: str, *, rows: int, seed: int) -> None:
        self.url = url
        self.left = rows
        self.random = random.Random(seed)
        self.committed: dict[int, float] = {}
        self.undone = 0
        self._names = count(1)

    async def write(self, writer: int) -> None:
        """Write transaction after transaction until enough rows are written."""
        async with await session(self.url) as connection:
            while self.left > 0:
                end = self.random.choices(list(ENDS), weights=[weight for _, weight in ENDS.values()])[0]
                await self._transaction(connection, writer, end)

    async def write_long(self, seconds: float) -> None:
        """Write now and commit in so many seconds."""
        async with await session(self.url) as connection:
            await connection.execute("BEGIN")
            ids = await self._insert(connection, 0)
            await asyncio.sleep(seconds)
            ids += await self._insert(connection, 0)
            await _commit(connection, "")
            self._keep(ids)

    async def _transaction(self, connection: AsyncConnection[Any], writer: int, end: str) -> None:
        act, _ = ENDS[end]
        await connection.execute("BEGIN")
        ids: list[int] = []
        for _ in range(self.random.randint(1, 4)):
            ids += await self._insert(connection, writer)
            await asyncio.sleep(self.random.uniform(0, PAUSE_SECONDS_MAX))
        if self.random.random() < 0.1:
            await connection.execute("SAVEPOINT here")
            self.undone += len(await self._insert(connection, writer))
            await connection.execute("ROLLBACK TO here")
        await act(connection, f"storm_{next(self._names)}")
        if "commit" in end:
            self._keep(ids)
        else:
            self.undone += len(ids)

    async def _insert(self, connection: AsyncConnection[Any], writer: int) -> list[int]:
        size = self.random.choice((1, 1, 10, 200, 500))
        self.left -= size
        found = await (await connection.execute(WRITE, [writer, size])).fetchone()
        return list(found[0]) if found else []

    def _keep(self, ids: list[int]) -> None:
        self.committed.update(dict.fromkeys(ids, time.monotonic()))


async def _commit(connection: AsyncConnection[Any], _name: str) -> None:
    await connection.execute("COMMIT")


async def _roll_back(connection: AsyncConnection[Any], _name: str) -> None:
    await connection.execute("ROLLBACK")


async def _prepare(connection: AsyncConnection[Any], name: str) -> None:
    await connection.execute(f"PREPARE TRANSACTION '{name}'".encode())
    await asyncio.sleep(10 * PAUSE_SECONDS_MAX)


async def _commit_prepared(connection: AsyncConnection[Any], name: str) -> None:
    await _prepare(connection, name)
    await connection.execute(f"COMMIT PREPARED '{name}'".encode())


async def _roll_back_prepared(connection: AsyncConnection[Any], name: str) -> None:
    await _prepare(connection, name)
    await connection.execute(f"ROLLBACK PREPARED '{name}'".encode())


End = Callable[[AsyncConnection[Any], str], Awaitable[None]]
ENDS: dict[str, tuple[End, int]] = {
    "commit": (_commit, 85),
    "roll back": (_roll_back, 10),
    "prepare and commit": (_commit_prepared, 3),
    "prepare and roll back": (_roll_back_prepared, 2),
}


async def measure(url: str, *, rows: int, long_seconds: float, seed: int = 1) -> Result:
    """Run the storm on the migrated database at ``url``, whose server allows prepared transactions."""
    storm, feed, naive = Storm(url, rows=rows, seed=seed), Seen(), Seen()
    async with await session(url) as reader, await session(url) as naive_reader:
        await reader.execute(SETUP.encode())
        window = await (await peek(reader, FEED)).reserve(reader)
        async with reader.transaction():
            await lock(reader, [window])
            await advance(reader, [window.whole()])
        started = time.monotonic()
        done = asyncio.Event()
        readers = [
            asyncio.create_task(_follow(reader, feed, done)),
            asyncio.create_task(_follow_naively(naive_reader, naive, done)),
        ]
        writers = [storm.write(writer) for writer in range(1, WRITERS + 1)]
        await asyncio.gather(storm.write_long(long_seconds), *writers)
        done.set()
        log_rows_max, _ = await asyncio.gather(*readers)
        seconds = time.monotonic() - started
        found = await (await reader.execute("SELECT count(*) FROM backbeat.changes")).fetchone()
    return _result(storm, feed, naive, seconds, (log_rows_max or 0, found[0] if found else 0))


def _result(storm: Storm, feed: Seen, naive: Seen, seconds: float, log_rows: tuple[int, int]) -> Result:
    ids = storm.committed.keys()
    lags = sorted(max(0.0, feed.at[each] - storm.committed[each]) for each in ids & feed.at.keys())
    return Result(
        committed=len(ids),
        undone=storm.undone,
        seconds=seconds,
        missed=len(ids - feed.at.keys()),
        repeated=sum(times - 1 for times in feed.times.values()),
        invented=len(feed.at.keys() - ids),
        lag_p50=statistics.median(lags),
        lag_p99=lags[int(0.99 * len(lags))],
        lag_max=lags[-1],
        naive_missed=len(ids - naive.at.keys()),
        log_rows_max=log_rows[0],
        log_rows_left=log_rows[1],
    )


async def _follow(connection: AsyncConnection[Any], seen: Seen, done: asyncio.Event) -> int:
    """Consume the feed to its end, pruning as a job would; return how large the log became."""
    log_rows_max = 0
    for look in count(1):
        was_done = done.is_set()
        window = await peek(connection, FEED)
        if not window.is_quiet:
            async with connection.transaction():
                await lock(connection, [window])
                found = await (await connection.execute(KEYS, window.bounds())).fetchall()
                await advance(connection, [window])
            seen.add([key for (key,) in found])
        if look % PRUNE_EVERY == 0:
            size = await (await connection.execute("SELECT count(*) FROM backbeat.changes")).fetchone()
            log_rows_max = max(log_rows_max, size[0] if size else 0)
            await change_log.prune(Session(connection))
        if was_done and window.is_quiet:
            while (await change_log.prune(Session(connection))).more:
                pass
            return log_rows_max
        if not window.has_more:
            await asyncio.sleep(POLL_SECONDS)
    raise AssertionError("a count never ends")


async def _follow_naively(connection: AsyncConnection[Any], seen: Seen, done: asyncio.Event) -> None:
    last = 0
    while True:
        was_done = done.is_set()
        found = await (await connection.execute(NAIVE, [last, FEED.rows_max])).fetchall()
        seen.add([key for (key,) in found])
        if found:
            last = found[-1][0]
        elif was_done:
            return
        else:
            await asyncio.sleep(POLL_SECONDS)


async def session(url: str) -> AsyncConnection[Any]:
    """Return an autocommit session."""
    return await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC")


async def overhead(url: str, *, rounds: int = 40) -> list[str]:
    """Update rows with and without capture, in turn; return a line per size and table with medians and WAL."""
    lines = []
    async with await session(url) as connection:
        for table in CAUGHT:
            await connection.execute(SQL(TABLE).format(table=Identifier(table)))
        await connection.execute("SELECT backbeat.capture('caught', 'caught', ARRAY['id'])")
        await connection.execute("SELECT backbeat.capture('watched', 'watched', ARRAY['id'], ARRAY['note'])")
        for size in (1, 1_000):
            spent: dict[str, list[float]] = {table: [] for table in CAUGHT}
            wal = dict.fromkeys(CAUGHT, 0)
            for _, table in product(range(rounds), CAUGHT):
                before, started = await _wal(connection), time.perf_counter()
                await connection.execute(SQL(UPDATE).format(table=Identifier(table)), [size])
                spent[table].append(1e3 * (time.perf_counter() - started))
                wal[table] += await _wal(connection) - before
            for table, times in spent.items():
                median = statistics.median(times)
                lines.append(f"update of {size} rows, {table}: {median:.2f} ms, {wal[table] // rounds} bytes of WAL")
    return lines


async def pruning(url: str, *, keys: int = 1_000_000) -> str:
    """Fill the log in statements of 1,000 keys and prune it."""
    async with await session(url) as connection:
        for first in range(1, keys, 1_000):
            await connection.execute(
                "SELECT backbeat.log_keys('pruned', %s::text[])", [[str(key) for key in range(first, first + 1_000)]]
            )
        found = await (await connection.execute("SELECT pg_total_relation_size('backbeat.changes')")).fetchone()
        before, started, rows = await _wal(connection), time.perf_counter(), 0
        while (report := await change_log.prune(Session(connection))).deleted:
            rows += report.deleted
        milliseconds = 1e3 * (time.perf_counter() - started)
        wal = await _wal(connection) - before
    size = found[0] / 1e6 if found else 0
    return (
        f"{keys} keys: {rows} log rows, {size:.1f} MB; pruned in {milliseconds:.0f} ms with {wal / 1e6:.2f} MB of WAL"
    )


async def _wal(connection: AsyncConnection[Any]) -> int:
    found = await (await connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")).fetchone()
    return int(found[0]) if found else 0


async def main() -> None:
    """Print the figures of a full run, on a durable server of its own."""
    place = Path(tempfile.gettempdir())
    with cluster_folder(place) as folder:
        configuration = {"max_prepared_transactions": "10"}
        async with EmbeddedPostgres(folder, configuration=configuration) as postgres:
            await migrate(postgres.url, clock=SystemClock())
            lines = [str(await measure(postgres.url, rows=1_250_000, long_seconds=12)), await pruning(postgres.url)]
            lines += await overhead(postgres.url)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
