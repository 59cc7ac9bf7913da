"""A challenge is added by its file, its SQL and its entry in one list, and by nothing else."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from additions import run_with
from psycopg import AsyncConnection

from builders.indexing import rows

pytestmark = pytest.mark.newest

OFFER = "INSERT INTO challenges (id, type, amount, active, starting_block) VALUES ('ff', 'boolean', '3', true, 0)"
RULE = '''
"""``ff``: followed another user."""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

FIRST_FOLLOW = Derivation(
    "challenges.first_follow",
    dirty=(
        feeds.followers("ff:last_blocknumber"),
        feeds.standings("ff:last_user_block"),
        feeds.edits("ff", "actor", "user"),
    ),
    parameters=terms_of("ff"),
    query=load(__package__, "first_follow.sql"),
    target=progress_of("ff"),
)

CHALLENGE = challenge.followed("ff", keeper=FIRST_FOLLOW, facts=(load(__package__, "first_follow_facts.sql"),))
'''
ROWS = """
SELECT DISTINCT ON (f.follower_user_id)
    'ff' AS challenge_id,
    to_hex(f.follower_user_id) AS specifier,
    true AS is_complete,
    1 AS current_step_count,
    earned.block AS completed_blocknumber,
    terms.amount,
    backbeat.known_time(earned.block, f.since_time) AS completed_at,
    f.follower_user_id AS user_id,
    backbeat.known_time(earned.block, f.since_time) AT TIME ZONE 'UTC' AS created_at
FROM backbeat.follow_versions AS f
JOIN backbeat.challenge_terms AS terms
    ON terms.challenge_id = 'ff'
    AND terms.starting_block <= f.since_block
    AND greatest(terms.from_block, f.since_block) < least(terms.until_block, f.until_block)
CROSS JOIN LATERAL (
    SELECT backbeat.first_active_block(
        f.follower_user_id,
        greatest(terms.from_block, f.since_block),
        least(terms.until_block, f.until_block)
    ) AS block
) AS earned
CROSS JOIN backbeat.frontier
WHERE
    (%(keys)b::integer [] IS NULL OR f.follower_user_id = ANY (%(keys)b::integer []))
    AND earned.block <= frontier.block_number
    AND NOT EXISTS (
        SELECT FROM user_challenges AS done
        WHERE done.challenge_id = 'ff' AND done.specifier = to_hex(f.follower_user_id)
    )
ORDER BY f.follower_user_id, earned.block, f.followee_user_id
"""
FACTS = """
SELECT 'users followed' AS fact, count(*)::text AS found, '1' AS wanted, count(*) > 0 AS holds
FROM follows AS f
WHERE f.follower_user_id = %(user_id)s::integer AND f.is_current AND NOT f.is_delete
"""
PLACE = "derived/challenges"
ADDED = {
    f"{PLACE}/first_follow.py": RULE,
    f"{PLACE}/first_follow.sql": ROWS,
    f"{PLACE}/first_follow_facts.sql": FACTS,
}
LISTED = {
    f"{PLACE}/all.py": {
        "    first_playlist,\n": "    first_follow,\n",
        "    first_playlist.CHALLENGE,\n": "    first_follow.CHALLENGE,\n",
    }
}
PROGRAM = """
import asyncio, json, sys
from pathlib import Path

import backbeat
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.reads.challenges import explain
from backbeat.jobs import operate
from backbeat.jobs.catalog import catalog
from backbeat.jobs.runner import Runner
from backbeat.settings import ChallengesSettings, DatabaseSettings, Settings
from builders.chain import ListSource, entity
from builders.indexing import index

ANN, BOB = 3_000_001, 3_000_002
CHAIN = [
    [entity(1, ANN, "User/Create", ANN, '{"data": {"handle": "ann"}}', nonce=1)],
    [entity(2, BOB, "User/Create", BOB, '{"data": {"handle": "bob"}}', nonce=2)],
    [entity(1, ANN, "User/Follow", BOB, nonce=3)],
]

async def main() -> None:
    settings = Settings(challenges=ChallengesSettings(first_run_of={"ff": "backfill"}))
    async with await open_lanes(sys.argv[1], DatabaseSettings()) as lanes:
        await index(lanes, ListSource(CHAIN))
        await Runner(lanes, catalog(settings), settings.jobs, SystemClock()).run_once("challenges.first_follow")
        async with lanes.jobs.connection() as connection:
            assert (await operate.audit(connection, "challenges.first_follow")).is_clean
            told = [(await explain(connection, user_id, "ff")).verdict for user_id in (ANN, BOB)]
    print(json.dumps(told))

asyncio.run(main())
assert Path(backbeat.__file__).is_relative_to(sys.argv[2]), backbeat.__file__
"""


async def test_a_new_challenge_takes_its_file_its_sql_and_one_list(
    database_url: str, connection: AsyncConnection[Any], tmp_path: Path
) -> None:
    await connection.execute(OFFER)  # a row of the catalogue is data
    done = await asyncio.to_thread(run_with, tmp_path, PROGRAM, database_url, files=ADDED, lists=LISTED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        "User 3000001 has earned ff, and nothing of it was paid out.",
        "User 3000002 has not earned ff. users followed: 0, wanted: 1.",
    ]
    paid = "SELECT user_id, specifier, amount, completed_blocknumber FROM user_challenges WHERE challenge_id = 'ff'"
    assert await rows(connection, paid) == [(3_000_001, "2dc6c1", 3, 3)]
    started = "SELECT challenge_id, first_run FROM backbeat.challenge_starts"
    assert await rows(connection, started) == [("ff", "backfill")]
