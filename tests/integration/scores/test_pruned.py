"""Plays are pruned, and what was made of them stays: recorded or not, and whatever comes late."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.scores.listeners import LISTENERS, Listeners
from backbeat.incremental.sweep import END, START
from backbeat.incremental.transaction import Session
from harness import settle
from harness.chain_writer import GENESIS, Play
from harness.score_world import Plays, ScoreWorld

HOUR = int(GENESIS.timestamp()) // 3600
USERS = range(1, 8)


COUNT = (
    """
    INSERT INTO user_distinct_play_hours (user_id, hours_with_play)
    SELECT user_id, count(*) FROM backbeat.listened_hours GROUP BY 1
    ON CONFLICT (user_id) DO UPDATE SET hours_with_play = excluded.hours_with_play
    """,
    """
    INSERT INTO user_distinct_play_tracks (user_id, track_count)
    SELECT user_id, count(*) FROM backbeat.listened_tracks GROUP BY 1
    ON CONFLICT (user_id) DO UPDATE SET track_count = excluded.track_count
    """,
)


def play(track: int, user: int, hours_ago: int) -> Play:
    return Play(track, user, GENESIS - timedelta(hours=hours_ago))


async def test_pairs_too_many_are_found_unless_pruning_explains_them(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(Plays([play(1, 3, 60), *(play(1, user, 1) for user in (1, 2, 4, 5))]))
    await settle(LISTENERS, connection)
    await world.execute(
        "INSERT INTO backbeat.listened_hours VALUES (1, %s), (2, %s), (4, %s)", HOUR - 70, HOUR - 50, HOUR - 9
    )
    await world.execute("INSERT INTO backbeat.listened_tracks SELECT n, 99 FROM generate_series(1, 6) AS n")
    for statement in COUNT:
        await world.execute(statement)
    assert await LISTENERS.find_drift(connection, USERS) == [2, 4, 5]
    await world.execute("INSERT INTO backbeat.pruned_plays (until) VALUES (%s)", GENESIS - timedelta(hours=40))
    assert await LISTENERS.find_drift(connection, USERS) == [4, 5]
    await LISTENERS.repair(connection, USERS)
    assert await world.all("SELECT user_id FROM backbeat.listened_tracks WHERE track_id = 99 ORDER BY 1") == [
        (1,), (2,), (3,), (6,),
    ]  # fmt: skip
    assert await world.all("SELECT user_id FROM backbeat.listened_hours WHERE hour < %s ORDER BY 1", HOUR - 5) == [
        (1,), (2,), (3,),
    ]  # fmt: skip
    assert await LISTENERS.find_drift(connection, USERS) == []
    assert (await LISTENERS.audit(connection)).is_clean


@pytest.mark.parametrize("role", ["origin", "replica"], ids=["recorded", "unseen"])
async def test_what_was_pruned_stays(connection: AsyncConnection[Any], role: str) -> None:
    world = await ScoreWorld.empty(connection)
    plays = [play(n, 1 + n % 4, 30 - n) for n in range(20)]
    await world.apply(Plays(plays))
    await settle(LISTENERS, connection)
    whole = await world.rows(None)
    pruning = "DELETE FROM plays WHERE id IN (SELECT id FROM plays ORDER BY created_at LIMIT %s)"
    for pruned in (1, 9, 7):
        await world.execute(f"SET session_replication_role = {role}")
        await world.execute(pruning, pruned)
        await world.execute("RESET session_replication_role")
        await looked_at_and_rebuilt(world, whole)
    await world.apply(Plays([play(90, 1, 500)]))  # so late that it is the oldest, and would vouch for all that is gone
    await settle(LISTENERS, connection)
    with_late = await world.rows(None)
    assert with_late != whole
    await looked_at_and_rebuilt(world, with_late)
    await world.execute(pruning, 4)
    await looked_at_and_rebuilt(world, with_late)
    assert await world.all("SELECT count(*) FROM plays") == [(0,)]


async def looked_at_and_rebuilt(world: ScoreWorld, expected: list[tuple[Any, ...]]) -> None:
    """Nobody differs, nothing that is done about it changes anything."""
    assert await LISTENERS.find_drift(world.connection, USERS) == []
    assert (await LISTENERS.audit(world.connection)).is_clean
    await LISTENERS.repair(world.connection, USERS)
    await LISTENERS.rebuild(Session(world.connection))
    assert await world.rows(None) == expected


async def test_counters_without_plays_come_range_by_range_as_well(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(Plays([play(1, 1, 1)]))
    await world.execute(
        "INSERT INTO user_distinct_play_hours (user_id, hours_with_play) SELECT n, 9 FROM generate_series(1, 7) AS n"
    )
    await world.execute(
        "INSERT INTO user_distinct_play_tracks (user_id, track_count) SELECT n, 9 FROM generate_series(1, 7) AS n"
    )
    listeners, seen = Listeners(sweep_rows_max=2), []
    while (await listeners.incremental(Session(connection))).more:
        seen += await world.all("SELECT after_key FROM backbeat.rounds WHERE name = %s", listeners.sweep.checkpoint)
    assert seen == [(START,), (2,), (4,), (6,)]
    assert await world.all("SELECT after_key FROM backbeat.rounds WHERE name = %s", listeners.sweep.checkpoint) == [
        (END,),
    ]  # fmt: skip
    assert await world.all("SELECT sum(hours_with_play) FROM user_distinct_play_hours") == [(1,)]
