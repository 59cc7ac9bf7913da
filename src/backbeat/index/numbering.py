"""Gives em numbers to blocks (domain: chain and entities, section 2.4).

Only a block with entity transactions gets a number, one more than the highest that ``blocks`` holds. A block that is in
the table already, put there by another writer, keeps the number that it has.
"""

from typing import Any

from psycopg import AsyncConnection

from backbeat.chain.model import Block, Kind
from backbeat.db.sql import load
from backbeat.index.applied import NumberedBlock
from backbeat.index.cursor import Cursor

KNOWN = load(__package__, "blocks_known.sql")


async def number_blocks(conn: AsyncConnection[Any], cursor: Cursor, blocks: list[Block]) -> list[NumberedBlock]:
    """Give numbers to ``blocks``, which follow ``cursor`` without a gap."""
    found = await conn.execute(KNOWN, {"hashes": [block.hash for block in blocks]})
    known: dict[str, int] = dict(await found.fetchall())
    last_number = max(known.values(), default=0)
    last_hash = next((block_hash for block_hash, number in known.items() if number == last_number), None)
    parent = cursor.block_hash
    out = []
    for block in blocks:
        number = known.get(block.hash)
        em_parent = None
        if number is None and any(transaction.kind is Kind.MANAGE_ENTITY for transaction in block.transactions):
            last_number += 1
            number, em_parent, last_hash = last_number, last_hash, block.hash
        has_plays = any(transaction.plays for transaction in block.transactions)
        out.append(NumberedBlock(block, number, parent, em_parent, has_plays))
        parent = block.hash
    return out
