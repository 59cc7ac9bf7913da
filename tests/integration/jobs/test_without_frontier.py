"""Before a block is indexed here jobs wait and say why; beside another indexer's rows they would begin at 0."""

import asyncio
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.codes import JobState
from backbeat.db.pool import Lanes
from backbeat.errors import JobError
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.runner import Runner
from backbeat.settings import JobsSettings
from builders.indexing import rows
from builders.waiting import eventually
from harness import ChainWriter, Play, Track, User

POSITIONS = """
    SELECT tablename FROM indexing_checkpoints UNION ALL SELECT name FROM backbeat.clocks
    UNION ALL SELECT name FROM backbeat.rounds UNION ALL SELECT name FROM backbeat.consumers
    UNION ALL SELECT challenge_id FROM backbeat.challenge_starts
"""
AWAITING = [job.name for job in JOBS if job.awaits_blocks]
FOREIGN = """
    INSERT INTO blocks (blockhash, number) VALUES ('x', 1);
    INSERT INTO users (user_id, is_current, txhash, blockhash, blocknumber) VALUES (1, true, 'x', 'x', 1);
    INSERT INTO plays (play_item_id, user_id, created_at, slot) VALUES (1, 1, now(), 1);
    INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block) VALUES ('x', 'elsewhere', 1, 1);
"""


def runner(lanes: Lanes) -> Runner:
    return Runner(lanes, [job for job in JOBS if not job.lacks], JobsSettings(), SystemClock())


async def test_no_job_opens_a_position_or_claims_to_be_fresh(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await connection.execute(FOREIGN)
    await runner(lanes).run_until_idle()
    assert await rows(connection, POSITIONS) == []
    for job in await operate.list_jobs(connection):
        if job.name in AWAITING and job.state != JobState.OFF:
            assert (job.state, job.age_seconds) == (JobState.WAITING, None)
            assert "no block was indexed here by Backbeat yet" in job.waits_for


async def test_one_that_was_asked_for_waits_as_well(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await operate.run_now(connection, "hourly_play_counts")
    serving = runner(lanes)

    async def has_run() -> bool:
        return bool(await rows(connection, "SELECT FROM backbeat.jobs WHERE name = 'change_log.prune' AND runs > 0"))

    task = asyncio.create_task(serving.run())
    assert await eventually(has_run)
    serving.drain()
    await task
    started = "SELECT name FROM backbeat.jobs WHERE started_at IS NOT NULL"
    assert {name for (name,) in await rows(connection, started)} & set(AWAITING) == set()
    assert await rows(connection, POSITIONS) == []


@pytest.mark.parametrize("name", ["hourly_play_counts", "trending.tracks", "weekly_rotation"])
async def test_run_by_hand_it_says_what_it_waits_for(lanes: Lanes, name: str) -> None:
    with pytest.raises(JobError) as refused:
        await runner(lanes).run_once(name)
    assert refused.value.code == "job_without_frontier"
    assert "backbeat index" in refused.value.cure


async def test_nothing_is_rebuilt(connection: AsyncConnection[Any]) -> None:
    await connection.execute(FOREIGN)
    with pytest.raises(JobError) as refused:
        await operate.rebuild(connection, "hourly_play_counts")
    assert refused.value.code == "job_without_frontier"
    assert await rows(connection, POSITIONS) == []


async def test_with_the_first_block_they_begin(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await ChainWriter(connection).commit([User(1), Track(1, 1), Play(1, 1)])
    await runner(lanes).run_once("hourly_play_counts")
    assert await rows(connection, "SELECT sum(play_count)::int FROM hourly_play_counts") == [(1,)]
    [job] = [job for job in await operate.list_jobs(connection) if job.name == "hourly_play_counts"]
    assert (job.state, job.waits_for) == (JobState.FRESH, "")
