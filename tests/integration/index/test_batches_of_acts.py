"""However a history is cut into batches, the same rows come of it, told twice or not."""

from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest
from depth import at_depth
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from worst.act import COMMENT, EVENT, FOREIGN, OTHER, OWNER, PLAYLIST, TIP, TRACK
from worst.acts import first_block, signed
from worst.indexer import RULES, send_tip

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes, open_lanes
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource
from builders.indexing import index

BLOCKS = 30
BLOCK_TXS_MAX = 12
TOLD_AGAIN = 0.2
KEYS = {OWNER: 1, OTHER: 2}
ACTS: list[tuple[str, tuple[int, ...], Any]] = [
    ("User/Subscribe", (OWNER, OTHER), None),
    ("User/Unsubscribe", (OWNER, OTHER), None),
    ("User/Follow", (OWNER, OTHER), None),
    ("User/Unfollow", (OWNER, OTHER), None),
    ("Event/Subscribe", (EVENT,), None),
    ("Event/Unsubscribe", (EVENT,), None),
    ("User/Mute", (OWNER, OTHER), None),
    ("MutedUser/Unmute", (OWNER, OTHER), None),
    ("Track/Share", (TRACK, FOREIGN), None),
    ("Playlist/Share", (PLAYLIST,), None),
    ("Track/Download", (TRACK, FOREIGN), {"city": "Porto"}),
    ("Track/Mute", (TRACK,), None),
    ("Track/Unmute", (TRACK,), None),
    ("Comment/Mute", (COMMENT,), None),
    ("Notification/Create", (0,), {"title": "News"}),
    ("Notification/View", (0,), None),
    ("Notification/ViewPlaylist", (PLAYLIST,), None),
    ("Tip/Update", (0,), {"reacted_to": TIP, "reaction_value": 1}),
    ("Tip/Update", (0,), {"reacted_to": TIP, "reaction_value": 4}),
    ("TrackCollaborator/Approve", (FOREIGN,), None),
    ("TrackCollaborator/Reject", (FOREIGN,), None),
    ("Track/Update", (FOREIGN,), {"collaborators": [OWNER]}),
    ("Track/Update", (FOREIGN,), {"collaborators": []}),
]


def history(draw: Random) -> Iterator[list[core_pb2.SignedTransaction]]:
    """Yield blocks of acts, some of which stand there twice, in one block or in two."""
    told: list[core_pb2.SignedTransaction] = []
    yield list(first_block())
    for _ in range(BLOCKS):
        block = []
        for _ in range(draw.randrange(BLOCK_TXS_MAX)):
            if told and draw.random() < TOLD_AGAIN:
                block.append(draw.choice(told[-10:]))
            else:
                pair, things, payload = draw.choice(ACTS)
                user = draw.choice((OWNER, OTHER))
                block.append(signed(KEYS[user], user, pair, draw.choice(things), payload))
                told.append(block[-1])
        yield block


@pytest.mark.parametrize("seed", range(at_depth(1, 2, 40)))
async def test_batches_do_not_show(
    seed: int, lanes: Lanes, database_url: str, connection: AsyncConnection[Any], twin: AsyncConnection[Any]
) -> None:
    blocks = list(history(Random(seed)))
    for conn in (connection, twin):
        await send_tip(conn)
    await index(lanes, ListSource(blocks), RULES, batch_blocks_max=1)
    url = urlsplit(database_url)._replace(path=f"/{twin.info.dbname}").geturl()
    async with await open_lanes(url, DatabaseSettings()) as others:
        await index(others, ListSource(blocks), RULES, batch_blocks_max=7)
    for row in ROW_TYPES:
        assert await stored(connection, row) == await stored(twin, row), row.table


async def stored(conn: AsyncConnection[Any], row: type[Row]) -> list[tuple[Any, ...]]:
    """Return what the indexer wrote into a table."""
    columns = SQL(", ").join(map(Identifier, row.__struct_fields__))
    key = SQL(", ").join(map(Identifier, row.identity))
    query = SQL("SELECT {} FROM {} ORDER BY {}").format(columns, Identifier(*row.table.split(".")), key)
    return await (await conn.execute(query)).fetchall()
