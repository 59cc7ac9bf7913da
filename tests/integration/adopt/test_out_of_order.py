"""Where the other indexer's rows are out of order the frontier passes nothing, and says what it stands at."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from integration.adopt.beside import BESIDE, as_jobs_do, settled, writers
from psycopg import AsyncConnection

from backbeat.beside.frontier import Frontier
from backbeat.beside.service import FrontierService
from backbeat.clock import SystemClock
from backbeat.codes import CheckName
from backbeat.db.pool import open_lanes
from backbeat.derived.plays.hourly import HOURLY_PLAY_COUNTS
from backbeat.errors import LeaseLostError, UnfitDatabaseError
from backbeat.incremental.transaction import Session
from backbeat.index.guard import WRITTEN_TABLES
from backbeat.observe.others import of_others
from backbeat.observe.tree import Check
from backbeat.settings import DatabaseSettings
from builders.indexing import rows
from builders.waiting import eventually

SECONDS_MAX = 60.0
CURSOR = "SELECT height::integer, block_number, play_id::integer FROM backbeat.cursor"
HEAD = """
    SELECT height, em_block, (SELECT max(id) FROM plays) FROM core_indexed_blocks ORDER BY height DESC LIMIT 1
"""
PLAYED = (
    "INSERT INTO plays (play_item_id, user_id, slot, created_at, updated_at) "
    "SELECT play_item_id, user_id, slot, created_at, updated_at FROM plays ORDER BY id DESC LIMIT 1"
)


@pytest.fixture
async def beside_url(database_url: str) -> str:
    """The address of a database in which an indexer has written some blocks, and jobs are to run beside it."""
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(BESIDE)
    with writers(database_url, "before") as [before]:
        for _ in range(3):
            before.whole_block()
    return database_url


@pytest.fixture
async def beside(beside_url: str) -> AsyncIterator[AsyncConnection]:
    """A session on it."""
    async with as_jobs_do(beside_url) as session:
        yield session


FAR = 10**8
PLAYED_FAR = PLAYED.replace(
    "user_id, slot, created_at, updated_at FROM", f"user_id, {FAR}, created_at, updated_at FROM"
)


async def told_of(connection: AsyncConnection[Any]) -> dict[str, Check]:
    """Return what doctor and status say of the other indexer."""
    return {each.name: each for each in await of_others(connection, WRITTEN_TABLES)}


async def test_a_play_whose_slot_is_far_ahead_holds_no_play_up_and_is_named(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=1)
    async with as_jobs_do(beside_url) as session:
        await HOURLY_PLAY_COUNTS.rebuild(Session(session))
        with writers(beside_url, "theirs") as [theirs]:
            theirs.whole_block()
            await settled(frontier, beside)
            assert CheckName.SLOTS not in await told_of(beside)
            await beside.execute(PLAYED_FAR.encode())
            [(far,)] = await rows(beside, "SELECT max(id) FROM plays")
            for _ in range(3):
                theirs.whole_block()
                await settled(frontier, beside)
        [(height, _, play)] = await rows(beside, CURSOR)
        assert play == (await rows(beside, "SELECT max(id) FROM plays WHERE slot <= %s", height))[0][0] > far
        before = "SELECT height FROM backbeat.past_frontiers WHERE play_id >= %s ORDER BY play_id LIMIT 1"
        assert (await rows(beside, before, far))[0][0] <= height
        await HOURLY_PLAY_COUNTS.incremental(Session(session))
        assert (await HOURLY_PLAY_COUNTS.difference(session)).is_clean
    told = (await told_of(beside))[CheckName.SLOTS]
    assert f"The play {far} has the slot {FAR}" in told.detail
    await beside.execute("UPDATE plays SET slot = NULL WHERE id = %s", [far])
    assert CheckName.SLOTS not in await told_of(beside)


async def test_only_plays_whose_slots_are_far_ahead_are_covered_as_well(beside: AsyncConnection[Any]) -> None:
    for _ in range(5):
        await beside.execute(PLAYED_FAR.encode())
    await settled(Frontier(blocks_behind=0, plays_max=2), beside)
    assert await rows(beside, CURSOR) == await rows(beside, HEAD)


async def test_a_play_of_the_next_block_waits_for_it(beside_url: str, beside: AsyncConnection[Any]) -> None:
    with writers(beside_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        await settled(Frontier(blocks_behind=0), beside)
        [(_, _, before)] = await rows(beside, CURSOR)
        next_one = PLAYED.replace("SELECT play_item_id, user_id, slot", f"SELECT play_item_id, user_id, {height + 1}")
        await beside.execute(next_one.encode())
        await settled(Frontier(blocks_behind=0), beside)
        assert (await rows(beside, CURSOR))[0][2] == before
        theirs.whole_block()
        await settled(Frontier(blocks_behind=0), beside)
    assert await rows(beside, CURSOR) == await rows(beside, HEAD)


NOTED = "INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block) VALUES ('stray', 'dev', %s, %s)"


async def test_a_block_that_is_noted_far_ahead_is_not_followed_there_and_is_named(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=1)
    await beside.execute(NOTED, [FAR, None])
    with psycopg.connect(beside_url) as looking:
        ((top, number),) = looking.execute(
            "SELECT height, em_block FROM core_indexed_blocks WHERE height < %s ORDER BY height DESC LIMIT 1", [FAR]
        ).fetchall()
    stood = await settled(frontier, beside)
    assert (await rows(beside, CURSOR))[0][0] == top - 1, "one that is far away does not tell that it is whole"
    assert f"block {top + 1}, which core_indexed_blocks lacks, though it has {FAR}" in stood.told
    await beside.execute(NOTED, [top + 1, number + 1])
    await beside.execute(PLAYED.replace("SELECT play_item_id, user_id, slot", f"SELECT 1, 1, {top + 1}").encode())
    stood = await settled(frontier, beside)
    assert (await rows(beside, CURSOR))[0][0] == top
    assert f"block {top + 2}, which" in stood.told
    await beside.execute("DELETE FROM core_indexed_blocks WHERE height = %s", [FAR])
    assert not (await settled(frontier, beside)).told


async def test_a_number_that_is_out_of_order_is_not_passed_unless_later_ones_go_on_from_it(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=0)
    set_number = "UPDATE core_indexed_blocks SET em_block = %s WHERE height = %s"
    with writers(beside_url, "theirs") as [theirs]:
        theirs.whole_block()
        await settled(frontier, beside)
        [(began, number, _)] = await rows(beside, CURSOR)
        await beside.execute(NOTED, [began + 1, FAR])
        assert f"whose em_block in core_indexed_blocks is {FAR}" in (await settled(frontier, beside)).told
        assert (await rows(beside, CURSOR))[0][:2] == (began, number)
        await beside.execute(NOTED, [began + 2, number + 1])
        await settled(frontier, beside)
        assert (await rows(beside, CURSOR))[0][:2] == (began, number), "rows of the later block would be passed"
        await beside.execute(set_number, [FAR + 1, began + 2])
        await settled(frontier, beside)
        assert (await rows(beside, CURSOR))[0][:2] == (began + 2, FAR + 1), "they count on from there"
        await beside.execute(NOTED, [began + 3, number + 2])
        assert f"is {number + 2}, out of order" in (await settled(frontier, beside)).told
        assert (await rows(beside, CURSOR))[0][:2] == (began + 2, FAR + 1)


AGAIN = """
    WITH gone AS (DELETE FROM core_indexed_blocks WHERE height = %s RETURNING blockhash, chain_id, height, em_block)
    SELECT blockhash, chain_id, height, em_block FROM gone
