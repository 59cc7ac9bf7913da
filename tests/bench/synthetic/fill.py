"""Fills an empty migrated database, set by set, with every trigger off and indexes made afterwards."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from bench.server import connect
from bench.synthetic.sizes import Sizes

FOLDER = Path(__file__).with_name("tables")
PLAYS_AT_ONCE = 1_000_000

Say = Callable[[str], None]


class Step(NamedTuple):
    """A file of ``tables``, the table whose indexes wait for it, and what share of the whole time it takes."""

    file: str
    table: str
    weight: float


BASE = (
    Step("blocks", "blocks", 1),
    Step("users", "users", 6),
    Step("user_events", "user_events", 1),
    Step("tracks", "tracks", 8),
    Step("remixes", "remixes", 1),
    Step("playlist_tracks", "playlist_tracks", 6),
    Step("playlists", "playlists", 6),
    Step("follows", "follows", 40),
    Step("saves", "saves", 18),
    Step("reposts", "reposts", 12),
    Step("cosigns", "reposts", 1),
    Step("comments", "comments", 1),
    Step("pins", "tracks", 1),
    Step("contests", "events", 1),
    Step("subscriptions", "subscriptions", 1),
    Step("track_routes", "track_routes", 2),
    Step("playlist_routes", "playlist_routes", 1),
    Step("purchases", "sol_purchases", 1),
    Step("tips", "user_tips", 1),
    Step("challenges", "challenges", 1),
    Step("cursor", "challenges", 1),
    Step("aggregate_user", "aggregate_user", 5),
    Step("aggregate_track", "aggregate_track", 3),
    Step("aggregate_playlist", "aggregate_playlist", 2),
)
PLAYS = Step("plays", "plays", 130)
FROM_PLAYS = (
    Step("sequences", "plays", 1),
    Step("aggregate_monthly_plays", "aggregate_monthly_plays", 15),
    Step("aggregate_plays", "aggregate_plays", 1),
    Step("play_hours", "user_distinct_play_hours", 20),
    Step("play_tracks", "user_distinct_play_tracks", 20),
    Step("milestones", "milestones", 3),
)
VACUUM_WEIGHT = 15
# What people were paid and told before it all ended; no job of ours writes that, so it comes on top of a state of rest.
PAST = (Step("disbursements", "challenge_disbursements", 1), Step("notifications", "notification", 10))

INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid), format('DROP INDEX %%s', i.indexrelid::regclass)
    FROM pg_index AS i
    WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
    ORDER BY 1
"""


class Progress(msgspec.Struct):
    """Says after each step what is done, and about how long the rest takes."""

    say: Say
    whole: float
    began: float = msgspec.field(default_factory=time.monotonic)
    done: float = 0.0

    def add(self, what: str, weight: float, seconds: float) -> None:
        self.done += weight
        spent = time.monotonic() - self.began
        left = spent * (self.whole - self.done) / self.done
        self.say(f"{what}: {seconds:.1f} s ({self.done / self.whole:.0%}, about {left:.0f} s left)")


async def fill(url: str, sizes: Sizes, say: Say) -> None:
    """Fill the database at ``url``, in two sessions side by side."""
    steps = (*BASE, PLAYS, *FROM_PLAYS)
    progress = Progress(say, sum(step.weight for step in steps) + VACUUM_WEIGHT)
    async with await connect(url) as first, await connect(url) as second:
        await first.execute(_text("functions"))
        await asyncio.gather(_run(first, BASE, sizes, progress), _play(second, sizes, progress))
        await first.execute("DROP SCHEMA bench CASCADE")
        began = time.monotonic()
        await first.execute("VACUUM (ANALYZE, FREEZE)")
        progress.add("vacuum", VACUUM_WEIGHT, time.monotonic() - began)


async def fill_past(url: str, sizes: Sizes, say: Say) -> None:
    """Fill in what a network at rest has paid and told."""
    async with await connect(url) as connection:
        await connection.execute(_text("functions"))
        await _run(connection, PAST, sizes, Progress(say, sum(step.weight for step in PAST)))
        await connection.execute("DROP SCHEMA bench CASCADE")


async def _play(connection: AsyncConnection[Any], sizes: Sizes, progress: Progress) -> None:
    await _prepare(connection)
    values = sizes.values()
    async with _no_indexes(connection, "plays"):
        for first, last in _batches(sizes.plays, PLAYS_AT_ONCE):
            began = time.monotonic()
            await connection.execute(_text("plays"), {**values, "first": first, "last": last})
            weight = PLAYS.weight * 0.7 * (last - first + 1) / sizes.plays
            progress.add(f"plays to {last:,}", weight, time.monotonic() - began)
        began = time.monotonic()
    progress.add("plays' indexes", PLAYS.weight * 0.3, time.monotonic() - began)
    await _run(connection, FROM_PLAYS, sizes, progress)


async def _run(connection: AsyncConnection[Any], steps: Sequence[Step], sizes: Sizes, progress: Progress) -> None:
    await _prepare(connection)
    for step in steps:
        began = time.monotonic()
        async with _no_indexes(connection, step.table):
            await connection.execute(_text(step.file), sizes.values())
        await connection.execute(SQL("ANALYZE {}").format(Identifier(step.table)))  # the next steps join it
        progress.add(step.file, step.weight, time.monotonic() - began)


async def _prepare(connection: AsyncConnection[Any]) -> None:
    """Leave triggers and foreign keys off, and room for sorts and hashes."""
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET work_mem = '256MB'")


@asynccontextmanager
async def _no_indexes(connection: AsyncConnection[Any], table: str) -> Any:
    """Drop the table's plain indexes for the time of the body, unless it holds rows that others look up."""
    is_empty = await (await connection.execute(SQL("SELECT FROM {} LIMIT 1").format(Identifier(table)))).fetchone()
    found = await (await connection.execute(INDEXES, [table])).fetchall() if is_empty is None else []
    for _, drop in found:
        await connection.execute(drop.encode())
    yield
    for create, _ in found:
        await connection.execute(create.encode())


def _batches(rows: int, at_once: int) -> Iterator[tuple[int, int]]:
    for first in range(1, rows + 1, at_once):
        yield first, min(rows, first + at_once - 1)


def _text(name: str) -> bytes:
    return FOLDER.joinpath(f"{name}.sql").read_bytes()
