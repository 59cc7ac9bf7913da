"""What jobs know of the block loop: the same as the status says, by codes and ages that stand in one place."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from jobs_bench import Work
from psycopg import AsyncConnection

from backbeat.clock import SystemClock
from backbeat.codes import FRONTIER_SECONDS_MAX, HEAD_SECONDS_MAX, HEARTBEAT_SECONDS_MAX, Phase
from backbeat.db.pool import Lanes
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.jobs import store
from backbeat.observe import health, words
from backbeat.observe.status import read_indexer
from backbeat.settings import IndexSettings
from builders.chain import ListSource
from builders.indexed import seed
from builders.waiting import eventually

CLOCK = SystemClock()
AGED = """
    UPDATE backbeat.indexer SET
        updated_at = clock_timestamp() - make_interval(secs => %(heartbeat)s),
        head_seen_at = clock_timestamp() - make_interval(secs => %(head)s)
"""
MOVED = "UPDATE backbeat.cursor SET updated_at = clock_timestamp() - make_interval(secs => %s)"
MARGIN_SECONDS = 5.0  # far more than a look takes


@pytest.fixture
async def looked_at(connection: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """A schedule with a job in it."""
    await store.register(connection, [Work("songs").job()])
    return connection


async def look(connection: AsyncConnection[Any]) -> store.ScheduleRow:
    return (await store.look(connection, ["songs"]))["songs"]


def reworded(said: Mapping[str, str]) -> dict[str, str]:
    return {code: f"{word}, so to speak" for code, word in said.items()}


async def test_jobs_hear_of_the_tip_whatever_people_read(
    lanes: Lanes, looked_at: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "PHASES", reworded(words.PHASES))
    chain = FollowedChain(source=ListSource([[], []]), rules=EntityRules(), verifier=None)
    loop = BlockLoop(chain, lanes, IndexSettings(lease_seconds=1.0), CLOCK)
    running = asyncio.create_task(loop.run())

    async def at_tip() -> bool:
        return (await look(looked_at)).at_tip

    assert await eventually(at_tip)
    row, indexer = await look(looked_at), await read_indexer(looked_at, CLOCK)
    assert (row.lag_blocks, row.moving) == (0, True)
    assert indexer is not None
    assert (indexer.phase, indexer.lag_blocks) == (Phase.AT_TIP, 0)
    loop.drain()
    await running
    assert ((await look(looked_at)).at_tip, (await look(looked_at)).lag_blocks) == (False, None)


@pytest.mark.parametrize("phase", Phase)
async def test_only_at_the_tip_do_news_start_jobs(looked_at: AsyncConnection[Any], phase: Phase) -> None:
    await seed(looked_at, phase=phase)
    row = await look(looked_at)
    assert row.at_tip is (phase is Phase.AT_TIP)
    assert (row.lag_blocks is None) is (phase is Phase.STOPPED)


@pytest.mark.parametrize("beyond", [-MARGIN_SECONDS, MARGIN_SECONDS])
async def test_an_indexer_is_there_for_jobs_as_long_as_for_the_status(
    looked_at: AsyncConnection[Any], beyond: float
) -> None:
    await seed(looked_at)
    await looked_at.execute(AGED, {"heartbeat": HEARTBEAT_SECONDS_MAX + beyond, "head": 0.0})
    indexer = await read_indexer(looked_at, CLOCK)
    assert health.check_indexer(indexer).ok is (beyond < 0)
    assert ((await look(looked_at)).lag_blocks is not None) is (beyond < 0)


@pytest.mark.parametrize("beyond", [-MARGIN_SECONDS, MARGIN_SECONDS])
async def test_a_head_counts_for_jobs_as_long_as_for_the_status(looked_at: AsyncConnection[Any], beyond: float) -> None:
    await seed(looked_at)
    await looked_at.execute(AGED, {"heartbeat": 0.0, "head": HEAD_SECONDS_MAX + beyond})
    indexer = await read_indexer(looked_at, CLOCK)
    assert indexer is not None
    assert (indexer.lag_blocks is not None) is (beyond < 0)
    assert ((await look(looked_at)).lag_blocks is not None) is (beyond < 0)


@pytest.mark.parametrize("beyond", [-MARGIN_SECONDS, MARGIN_SECONDS])
async def test_a_frontier_moves_for_a_while(looked_at: AsyncConnection[Any], beyond: float) -> None:
    await seed(looked_at)
    await looked_at.execute(MOVED, [FRONTIER_SECONDS_MAX + beyond])
    assert (await look(looked_at)).moving is (beyond < 0)
