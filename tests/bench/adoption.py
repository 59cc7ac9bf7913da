"""How long others wait while a database is adopted, how long that takes, and what it writes.

``python -m bench.adoption --scores 1000000 --plays 5000000`` fills a database of the network's shapes, and adopts it
beside a reader, whose first transaction stays open for a minute, and a writer of fifty rows a second. Each statement of
theirs is timed where it is sent; the longest are shown with the step that ran meanwhile.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from foreign_database import make_foreign
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from backbeat.adopt.adoption import Choices, adopt
from backbeat.adopt.step import Step
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.derived.trending import network_indexes
from backbeat.lock_holder import LockHolder
from bench.quiet_ticks import fill, wal
from bench.server import connect, running

SCORES = 1_000_000
PLAYS = 5_000_000
READER_SECONDS = 60.0
ROWS_PER_SECOND = 50.0
READS_PER_SECOND = 20.0
LONGEST = 5
GOAL_SECONDS = 2.0

SCORED = """
    INSERT INTO track_trending_scores (track_id, type, version, genre, time_range, score, created_at)
    SELECT 1 + n / 3, 'TRACKS', 'pnagD', 'Electronic', (ARRAY['week', 'month', 'allTime'])[1 + n %% 3], n, now()
    FROM generate_series(0, %s - 1) AS n
"""
NOTED = "INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block) VALUES ('one', 'bench', 1, 1)"
READS = (
    "SELECT handle FROM users WHERE user_id = %s",
    "SELECT score FROM track_trending_scores WHERE track_id = %s",
    "SELECT follower_count FROM aggregate_user WHERE user_id = %s",
    "SELECT count FROM aggregate_plays WHERE play_item_id = %s",
    "SELECT created_at FROM plays WHERE id = %s",
    "SELECT title FROM tracks WHERE track_id = %s",
)
WRITES = (
    "INSERT INTO shares (share_item_id, share_type, user_id, txhash) VALUES (1, 'track', %s, 'bench')",
    "UPDATE users SET location = 'x' WHERE is_current AND user_id = 1 + %s %% 100",
    "UPDATE track_trending_scores SET score = score + 1 WHERE track_id = 1 + %s %% 100",
)
"""Blocks and plays are left out: while these grow, the switch is refused."""


class Sizes(NamedTuple):
    """What is filled, and who is beside."""

    scores: int = SCORES
    plays: int = PLAYS
    reader_seconds: float = READER_SECONDS
    rows_per_second: float = ROWS_PER_SECOND


class Wait(NamedTuple):
    """How long a statement took, and the step that began last."""

    seconds: float
    statement: str
    step: str


class Took(NamedTuple):
    """How long a step took, and how often it tried to get its locks in vain."""

    step: str
    seconds: float
    tries: int


class Figures(NamedTuple):
    """What was measured."""

    seconds: float
    wal_bytes: int
    grown_bytes: int
    steps: Sequence[Took]
    waits: Mapping[str, Sequence[Wait]]
    """By who waited, the longest first."""


class Watching:
    """Remembers which step runs, and how long each took."""

    def __init__(self) -> None:
        self.step = "looking"
        self.steps: list[Took] = []
        self._tries = 0

    def begins(self, step: Step) -> None:
        """Note it."""
        self.step, self._tries = step.name, 0

    def waits(self, step: Step, tries: int, in_the_way: Sequence[LockHolder]) -> None:
        """Count the tries."""
        del step, in_the_way
        self._tries = tries

    def done(self, step: Step, seconds: float) -> None:
        """Note how long it took."""
        self.steps.append(Took(step.name, seconds, self._tries))


async def measure(url: str, sizes: Sizes) -> Figures:
    """Fill the empty database of ours at ``url``, give it the network's shapes, and adopt it beside others."""
    async with await connect(url) as session:
        await fill(session, sizes.plays)
        await session.execute(SCORED, [sizes.scores])
        await session.execute(NOTED)
        async for _ in network_indexes.create(session):
            pass
    await asyncio.to_thread(make_foreign, url)
    async with await connect(url) as observer:
        await observer.execute("VACUUM (ANALYZE)")
        watching = Watching()
        with _beside(url, sizes, watching) as waits:
            size, written, started = await _size(observer), await wal(observer), time.perf_counter()
            async with await address.connect(
                address.parse(url), "backbeat/adopt", statement_timeout=0, lock_timeout=0
            ) as adopting:
                await adopt(adopting, Choices(), clock=SystemClock(), audience=watching)
            seconds = time.perf_counter() - started
            written, size = await wal(observer) - written, await _size(observer) - size
    longest = {who: sorted(found, reverse=True)[:LONGEST] for who, found in waits.items()}
    return Figures(seconds, written, size, watching.steps, longest)


