"""A judgement reads histories once: of twice as many versions twice as much, not four times.

Users who change their own rows in each of many blocks, and are named by as much, as any user may. What counts is what
a statement touches and what it lays beside each other.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.sql import load

SHORT, LONG = 150, 300
GROWTH = 2.6  # of twice as much; what grows with the square is at 4

WORLD = """
    SET session_replication_role = replica;
    UPDATE backbeat.past_challenges SET starting_block = 0, active = true;
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES ('dev', 1000, 'h', '2026-02-01', 1000, 1);
    INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
    SELECT n, 1, n, timestamp '2026-01-05' + n * interval '1 s' FROM generate_series(1, 1000) AS n;
    INSERT INTO users (
        user_id, is_current, handle, handle_lc, wallet, name, blocknumber, created_at, updated_at, is_verified
    )
    SELECT n, true, 'u' || n, 'u' || n, '0x' || n, 'N', 1, '2026-01-05', '2026-01-05', n = 1
    FROM generate_series(1, 3) AS n
"""
TOGGLES = """
    INSERT INTO backbeat.past_users
    SELECT %(user)s, n, n + 1, %(user)s = 1, %(user)s <> 2 AND n % 2 = 0, true, true, true, n % 2 = 0, false, false
    FROM generate_series(1, %(versions)s) AS n;
    UPDATE users SET blocknumber = %(versions)s + 1, is_deactivated = %(user)s = 3 WHERE user_id = %(user)s
"""
PINS = """
    INSERT INTO tracks (
        track_id, is_current, is_delete, owner_id, blocknumber, txhash, created_at, updated_at, pinned_comment_id
    )
    VALUES (1, true, false, %(user)s, %(versions)s + 1, 't', '2026-01-05', '2026-01-05', 70);
    INSERT INTO backbeat.past_tracks
    SELECT 1, n, n + 1, %(user)s, false, false, true, false, false, NULL, 70, NULL
    FROM generate_series(1, %(versions)s) AS n;
    INSERT INTO comments (
        comment_id, text, user_id, entity_id, entity_type, created_at, updated_at, txhash, blockhash, blocknumber,
        is_visible
    )
    VALUES (70, 'x', 3, 1, 'Track', '2026-01-05', '2026-01-05', 't', 'b', 1, true)
"""
COMMENTS = """
    INSERT INTO comments (
        comment_id, text, user_id, entity_id, entity_type, created_at, updated_at, txhash, blockhash, blocknumber,
        is_visible, is_delete
    )
    SELECT
        n, 'x', %(user)s, 9, 'Track', '2026-01-06', '2026-01-06', 't', 'b', 500 + n, true, n % 2 = 0
    FROM generate_series(1, %(versions)s) AS n
"""
FOLLOWED = """
    INSERT INTO backbeat.past_follows
    SELECT %(user)s, n, n, n + 1, '2026-01-05' FROM generate_series(1, %(versions)s) AS n;
"""
FOLLOWS = """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, blocknumber, txhash, created_at)
    SELECT %(user)s, n, true, false, 1, 't', '2026-01-05' FROM generate_series(10, 20) AS n
"""
CONTESTS = """
    INSERT INTO tracks (track_id, is_current, is_delete, owner_id, blocknumber, txhash, created_at, updated_at)
    SELECT n, true, false, 3, 1, 't' || n, '2026-01-05', '2026-01-05' FROM generate_series(1, %(versions)s) AS n;
    INSERT INTO events (
        event_id, event_type, user_id, entity_type, entity_id, is_deleted, created_at, updated_at, txhash, blockhash,
        blocknumber, event_data
    )
    SELECT
        1, 'remix_contest', %(user)s, 'track', 1, false, '2026-01-05', '2026-01-05', 't', 'b', 1,
        jsonb_build_object('winners', jsonb_agg(n))
    FROM generate_series(1, %(versions)s) AS n
"""
SCENES: dict[str, tuple[str, str, list[Any]]] = {
    "a verified artist and pins": ("comment_pin.sql", PINS, ["3:1"]),
    "an artist who is not verified and pins": ("comment_pin.sql", PINS, ["3:1"]),
    "comments of a week": ("first_weekly_comment.sql", COMMENTS, ["3:202602"]),
    "winners that a verified host names": ("remix_contest.sql", CONTESTS, [1]),
    "a profile": ("profile_completion.sql", FOLLOWS, [1]),
    "a profile that follows and goes": ("profile_completion.sql", FOLLOWED, [1]),
}
USERS = {"an artist who is not verified and pins": (2, 3), "comments of a week": (3,)}
"""Who changes in each block, the owner of what there is first; otherwise user 1."""


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def cost(connection: AsyncConnection[Any], file: str, keys: list[Any]) -> int:
    """Return how many buffers a statement touched, and rows its nodes gave or laid beside each other in vain."""
    text = load("backbeat.derived.challenges", file)
    values = {"keys": keys, "since": -1, "upto": 2**31 - 1}
    found = await connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}".encode(), values)
    [([told],)] = await found.fetchall()
    total = told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"]
    for node in nodes(told["Plan"]):
        rows = sum(
            node.get(name, 0) for name in ("Actual Rows", "Rows Removed by Join Filter", "Rows Removed by Filter")
        )
        total += rows * node["Actual Loops"]
    return int(total)


@pytest.mark.parametrize("name", SCENES)
async def test_a_judgement_reads_histories_once(
    name: str, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    file, made, keys = SCENES[name]
    costs = []
    for versions, one in ((SHORT, connection), (LONG, twin)):
        await one.execute(WORLD.encode())
        users = USERS.get(name, (1,))
        for user in users:
            await one.execute(_filled(TOGGLES, user, versions))
        await one.execute(_filled(made, users[0], versions))
        costs.append(await cost(one, file, keys))
    assert costs[1] <= GROWTH * costs[0], costs


def _filled(script: str, user: int, versions: int) -> bytes:
    return script.replace("%(user)s", str(user)).replace("%(versions)s", str(versions)).encode()
