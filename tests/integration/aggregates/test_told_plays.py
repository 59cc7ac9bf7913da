"""Plays that a genesis migration only tells of are part of a track's count, and of nothing else."""

import json
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Verifier
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.derived.aggregates import reconcile
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import IndexSettings
from builders.chain import GENESIS, WALLETS, ListSource, carried, entity, play, plays

CASE = 1012

COUNTS = "SELECT play_item_id, count FROM aggregate_plays ORDER BY 1"
PLAYS = "INSERT INTO plays (id, user_id, play_item_id) SELECT n, 1, 7 FROM generate_series(1, 9) AS n"
TELL = """
INSERT INTO backbeat.told_plays (track_id, plays) VALUES (7, 100), (8, -2)
ON CONFLICT (track_id) DO UPDATE SET plays = excluded.plays
"""


async def counts(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
    return await (await connection.execute(COUNTS)).fetchall()


async def test_they_are_added_to_the_plays_that_are_there(connection: AsyncConnection[Any]) -> None:
    await connection.execute(PLAYS)
    await connection.execute(TELL)
    assert await counts(connection) == [(7, 109), (8, -2)]
    await connection.execute("UPDATE backbeat.told_plays SET plays = plays + 1")
    assert await counts(connection) == [(7, 110), (8, -1)]
    await connection.execute("DELETE FROM plays WHERE id = 9")
    await connection.execute(TELL)
    assert await counts(connection) == [(7, 109), (8, -2)]
    others = "SELECT (SELECT sum(count) FROM aggregate_monthly_plays), (SELECT count(*) FROM milestones)"
    assert await (await connection.execute(others)).fetchone() == (9, 0)


async def test_they_are_part_of_a_count_that_comes_back(connection: AsyncConnection[Any]) -> None:
    await connection.execute(PLAYS)
    await connection.execute(TELL)
    await connection.execute("DELETE FROM aggregate_plays")
    [plays] = [absent for absent in reconcile.ABSENT if absent.name == "aggregates.plays"]
    await connection.execute(plays.restore, {"keys": [7, 8, 9]})
    assert await counts(connection) == [(7, 109)]


@pytest.mark.parametrize("batch", [1, 100])
async def test_blocks_tell_them_beside_plays(lanes: Lanes, connection: AsyncConnection[Any], batch: int) -> None:
    told = [
        carried(entity(9, 0, "PlayCount/Reconcile", 2000001, json.dumps({"data": {"delta": delta}})), CASE)
        for delta in (100, 20)
    ]
    source = ListSource(
        [[told[0], plays(play("1", "2000001", GENESIS))], [told[1], plays(play("2", "2000001", GENESIS))]]
    )
    rules = EntityRules(migration_authority=WALLETS[9].address.lower(), migration_blocks=10)
    chain = FollowedChain(source=source, rules=rules, verifier=Verifier(DEV), exit_at_tip=True, migration_case=CASE)
    await BlockLoop(chain, lanes, IndexSettings(lease_seconds=1.0, batch_blocks_max=batch), SystemClock()).run()
    assert await counts(connection) == [(2000001, 122)]
    rejected = await connection.execute("SELECT count(*) FROM backbeat.rejected_transactions")
    assert await rejected.fetchone() == (0,)
