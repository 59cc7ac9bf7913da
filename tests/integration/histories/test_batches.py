"""Histories say what tables said after each block, however blocks are cut and whichever program writes them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from random import Random
from typing import Any

import psycopg
import pytest
from conftest import new_database
from depth import at_depth
from integration.index.test_splits import history
from psycopg import AsyncConnection
from worst.act import ALBUM, COMMENT, EVENT, FOREIGN, OTHER, OWNER, PLAYLIST, TRACK
from worst.acts import first_block, signed

from backbeat.chain.proto import core_pb2
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.index import early
from backbeat.index.histories import keep_superseded
from backbeat.index.pieces import Pieces
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, play, plays
from builders.indexing import index, rows
from builders.waiting import eventually
from builders.writing import begun_early
from harness import past

BLOCKS = 80
PER_BLOCK = 3

Chain = list[list[core_pb2.SignedTransaction]]


def remix_of(track_id: int) -> dict[str, Any]:
    return {"tracks": [{"parent_track_id": track_id}]}


def changing(draw: Random) -> Iterator[core_pb2.SignedTransaction]:
    """Yield transactions that change what rewards are judged by, there and back again, and what they are not."""
    key, user_id, other, item = draw.choice([(1, OWNER, OTHER, FOREIGN), (2, OTHER, OWNER, TRACK)])
    pair, entity_id, payload = draw.choice(
        [
            ("User/Update", user_id, {"name": draw.choice(["N", "M", None])}),
            ("User/Update", user_id, {"bio": draw.choice(["B", "", None])}),
            ("User/Update", user_id, {"location": str(draw.random())}),
            ("User/Update", user_id, {"is_deactivated": draw.random() < 0.3}),
            ("User/Update", user_id, {"cover_photo": draw.choice(["Qm", None])}),
            ("*/Follow", other, None),
            ("*/Unfollow", other, None),
            ("*/Save", item, {}),
            ("*/Unsave", item, None),
            ("*/Repost", item, {}),
            ("*/Unrepost", item, None),
            ("Track/Update", TRACK if key == 1 else FOREIGN, {"is_unlisted": draw.random() < 0.5}),
            ("Track/Update", TRACK if key == 1 else FOREIGN, {"mood": "Cool", "title": str(draw.random())}),
            ("Track/Update", TRACK if key == 1 else FOREIGN, {"remix_of": draw.choice([remix_of(item), None])}),
            ("Playlist/Update", draw.choice([PLAYLIST, ALBUM]), {"is_private": draw.random() < 0.5}),
            ("Playlist/Update", PLAYLIST, {"playlist_contents": [{"track_id": TRACK}] if draw.random() < 0.5 else []}),
            ("Comment/Pin", COMMENT, {"entity_id": TRACK}),
            ("Comment/Unpin", COMMENT, {"entity_id": TRACK}),
            ("Comment/Update", COMMENT, {"entity_id": TRACK, "body": str(draw.random())}),
            ("Comment/Create", COMMENT + draw.randrange(1, 9), {"entity_id": TRACK, "body": "hi"}),
            ("Comment/Delete", COMMENT + draw.randrange(1, 9), None),
            ("Event/Update", EVENT, {"event_data": {"winners": draw.choice([[TRACK], [TRACK, FOREIGN], None])}}),
        ]
    )
    yield signed(key, user_id, pair, entity_id, payload)
    if draw.random() < 0.2:
        yield plays(play(str(user_id), str(TRACK)))


def changes(seed: int) -> Chain:
    """Return blocks, the same for the same seed; some hold plays alone, and some nothing."""
    draw = Random(seed)
    blocks = [[each for _ in range(draw.randrange(PER_BLOCK + 1)) for each in changing(draw)] for _ in range(BLOCKS)]
    return [list(first_block()), *blocks, [plays(play(str(OWNER), str(TRACK)))]]


@pytest.fixture(params=[history, changes], ids=lambda made: made.__name__)
def blocks(request: pytest.FixtureRequest) -> Chain:
    chain: Chain = request.param(at_depth(1, 2, 3))
    return chain


@asynccontextmanager
async def indexed(url: str, blocks: Chain, batch_blocks_max: int, *, down: bool = False) -> AsyncIterator[Any]:
    async with await AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        if down:
            await past.write_down(connection)
        async with await open_lanes(url, DatabaseSettings()) as lanes:
            await index(lanes, ListSource(blocks), batch_blocks_max=batch_blocks_max)
        yield connection


FRONTIERS = "SELECT block_number, play_id, height, block_time FROM backbeat.past_frontiers ORDER BY 1, 2"
STANDINGS = "SELECT blocknumber, user_id FROM backbeat.standing_changes ORDER BY 1, 2"
CUTS = ((7, early.LONG_BYTES), (100, early.LONG_BYTES), (1, 0), (7, 0))
"""How many blocks are a batch, and from how many bytes on the next one is begun while it is written."""


async def remembered(connection: AsyncConnection[Any]) -> dict[str, list[Any]]:
    """Return all that is kept of the past."""
    found: dict[str, list[Any]] = dict(await past.kept(connection))
    for query in (FRONTIERS, STANDINGS):
        found[query] = await rows(connection, query)
    return found


async def test_what_is_cut_otherwise_is_remembered_alike(
    blocks: Chain,
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with new_database(postgres, admin, template) as url:
        async with indexed(url, blocks, 1, down=True) as connection:
            said, kept = await past.written_down(connection), await remembered(connection)
            assert await past.as_of(connection, max(block for block, _ in said)) == said
    assert all(kept.values()) or len(blocks) > BLOCKS + 2
    begun = begun_early(monkeypatch)
    for batch_blocks_max, early_from in CUTS:
        monkeypatch.setattr(early, "LONG_BYTES", early_from)
        with new_database(postgres, admin, template) as url:
            async with indexed(url, blocks, batch_blocks_max) as connection:
                assert await remembered(connection) == kept
    assert begun


async def test_a_loop_that_loses_its_sessions_remembers_alike(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_database(postgres, admin, template) as url:
        async with indexed(url, changes(5), 1) as connection:
            kept = await remembered(connection)
    calls = count(1)

    async def lost(connection: AsyncConnection[Any], *given: Any, **named: Any) -> None:
        await keep_superseded(connection, *given, **named)
        if next(calls) in (2, 6):
            admin.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.info.backend_pid])

    monkeypatch.setattr("backbeat.index.applying.keep_superseded", lost)
    monkeypatch.setattr(early, "LONG_BYTES", 0)
    with new_database(postgres, admin, template) as url:
        async with indexed(url, changes(5), 7) as connection:
            assert await remembered(connection) == kept
    assert next(calls) > 6


def listened(seed: int) -> Chain:
    """Return blocks of plays alone, some without any."""
    draw = Random(seed)
    return [
        [plays(*(play(str(OWNER), str(TRACK)) for _ in range(draw.randrange(1, 9)))) for _ in range(draw.randrange(3))]
        for _ in range(BLOCKS)
    ]


async def test_blocks_of_plays_alone_are_found_by_their_plays(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "SELECT count(*), count(DISTINCT slot) FROM plays AS p, backbeat.frontier_of_play(p.id) WHERE slot = height"
    for batch_blocks_max, early_from in ((1, early.LONG_BYTES), *CUTS):
        monkeypatch.setattr(early, "LONG_BYTES", early_from)
        with new_database(postgres, admin, template) as url:
            async with indexed(url, listened(1), batch_blocks_max) as connection:
                [(heard, blocks)] = await rows(connection, asked)
                assert await rows(connection, "SELECT count(*) FROM plays") == [(heard,)]
                assert await rows(connection, "SELECT count(*) FROM backbeat.past_frontiers") == [(blocks,)]


WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"


async def test_what_another_writer_changed_and_had_not_committed_is_known_before_the_block(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    named = signed(1, OWNER, "User/Update", OWNER, {"name": "N"})
    with new_database(postgres, admin, template) as url:
        async with indexed(url, [list(first_block())], 1) as connection:
            [(number,)] = await rows(connection, "SELECT block_number FROM backbeat.cursor")
            async with await AsyncConnection.connect(url) as other, await open_lanes(url, DatabaseSettings()) as lanes:
                await other.execute("UPDATE users SET is_verified = true WHERE user_id = %s", [OWNER])
                following = asyncio.create_task(index(lanes, ListSource([list(first_block()), [named]])))
                assert await eventually(partial(holds, connection, WAITS, 1))
                await other.commit()
                await following
            asked = (
                "SELECT since_block, until_block, is_verified, has_name FROM backbeat.user_versions WHERE user_id = %s"
            )
            assert sorted(await rows(connection, asked, OWNER)) == [
                (number, number + 1, False, False),
                (number + 1, None, False, True),
            ]


async def holds(connection: AsyncConnection[Any], query: str, number: int) -> bool:
    return await rows(connection, query) == [(number,)]


async def test_another_writer_leaves_the_same_history(
    blocks: Chain,
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with new_database(postgres, admin, template) as url:
        async with indexed(url, blocks, 1) as connection:
            kept = await remembered(connection)

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr("backbeat.index.sink.MARK", "SELECT 1")
    monkeypatch.setattr("backbeat.index.applying.keep_superseded", nothing)
    monkeypatch.setattr("backbeat.index.applying.note_standings", nothing)
    with new_database(postgres, admin, template) as url:
        async with indexed(url, blocks, 1) as connection:
            assert await remembered(connection) == kept


async def test_a_block_in_pieces_is_remembered_as_it_ended(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pieces, "one_by_one", True)
    with new_database(postgres, admin, template) as url:
        async with indexed(url, changes(3), 1, down=True) as connection:
            said = await past.written_down(connection)
            assert await past.as_of(connection, max(block for block, _ in said)) == said


async def test_histories_grow_by_a_row_for_what_changed_them_at_most(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    """And of what a block changes there and back many times, by one for the block."""
    there_and_back = [
        signed(2, OTHER, "User/Update", OTHER, {"is_deactivated": at % 2 == 0, "bio": str(at)}) for at in range(41)
    ]
    back = [signed(2, OTHER, "User/Update", OTHER, {"is_deactivated": False, "bio": None})]
    made = [*changes(4), *[there_and_back, back] * 5]
    with new_database(postgres, admin, template) as url:
        async with indexed(url, made, 7) as connection:
            kept = await past.kept(connection)
            toggled = "SELECT count(*) FROM backbeat.past_users WHERE user_id = %s AND since_block > %s"
            [(begun,)] = await rows(connection, "SELECT max(block_number) - 10 FROM backbeat.cursor")
            assert await rows(connection, toggled, OTHER, begun) in ([(9,)], [(10,)])
    sent = sum(len(block) for block in changes(4))
    assert 0 < sum(len(each) for each in kept.values()) <= sent + 11
