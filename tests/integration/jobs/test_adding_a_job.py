"""A job is added by what it keeps, its SQL and its line in the file of its area, and by nothing else."""

import asyncio
from pathlib import Path
from typing import Any

from additions import run_with
from psycopg import AsyncConnection

from builders.indexing import rows

TABLE = "CREATE TABLE public.followings (user_id integer PRIMARY KEY, count bigint NOT NULL)"
KEEPER = '''
"""How many others each user follows."""

from backbeat.db.sql import load
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.merge import Target

FOLLOWINGS = Derivation(
    "aggregates.followings",
    dirty=(
        Dirty(
            BlockFeed("aggregates:followings", "follows", Stamp.BLOCK, 5_000),
            load(__package__, "followings_changed.sql"),
        ),
    ),
    query=load(__package__, "followings.sql"),
    target=Target(table="followings", key=("user_id",), values=("count",), scope="user_id"),
)
'''
ROWS = """
SELECT follower_user_id AS user_id, count(*) AS count
FROM follows
WHERE
    (%(keys)b::integer [] IS NULL OR follower_user_id = ANY (%(keys)b::integer []))
    AND is_current AND NOT is_delete
GROUP BY follower_user_id
"""
CHANGED = """
SELECT follower_user_id AS key, count(*) AS rows
FROM follows
WHERE blocknumber > %(after)s AND blocknumber <= %(upto)s
GROUP BY follower_user_id
"""
PLACE = "derived/aggregates"
ADDED = {
    f"{PLACE}/followings.py": KEEPER,
    f"{PLACE}/followings.sql": ROWS,
    f"{PLACE}/followings_changed.sql": CHANGED,
}
IMPORT = "from backbeat.derived.aggregates.followings import FOLLOWINGS\n"
LINE = '    yield keeps(FOLLOWINGS, group="aggregates", every_seconds=60, freshness_seconds=180)\n'
LISTED = {
    "jobs/catalog/aggregates.py": {
        "from backbeat.derived.aggregates.reconcile": IMPORT,
        "    yield verifies(RECONCILE": LINE,
    }
}
PROGRAM = """
import asyncio, sys
from pathlib import Path

import backbeat
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.jobs import operate
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings, Settings
from builders.chain import ListSource, entity
from builders.indexing import index

ANN, BOB = 3_000_001, 3_000_002
CHAIN = [
    [entity(1, ANN, "User/Create", ANN, '{"data": {"handle": "ann"}}', nonce=1)],
    [entity(2, BOB, "User/Create", BOB, '{"data": {"handle": "bob"}}', nonce=2)],
    [entity(1, ANN, "User/Follow", BOB, nonce=3)],
]
NAME = "aggregates.followings"

async def main() -> None:
    settings = Settings(jobs=JobsSettings(every_seconds={NAME: 5.0}))
    async with await open_lanes(sys.argv[1], DatabaseSettings()) as lanes:
        await index(lanes, ListSource(CHAIN))
        await Runner(lanes, catalog(settings), settings.jobs, SystemClock()).run_once(NAME)
        async with lanes.jobs.connection() as connection:
            assert (await operate.audit(connection, NAME)).is_clean
            view = await operate.show(connection, NAME, settings.jobs)
            assert (view.state, view.every_seconds, view.last_rows) == ("fresh", 5.0, 1), view

asyncio.run(main())
assert Path(backbeat.__file__).is_relative_to(sys.argv[2]), backbeat.__file__
"""


async def test_a_new_job_takes_its_keeper_its_sql_and_a_line_in_its_area(
    database_url: str, connection: AsyncConnection[Any], tmp_path: Path
) -> None:
    await connection.execute(TABLE)
    done = await asyncio.to_thread(run_with, tmp_path, PROGRAM, database_url, files=ADDED, lists=LISTED)
    assert done.returncode == 0, done.stderr
    assert await rows(connection, "SELECT user_id, count FROM followings") == [(3_000_001, 1)]
