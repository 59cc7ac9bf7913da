"""How a job begins on a database that it does not know."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from jobs_bench import Bench, Work
from psycopg import AsyncConnection

from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.errors import ConfigError
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.jobs import store
from backbeat.jobs.first_run import at_frontier
from backbeat.jobs.job import FirstRun, Job
from harness import ChainWriter, Play, Track, User

MakeBench = Callable[..., Bench]
FEED = BlockFeed(checkpoint="hourly_play_counts", table="plays", stamp=Stamp.PLAY, rows_max=10_000)


def hourly(first_run: FirstRun) -> Job:
    return Work(HOURLY_PLAY_COUNTS.name).job(
        run=HOURLY_PLAY_COUNTS.incremental, first_run=first_run, begin=at_frontier(HOURLY_PLAY_COUNTS.name, FEED)
    )


async def counted(connection: AsyncConnection[Any]) -> int:
    [[total]] = await (
        await connection.execute("SELECT coalesce(sum(play_count), 0) FROM hourly_play_counts")
    ).fetchall()
    return int(total)


@pytest.fixture
async def chain(connection: AsyncConnection[Any]) -> ChainWriter:
    writer = ChainWriter(connection)
    await writer.commit([User(1), Track(1, 1), *[Play(1, 1)] * 7])
    return writer


async def test_a_backfill_works_through_what_is_there(
    bench: MakeBench, connection: AsyncConnection[Any], chain: ChainWriter
) -> None:
    await bench(hourly(FirstRun.BACKFILL)).runner.settle()
    assert await counted(connection) == 7
    assert chain.play_id == 7


async def test_from_now_leaves_what_is_there(
    bench: MakeBench, connection: AsyncConnection[Any], chain: ChainWriter
) -> None:
    at = bench(hourly(FirstRun.FROM_NOW))
    await at.runner.settle()
    assert await counted(connection) == 0
    await chain.commit([Play(1, 1)] * 3)
    await at.runner.settle()
    assert await counted(connection) == 3


async def test_a_beginning_that_is_repeated_skips_nothing(
    bench: MakeBench, connection: AsyncConnection[Any], chain: ChainWriter
) -> None:
    at = bench(hourly(FirstRun.FROM_NOW))
    await at.runner.settle()
    await chain.commit([Play(1, 1)] * 3)
    await connection.execute("UPDATE backbeat.jobs SET succeeded_at = NULL")  # as if the end had not been recorded
    await at.runner.settle()
    assert await counted(connection) == 3


async def test_the_word_of_the_first_time_stands(
    bench: MakeBench, connection: AsyncConnection[Any], chain: ChainWriter
) -> None:
    await store.register(connection, [hourly(FirstRun.FROM_NOW)])
    await bench(hourly(FirstRun.BACKFILL)).runner.settle()
    assert await counted(connection) == 0
    assert chain.play_id == 7


def test_a_job_that_starts_from_now_must_say_how() -> None:
    with pytest.raises(ConfigError) as raised:
        msgspec.structs.replace(hourly(FirstRun.FROM_NOW), begin=None)
    assert raised.value.code == "job_begin_missing"
