"""A challenge reads in proportion to what changed: as many rows in a network twenty times as large.

Rows are counted by the server, with those that completing a row sets off. docs/explanation/challenges.md has the table.
"""

from typing import Any

import pytest
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.derived.keeper import Keeper
from backbeat.incremental.transaction import Session
from harness.challenge_crowd import crowded, ten_do_everything
from harness.challenge_jobs import challenges_of
from harness.challenge_life import apply
from harness.challenge_world import ChallengeWorld, wipe_challenges

pytestmark = pytest.mark.slow

SMALL, LARGE = 500, 10_000  # users; each has two tracks and one to five of everything else
BOOKS = {"cursor", "indexing_checkpoints", "consumers", "clocks", "challenges", "past_challenges"}
"""Tables of a page or two, whatever happens."""

# Rows read per dirty key: what was counted, and half as much again.
K = {
    "challenges.track_upload": 60,
    "challenges.first_playlist": 28,
    "challenges.profile_steps": 24,
    "challenges.profile_completion": 57,
    "challenges.profile_verified": 12,
    "challenges.comment_pin": 46,
    "challenges.remix_contest_winner": 45,
    "challenges.play_count_milestones": 30,
    "challenges.mobile_install": 30,
    "challenges.referred": 48,
    "challenges.cosign": 60,
    "challenges.first_weekly_comment": 28,
    "challenges.referral": 27,
    "challenges.audio_matching_buyer": 33,
    "challenges.audio_matching_seller": 36,
    "challenges.first_tip": 35,
    "challenges.listen_streak": 30,
    "challenges.trending_track": 12,
}
# Not constant: all acts on a top track at each of them (everybody's here), and the scores of a week once it ends.
PER_USER = {"challenges.tastemaker": 4, "challenges.trending_underground": 8, "challenges.trending_playlist": 8}


# Tables of a few pages are read whole because that costs less; they are to be read as large ones are. With statistics
# of so few rows the planner still may take an index that fits less well.
AS_IF_LARGE = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


async def count(world: ChallengeWorld, challenge: Keeper) -> tuple[int, dict[str, int]]:
    """Run once; return how many keys that took, and how many rows it read of each table."""
    connection = world.connection
    await connection.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_indexonlyscan = off")  # what only an index answers is counted too
        report = await challenge.incremental(Session(connection))
        found = await world.all("SELECT relname, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables")
    return report.keys, {name: rows for name, rows in found if rows and name not in BOOKS}


@pytest.mark.parametrize("users", at_depth([SMALL], [SMALL, LARGE], [SMALL, LARGE]))
async def test_a_run_reads_what_changed(connection: AsyncConnection[Any], users: int) -> None:
    await wipe_challenges(connection)
    world = ChallengeWorld(connection)
    await connection.execute("UPDATE challenges SET active = true, starting_block = 0")
    await crowded(world, users)
    everything = challenges_of(world)
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute("SET backbeat.challenge_notifications = off")
    for one in everything:
        await world.run(one)
        await connection.execute("ANALYZE user_challenges, user_score_features")
    await connection.execute("RESET backbeat.challenge_notifications")
    await connection.execute("VACUUM (ANALYZE)")
    await apply(world, [ten_do_everything()])
    if users == SMALL:
        await connection.execute(AS_IF_LARGE)
    astray = 3 * users if users == SMALL else 0
    for one in everything:
        keys, rows = await count(world, one)
        # nothing was changed before here, so what is kept of the past is a page as well
        total = sum(read for name, read in rows.items() if users == SMALL or not name.startswith("past_"))
        assert keys, one.name
        bound = K[one.name] * keys if one.name in K else PER_USER[one.name] * users
        assert total <= bound + astray, (one.name, keys, rows)
