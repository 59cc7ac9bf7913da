"""Jobs beside an indexer that goes on writing: a database adopted for jobs alone, and writers for it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString

import msgspec
import psycopg
from foreign_database.writers import ForeignWriter
from integration.adopt.audience import CHOICES, Heard, adopted
from psycopg import AsyncConnection

from backbeat.beside.frontier import Frontier, Stood
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import catalog
from backbeat.jobs.job import Job
from backbeat.settings import Settings

JOBS_ONLY = msgspec.structs.replace(CHOICES, jobs_only=True)
STEPS_MAX = 1_000
UNKNOWN = 7_000_000  # users and tracks that are not there: a writer has at least one of its own

BESIDE: LiteralString = """
    INSERT INTO blocks (blockhash, is_current, number) VALUES ('theirs1', NULL, 1);
    INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block) VALUES ('theirs1', 'dev', 1, 1);
    INSERT INTO backbeat.beside (chain_id) VALUES ('dev');
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number)
    VALUES ('dev', 1, 'theirs1', now(), 1);
"""
"""Makes a database of ours, with our triggers, one in which another indexer writes the blocks."""
USERS = "SELECT user_id FROM users WHERE is_current ORDER BY user_id LIMIT 8"
TRACKS = "SELECT track_id FROM tracks WHERE is_current ORDER BY track_id LIMIT 8"


async def adopted_for_jobs(connection: AsyncConnection[Any], audience: Heard | None = None, **chosen: Any) -> None:
    """Adopt the database of ``connection`` for jobs alone."""
    await adopted(connection, msgspec.structs.replace(JOBS_ONLY, **chosen), audience)


@contextmanager
def writers(url: str, *names: str) -> Iterator[list[ForeignWriter]]:
    """Open a writer for each name; none of them touches users or tracks of another."""
    with psycopg.connect(url, autocommit=True) as connection:
        users, tracks = ([each for (each,) in connection.execute(query.encode())] for query in (USERS, TRACKS))
    share = len(names)
    made = [
        ForeignWriter(url, name, users[at::share] or [UNKNOWN + at], tracks[at::share] or [UNKNOWN + at])
        for at, name in enumerate(names)
    ]
    try:
        yield made
    finally:
        for each in made:
            each.close()


async def settled(frontier: Frontier, connection: AsyncConnection[Any]) -> Stood:
    """Take steps until the cursor stands still."""
    for _ in range(STEPS_MAX):
        stood = await frontier.step(Session(connection))
        if not stood.has_moved:
            return stood
    raise AssertionError("the frontier never comes to rest")


def jobs_beside() -> list[Job]:
    """Return the jobs that run beside another indexer."""
    return [job for job in catalog(Settings()) if not job.writes_base]


@asynccontextmanager
async def as_jobs_do(url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """Open a session that gives up a lock rather than wait for one, and whose statements are not compiled, as ours."""
    options = "-c jit=off -c lock_timeout=5s -c timezone=UTC -c search_path=public"
    async with await AsyncConnection.connect(url, autocommit=True, options=options) as one:
        yield one
