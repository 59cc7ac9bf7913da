"""Gives em numbers to blocks (domain: chain and entities, section 2.4).

Only a block with entity transactions gets a number, one more than the highest that ``blocks`` holds. A block that is in
the table already, put there by another writer, keeps the number that it has.
"""

from typing import Any

from psycopg import AsyncConnection

from backbeat.chain.model import Block, Kind
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import ChainDataError
from backbeat.index.applied import NumberedBlock
from backbeat.index.cursor import Cursor

KNOWN = load(__package__, "blocks_known.sql")


async def number_blocks(connection: AsyncConnection[Any], cursor: Cursor, blocks: list[Block]) -> list[NumberedBlock]:
    """Give numbers to ``blocks``, which follow ``cursor`` without a gap.

    Raises ChainDataError if one of them has the hash of a block of another height: rows name their block by it.
    """
    hashes = [block.hash for block in blocks]
    rows = await every(connection, tuple, KNOWN, {"hashes": hashes, "chain_id": cursor.chain_id})
    _check_hashes(blocks, [(block_hash, height) for block_hash, _, height in rows if height is not None])
    known: dict[str, int] = {block_hash: number for block_hash, number, _ in rows if number is not None}
    last_number = max(known.values(), default=0)
    last_hash = next((block_hash for block_hash, number in known.items() if number == last_number), None)
    parent = cursor.block_hash
    out = []
    for block in blocks:
        number = known.get(block.hash)
        em_parent = None
        kinds = [transaction.kind for transaction in block.transactions]
        if number is None and (Kind.MANAGE_ENTITY in kinds or Kind.MIGRATION in kinds):
            last_number += 1
            number, em_parent, last_hash = last_number, last_hash, block.hash
        has_plays = any(transaction.plays for transaction in block.transactions)
        out.append(NumberedBlock(block, number, parent, em_parent, has_plays))
        parent = block.hash
    return out


def _check_hashes(blocks: list[Block], indexed: list[tuple[str, int]]) -> None:
    heights = dict(indexed)
    for block in blocks:
        other = heights.setdefault(block.hash, block.height)
        if other != block.height:
            raise ChainDataError(
                "block_hash_repeated",
                f"The source served block {block.height} under the hash {block.hash}, which is that of block {other}.",
                cure="Nothing of it was indexed. The node or recording is at fault, no transaction is: use another.",
            )
