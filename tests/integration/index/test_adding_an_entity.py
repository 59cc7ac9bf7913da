"""A wire pair is added by a handler and a row type, in two files, and by nothing else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from additions import run_with
from psycopg import AsyncConnection

from builders.indexing import rows

pytestmark = pytest.mark.newest

TABLE = """
    CREATE TABLE public.stickers (sticker_id int PRIMARY KEY, user_id int, word text, txhash text, blocknumber int)
"""
ROW = '''
from typing import ClassVar

from backbeat.index.row import Row


class StickerRow(Row, frozen=True, kw_only=True):
    """A sticker."""

    table: ClassVar[str] = "stickers"
    identity: ClassVar[tuple[str, ...]] = ("sticker_id",)
    after: ClassVar[tuple[str, ...]] = ("follows",)

    sticker_id: int
    user_id: int
    word: str
    txhash: str
    blocknumber: int
'''
HANDLER = '''
from collections.abc import Iterator

from backbeat.index.payload.metadata import text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.stickers import StickerRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids, payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    yield signer_wants(tx)
    yield one(StickerRow, tx.entity_id)


@handles("Sticker", "Stick", wants=wants)
def stick(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Stick it on."""
    check_ids(tx)
    authorize(tx, state)
    if state.get(StickerRow, tx.entity_id) is not None:
        raise Reject(Code.ALREADY_EXISTS, "entity_id")
    word = text(payload_of(tx), "word")
    yield StickerRow(
        sticker_id=tx.entity_id, user_id=tx.user_id, word=word, txhash=tx.tx_hash, blocknumber=tx.block_number
    )
'''
ADDED = {"index/rows/stickers.py": ROW, "index/entities/social/sticker.py": HANDLER}
PROGRAM = """
import asyncio, sys
from pathlib import Path

import backbeat
from backbeat.db.pool import open_lanes
from backbeat.index.rows import WRITE_RANKS
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource, entity
from builders.indexing import index
from entity_reference import page

USER = 3_000_001
CHAIN = [
    [entity(1, USER, "User/Create", USER, '{"data": {"handle": "ann"}}', nonce=1)],
    [entity(1, USER, "Sticker/Stick", 7, '{"data": {"word": "hello"}}', nonce=2)],
    [entity(1, USER, "Sticker/Stick", 7, '{"data": {"word": "again"}}', nonce=3)],
]

async def main() -> None:
    async with await open_lanes(sys.argv[1], DatabaseSettings()) as lanes:
        await index(lanes, ListSource(CHAIN))

asyncio.run(main())
assert Path(backbeat.__file__).is_relative_to(sys.argv[2]), backbeat.__file__
assert WRITE_RANKS["stickers"] > WRITE_RANKS["follows"]
assert "| `Sticker` | `Stick` | Stick it on. | [`social/sticker.py`]" in page()
"""


async def test_a_new_pair_takes_a_handler_and_a_row_type(
    database_url: str, connection: AsyncConnection[Any], tmp_path: Path
) -> None:
    await connection.execute(TABLE)
    done = await asyncio.to_thread(run_with, tmp_path, PROGRAM, database_url, files=ADDED, lists={})
    assert done.returncode == 0, done.stderr
    assert await rows(connection, "SELECT sticker_id, user_id, word FROM stickers") == [(7, 3_000_001, "hello")]
    assert await rows(connection, "SELECT entity_type, action, reason FROM rejected_transactions") == [
        ("Sticker", "Stick", "already_exists")
    ]