async def _size(observer: AsyncConnection[Any]) -> int:
    [(found,)] = await (await observer.execute("SELECT pg_database_size(current_database())")).fetchall()
    return int(found)


@contextmanager
def _beside(url: str, sizes: Sizes, watching: Watching) -> Iterator[dict[str, list[Wait]]]:
    """Have a reader and a writer work until the context ends; their waits are added meanwhile."""
    stop = threading.Event()
    waits: dict[str, list[Wait]] = {"reader": [], "writer": []}

    def work(who: str, statements: Sequence[str], per_second: float, opening: Callable[[Any], None]) -> None:
        with psycopg.connect(url, autocommit=True, application_name=who) as session:
            opening(session)
            for number in range(10**9):
                statement = statements[number % len(statements)]
                started = time.perf_counter()
                session.execute(statement.encode(), [number])
                seconds = time.perf_counter() - started
                waits[who].append(Wait(seconds, statement, watching.step))
                if who == "reader" and session.info.transaction_status and time.perf_counter() > until:
                    session.execute("COMMIT")
                if stop.wait(max(1 / per_second - seconds, 0.0)):
                    return

    until = time.perf_counter() + sizes.reader_seconds
    threads = [
        threading.Thread(target=work, args=("reader", READS, READS_PER_SECOND, lambda each: each.execute("BEGIN"))),
        threading.Thread(target=work, args=("writer", WRITES, sizes.rows_per_second, lambda _: None)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield waits
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def show(found: Figures) -> None:
    """Print what was measured."""
    console = Console()
    written, grown = found.wal_bytes / 1e6, found.grown_bytes / 1e6
    console.print(f"adopted in {found.seconds:.1f} s, {written:,.0f} MB of WAL, {grown:,.0f} MB more")
    for who, waits in found.waits.items():
        table = Table(f"the {who} waited", "meanwhile", "in", title_justify="left")
        for wait in waits:
            table.add_row(f"{wait.seconds * 1000:,.0f} ms", wait.step, wait.statement)
        console.print(table)
    table = Table("step", "seconds", "tries in vain")
    for took in sorted(found.steps, key=lambda each: -each.seconds)[: 2 * LONGEST]:
        table.add_row(took.step, f"{took.seconds:.2f}", str(took.tries))
    console.print(table)
    longest = max(wait.seconds for waits in found.waits.values() for wait in waits)
    console.print(f"longest wait {longest:.2f} s; the goal is {GOAL_SECONDS:.0f} s")


async def main(sizes: Sizes, place: Path, as_shipped: str) -> None:
    """Measure on a server of its own."""
    async with running(place, as_shipped) as server, server.database() as url:
        show(await measure(url, sizes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="bench.adoption", description=__doc__)
    parser.add_argument("--scores", type=int, default=SCORES)
    parser.add_argument("--plays", type=int, default=PLAYS)
    parser.add_argument("--reader-seconds", type=float, default=READER_SECONDS)
    parser.add_argument("--rows-per-second", type=float, default=ROWS_PER_SECOND)
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()), help="where the server's files go")
    parser.add_argument("--as-shipped", default="", help="a folder with a system's programs of PostgreSQL")
    asked = parser.parse_args()
    chosen = Sizes(asked.scores, asked.plays, asked.reader_seconds, asked.rows_per_second)
    asyncio.run(main(chosen, asked.place, asked.as_shipped))
