"""Beside the block loop and other writers: nobody is waited for, nothing of theirs is undone, and nothing is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from psycopg import AsyncConnection
from scripted_http import Request, Script, answer

from backbeat.incremental.transaction import Session
from builders.content_nodes import MakeRepair, RepairWorld, at, nodes, song, upload

GOOD = b'{"results": {"key": "A major", "bpm": 120, "320": "bae1"}, "error_count": 0, "status": "done"}'
Act = Callable[[], Awaitable[None]]


def after(act: Act) -> Script:
    """Return a node that answers once something else was done."""

    async def script(request: Request, writer: asyncio.StreamWriter) -> None:
        await act()
        await answer(GOOD)(request, writer)

    return script


@pytest.mark.parametrize(
    ("meanwhile", "becomes"),
    [
        ("musical_key = 'B minor', bpm = 60", ("B minor", 60.0, 0)),
        ("bpm = 60", ("A major", 60.0, 0)),
        ("is_custom_bpm = true", ("A major", None, 0)),
        ("audio_analysis_error_count = 3", (None, None, 3)),
        ("genre = 'Podcasts'", (None, None, 0)),
        ("audio_upload_id = 'another'", (None, None, 0)),
    ],
)
async def test_only_what_is_missing_at_the_time_of_writing_is_written(
    world: RepairWorld, analyses: MakeRepair, meanwhile: str, becomes: tuple[Any, ...]
) -> None:
    async def write() -> None:
        await world.by_hand(f"UPDATE tracks SET {meanwhile} WHERE track_id = 1")  # noqa: S608 - written above

    await world.apply([song(1)])
    async with nodes(after(write)) as [node]:
        await analyses([node.address]).incremental(Session(world.connection))
    assert [row[1:4] for row in await world.tracks()] == [becomes]


async def test_a_cid_that_came_meanwhile_stays(world: RepairWorld, cids: MakeRepair) -> None:
    async def write() -> None:
        await world.by_hand("UPDATE tracks SET track_cid = 'mine' WHERE track_id = 1")

    await world.apply([upload(1)])
    async with nodes(after(write), after(write)) as servers:
        await world.world.run(cids(at(servers)))
    assert [row[4] for row in await world.tracks()] == ["mine"]
    assert await world.queue() == []


async def test_a_track_that_another_session_has_locked_is_left_for_the_next_pass(
    world: RepairWorld, analyses: MakeRepair, database_url: str
) -> None:
    await world.apply([song(1), song(2)])
    async with nodes(answer(GOOD)) as [node], await AsyncConnection.connect(database_url) as other:
        await other.execute("SELECT FROM tracks WHERE track_id = 1 FOR UPDATE")
        await analyses([node.address]).incremental(Session(world.connection))
        assert [row[1] for row in await world.tracks()] == [None, "A major"]
        assert [row[1:3] for row in await world.queue()] == [(1, 0)]
        await other.rollback()
        await world.world.run(analyses([node.address]))
    assert [row[1] for row in await world.tracks()] == ["A major", "A major"]


async def test_what_a_block_writes_over_is_repaired_again(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    async with nodes(answer(GOOD)) as [node]:
        repair = analyses([node.address])
        await world.world.run(repair)
        await world.apply([song(1, musical_key=None, bpm=None)])  # as a batch does that read the track before
        assert [row[1:3] for row in await world.tracks()] == [(None, None)]
        await world.world.run(repair)
    assert [row[1:3] for row in await world.tracks()] == [("A major", 120.0)]


async def test_neither_block_nor_time_of_a_track_changes(world: RepairWorld, analyses: MakeRepair) -> None:
    query = "SELECT blocknumber, updated_at, txhash FROM tracks"
    await world.apply([song(1)])
    before = await world.world.all(query)
    async with nodes(answer(GOOD)) as [node]:
        await world.world.run(analyses([node.address]))
    assert await world.world.all(query) == before