"""
BACK = "INSERT INTO core_indexed_blocks (blockhash, chain_id, height, em_block) VALUES (%s, %s, %s, %s)"


async def test_a_writer_that_was_set_back_meanwhile_and_passed_us_with_the_same_blocks_is_refused(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    with writers(beside_url, "theirs") as [theirs]:
        height = theirs.whole_block()
        await settled(Frontier(blocks_behind=0), beside)
        stood = await rows(beside, CURSOR)
        assert (await told_of(beside))[CheckName.WRITER].ok
        [block] = await rows(beside, AGAIN, height)
        await beside.execute("DELETE FROM plays WHERE slot = %s", [height])
        await beside.execute(BACK, block)
        theirs.whole_block()
    told = (await told_of(beside))[CheckName.WRITER]
    assert (told.ok, f"wrote block {height} of 'dev' again" in told.detail) == (False, True)
    with pytest.raises(UnfitDatabaseError) as refused:
        await Frontier(blocks_behind=0).step(Session(beside))
    assert (refused.value.code, refused.value.message) == ("writer_went_back", told.detail)
    assert await rows(beside, CURSOR) == stood
    await beside.execute("UPDATE backbeat.beside SET block_mark = NULL")
    await settled(Frontier(blocks_behind=0), beside)
    assert await rows(beside, CURSOR) == await rows(beside, HEAD)
    assert await rows(beside, "SELECT block_mark IS NOT NULL FROM backbeat.beside") == [(True,)]


async def test_one_that_is_set_back_between_look_and_move_is_not_followed(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    frontier = Frontier(blocks_behind=0)
    with writers(beside_url, "theirs", "late") as [theirs, late]:
        height = theirs.whole_block()
        await settled(frontier, beside)
        late.begin(late=True)
        late.play()
        theirs.whole_block()
        assert (await frontier.step(Session(beside))).waits_for
        [block] = await rows(beside, AGAIN, height)
        await beside.execute(BACK, block)
        late.roll_back()
        with pytest.raises(LeaseLostError):
            await frontier.step(Session(beside))
    with pytest.raises(UnfitDatabaseError) as refused:
        await frontier.step(Session(beside))
    assert refused.value.code == "writer_went_back"


async def test_marks_of_another_cluster_are_not_compared(beside_url: str, beside: AsyncConnection[Any]) -> None:
    await beside.execute("UPDATE backbeat.beside SET block_mark = '17:3'")
    with writers(beside_url, "theirs") as [theirs]:
        theirs.whole_block()
    await settled(Frontier(blocks_behind=0), beside)
    assert await rows(beside, CURSOR) == await rows(beside, HEAD)


async def test_the_service_says_how_far_it_is_and_for_whom_it_waits(
    beside_url: str, beside: AsyncConnection[Any]
) -> None:
    moved = asyncio.Event()
    async with await open_lanes(beside_url, DatabaseSettings()) as lanes:
        service = FrontierService(lanes, SystemClock(), blocks_behind=0, lease_seconds=10.0, moved=moved)
        running = asyncio.create_task(service.run())
        with writers(beside_url, "theirs", "late") as [theirs, late]:
            late.begin(late=True)
            late.play()
            height = theirs.whole_block()

            async def waits() -> bool:
                assert not running.done(), "the service ended"
                return (await rows(beside, "SELECT waits_for LIKE '%%(late, %%' FROM backbeat.beside")) == [(True,)]

            assert await eventually(waits)
            late.commit()
            async with asyncio.timeout(SECONDS_MAX):
                await moved.wait()
        service.drain()
        await running
    assert (await rows(beside, CURSOR))[0][0] == height
    said = "SELECT phase, source, head_height FROM backbeat.indexer"
    assert await rows(beside, said) == [("stopped", "another indexer", height)]
