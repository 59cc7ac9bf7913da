"""Milestones of plays read an artist's history once: of twice as much twice as much, not four times."""

from typing import Any

import pytest
from integration.histories.test_long_histories import GROWTH, LONG, SHORT, nodes
from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.derived.challenges.play_count_milestones import BEGINNING, JUDGED, SUFFIXES

ARTIST = 1
WORLD = """
    SET session_replication_role = replica;
    UPDATE backbeat.past_challenges SET step_count = 1000000 WHERE challenge_id = 'p3';
    INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)
    VALUES ('dev', 1000, 'h', '2026-02-01', 1000, 10 * %(versions)s);
    INSERT INTO backbeat.past_frontiers (block_number, play_id, height, block_time)
    SELECT n, least(10 * n, 10 * %(versions)s), n, timestamp '2026-01-05' + n * interval '1 s'
    FROM generate_series(1, 1000) AS n;
    INSERT INTO users (
        user_id, is_current, handle, handle_lc, wallet, name, blocknumber, created_at, updated_at, is_verified
    )
    VALUES (1, true, 'u', 'u', '0x', 'N', 1, '2026-01-05', '2026-01-05', true)
"""
TRACKS = """
    INSERT INTO tracks (track_id, is_current, is_delete, owner_id, blocknumber, txhash, created_at, updated_at)
    SELECT n, true, false, 1, 1, 't' || n, '2026-01-05', '2026-01-05' FROM generate_series(1, %(versions)s) AS n
"""
ONE_TRACK = """
    INSERT INTO tracks (track_id, is_current, is_delete, owner_id, blocknumber, txhash, created_at, updated_at)
    VALUES (1, true, false, 1, %(versions)s + 1, 't', '2026-01-05', '2026-01-05');
    INSERT INTO backbeat.past_tracks
    SELECT 1, n, n + 1, 1, n %% 2 = 0, false, true, false, false, NULL, 70, NULL
    FROM generate_series(1, %(versions)s) AS n
"""
COMES_AND_GOES = """
    INSERT INTO backbeat.past_users
    SELECT 1, n, n + 1, true, n %% 2 = 0, true, true, true, true, false, false
    FROM generate_series(1, %(versions)s) AS n;
    UPDATE users SET blocknumber = %(versions)s + 1
"""
PLAYS = """
    INSERT INTO plays (id, play_item_id, user_id, created_at)
    SELECT n, 1 + n %% %(tracks)s, 2, '2026-01-05' FROM generate_series(1, 10 * %(versions)s) AS n;
    INSERT INTO aggregate_monthly_plays (play_item_id, "timestamp", country, count)
    SELECT play_item_id, '2026-01-01', '', count(*) FROM plays GROUP BY play_item_id
"""
SCENES = {
    "many tracks": (TRACKS, True),
    "one track that comes and goes in every block": (ONE_TRACK, False),
    "an artist who comes and goes in every block": (TRACKS + ";" + COMES_AND_GOES, True),
    "an artist and a track that come and go": (ONE_TRACK + ";" + COMES_AND_GOES, False),
}


async def cost(connection: AsyncConnection[Any]) -> int:
    """Return how many buffers the judgement touched, and rows its nodes gave or laid beside each other in vain."""
    text = load("backbeat.derived.challenges", "play_count_milestones.sql")
    values = {"keys": [ARTIST], "ids": list(SUFFIXES), "suffixes": list(SUFFIXES.values())}
    values |= dict.fromkeys(JUDGED, BEGINNING)
    found = await connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {text}".encode(), values)
    [([told],)] = await found.fetchall()
    total = told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"]
    names = ("Actual Rows", "Rows Removed by Join Filter", "Rows Removed by Filter")
    for node in nodes(told["Plan"]):
        total += sum(node.get(name, 0) for name in names) * node["Actual Loops"]
    return int(total)


@pytest.mark.parametrize("name", SCENES)
async def test_milestones_read_what_happened_once(
    name: str, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    made, many = SCENES[name]
    costs = []
    for versions, one in ((SHORT, connection), (LONG, twin)):
        for script in (WORLD, made, PLAYS):
            text = script.replace("%(versions)s", str(versions)).replace("%(tracks)s", str(versions if many else 1))
            await one.execute(text.replace("%%", "%").encode())
        costs.append(await cost(one))
    assert costs[1] <= GROWTH * costs[0], costs
