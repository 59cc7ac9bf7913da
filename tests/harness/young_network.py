"""A network of some thousand rows in a database so young that nothing was ever analysed, at rest, which then goes on.

Rows are those that benchmarks make up, written into tables whose indexes are there already and that no autovacuum
visits, so the planner knows of each no more than how many pages it has.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from psycopg import AsyncConnection

from backbeat.db.pool import open_lanes
from backbeat.derived.challenges.listen_streak import LISTEN_STREAK
from backbeat.jobs.catalog import catalog
from backbeat.jobs.job import Job
from backbeat.settings import DatabaseSettings, JobsSettings, Settings
from bench.synthetic.chain import Chain
from bench.synthetic.clock import SEARCH_PATH, install
from bench.synthetic.fill import BASE, FOLDER, FROM_PLAYS, PLAYS
from bench.synthetic.settle import SKIP, until_quiet
from bench.synthetic.sizes import ENDING, Sizes

SMALL = Sizes(
    users=600,
    tracks=600,
    playlists=300,
    follows=4_000,
    saves=2_500,
    reposts=2_000,
    plays=10_000,
    comments=300,
    contests=20,
    purchases=200,
    blocks=1_000,
)
LARGE = Sizes(*(10 * rows for rows in SMALL))

PLAYS_DAYS = 729.5  # the oldest half day of two years
STREAK_SHARE = 0.02  # of all plays; there is no rebuild, and one after another takes long

NOW = ENDING + timedelta(hours=1)

A_LITTLE: Mapping[str, int] = {
    "plays": 6, "tracks_played": 2, "follows": 4, "saves": 4, "reposts": 4, "uploads": 2, "profiles": 3, "playlists": 2,
    "routes": 2, "comments": 3, "pins": 1, "arrivals": 2, "purchases": 2, "tips": 2, "contests": 1, "releases": 1,
}  # fmt: skip
"""What a block brings, of every kind that a job follows."""

ACTS = """
    INSERT INTO backbeat.acts (blocknumber, place, ordinal, kind, "time", actor_id, item_type, item_id, delta)
    SELECT %(block)s, row_number() OVER (), 0, kind, %(at)s, actor_id, item_type, item_id, 1
    FROM (
        SELECT 'follow', follower_user_id, '', followee_user_id FROM follows WHERE blocknumber = %(block)s
        UNION ALL
        SELECT 'save', user_id, save_type::text, save_item_id FROM saves WHERE blocknumber = %(block)s
        UNION ALL
        SELECT 'repost', user_id, repost_type::text, repost_item_id FROM reposts WHERE blocknumber = %(block)s
    ) AS act (kind, actor_id, item_type, item_id)
"""

NEVER_VISITED = """
    DO $$
    DECLARE
        one regclass;
    BEGIN
        FOR one IN
            SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'backbeat'::regnamespace)
        LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)', one);
        END LOOP;
    END $$
"""


def jobs() -> tuple[Job, ...]:
    """Return every job that runs where no setting was made but one: hardly a play is old enough to be pruned.

    What had been deleted and never vacuumed would stand in the way.
    """
    return catalog(Settings(jobs=JobsSettings(plays_days=PLAYS_DAYS)))


async def settled(url: str, sizes: Sizes) -> None:
    """Fill the migrated database at ``url``, and have every job work through it."""
    async with await _connect(url) as connection:
        await connection.execute(NEVER_VISITED)
        await install(connection)
        await _fill(connection, sizes)
    async with opened(url) as connection:
        await connection.execute("SET backbeat.challenge_notifications = 'off'")
        await connection.execute(SKIP, [LISTEN_STREAK.feed.checkpoint, STREAK_SHARE])
        for job in jobs():
            await until_quiet(job.run if job.rebuild is None else job.rebuild, connection)
        for job in jobs():
            await until_quiet(job.run, connection)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncConnection[Any]]:
    """Yield a session of the jobs' lane, to which it is an hour after the network was filled."""
    now = quote(f"-c search_path={SEARCH_PATH.replace(' ', '')} -c bench.now={NOW.isoformat()}Z")
    address = f"{url}{'&' if '?' in url else '?'}options={now}"
    async with await open_lanes(address, DatabaseSettings()) as lanes, lanes.jobs.connection() as connection:
        yield connection


async def _connect(url: str) -> AsyncConnection[Any]:
    return await AsyncConnection.connect(url, autocommit=True)


async def _fill(connection: AsyncConnection[Any], sizes: Sizes) -> None:
    await connection.execute(FOLDER.joinpath("functions.sql").read_bytes())
    await connection.execute("SET session_replication_role = replica")
    values = {**sizes.values(), "first": 1, "last": sizes.plays}
    for step in (*BASE, PLAYS, *FROM_PLAYS):
        await connection.execute(FOLDER.joinpath(f"{step.file}.sql").read_bytes(), values)


async def next_block(connection: AsyncConnection[Any]) -> None:
    """Write a block of a little of everything."""
    chain = await Chain.on(connection)
    async with connection.transaction():
        await chain.commit(timedelta(seconds=1), A_LITTLE)
        await connection.execute(ACTS, {"block": chain.block, "at": chain.at})
