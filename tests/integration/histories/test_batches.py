"""However blocks are cut into batches, and whoever writes them, histories say what the tables said after each block."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
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
from backbeat.index.pieces import Pieces
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, play, plays
from builders.indexing import index
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


async def test_what_is_cut_otherwise_is_remembered_alike(
    blocks: Chain, postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str
) -> None:
    with new_database(postgres, admin, template) as url:
        async with indexed(url, blocks, 1, down=True) as connection:
            said, kept = await past.written_down(connection), await past.kept(connection)
            assert await past.as_of(connection, max(block for block, _ in said)) == said
            frontiers = await (await connection.execute(FRONTIERS)).fetchall()
    assert all(kept.values()) or len(blocks) > BLOCKS + 2
    for batch_blocks_max in (7, 100):
        with new_database(postgres, admin, template) as url:
            async with indexed(url, blocks, batch_blocks_max) as connection:
                assert await past.kept(connection) == kept
                assert await (await connection.execute(FRONTIERS)).fetchall() == frontiers


async def test_another_writer_leaves_the_same_history(
    blocks: Chain,
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with new_database(postgres, admin, template) as url:
        async with indexed(url, blocks, 1) as connection:
            kept = await past.kept(connection)

    async def nothing(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr("backbeat.index.sink.MARK", "SELECT 1")
    monkeypatch.setattr("backbeat.index.applying.keep_superseded", nothing)
    with new_database(postgres, admin, template) as url:
        async with indexed(url, blocks, 1) as connection:
            assert await past.kept(connection) == kept


async def test_a_block_in_pieces_is_remembered_as_it_ended(
    postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pieces, "one_by_one", True)
    with new_database(postgres, admin, template) as url:
        async with indexed(url, changes(3), 1, down=True) as connection:
            said = await past.written_down(connection)
            assert await past.as_of(connection, max(block for block, _ in said)) == said
