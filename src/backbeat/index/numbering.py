"""Gives em numbers to blocks (domain: chain and entities, section 2.4).

Only a block with entity transactions gets a number, one more than the highest that ``blocks`` holds. A block that is in
the table already, put there by another writer, keeps the number that it has.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, AsyncCursor

from backbeat.chain.model import Block, Kind
from backbeat.db.sql import load
from backbeat.errors import ChainDataError
from backbeat.index.applied import NumberedBlock
from backbeat.index.cursor import Cursor

KNOWN = load(__package__, "blocks_known.sql")

NUMBERED: Final = frozenset({Kind.MANAGE_ENTITY, Kind.MIGRATION})
"""Kinds of transactions that give a block its number."""


class Known(NamedTuple):
    """What the database holds of some hashes, and of plays."""

    numbers: dict[str, int]
    """The em numbers of hashes, that of the newest block among them."""
    heights: list[tuple[str, int]]
    """Blocks of the chain that have one of the hashes."""
    play_id: int = 0
    """The last id of plays."""


async def ask_known(connection: AsyncConnection[Any], cursor: Cursor, blocks: list[Block]) -> AsyncCursor[Any]:
    """Ask what is known of ``blocks``; in a pipeline the answer comes later."""
    hashes = [block.hash for block in blocks]
    return await connection.execute(KNOWN, {"hashes": hashes, "chain_id": cursor.chain_id})


async def read_known(asked: AsyncCursor[Any]) -> Known:
    """Return the answer."""
    *rows, (_, _, play_id) = await asked.fetchall()
    numbers = {block_hash: number for block_hash, number, _ in rows if number is not None}
    heights = [(block_hash, height) for block_hash, _, height in rows if height is not None]
    return Known(numbers, heights, play_id or 0)


def foreseen(cursor: Cursor) -> Known:
    """Return what is known mostly: nothing of the blocks, and the cursor's number as the newest."""
    return Known({"": cursor.block_number}, [])


class Holds(NamedTuple):
    """What there is in a block."""

    entities: bool
    plays: bool


def what_is_in(block: Block) -> Holds:
    """Return what there is in a block."""
    kinds = {transaction.kind for transaction in block.transactions}
    has_plays = Kind.PLAYS in kinds and any(transaction.plays for transaction in block.transactions)
    return Holds(not NUMBERED.isdisjoint(kinds), has_plays)


def number_blocks(
    cursor: Cursor, blocks: list[Block], known: Known, held: Sequence[Holds] | None = None
) -> list[NumberedBlock]:
    """Give numbers to ``blocks``, which follow ``cursor`` without a gap; ``held``: what is in each, if it is known.

    Raises ChainDataError if one of them has the hash of a block of another height: rows name their block by it.
    """
    _check_hashes(blocks, known.heights)
    last_number = max(known.numbers.values(), default=0)
    last_hash = next((block_hash for block_hash, number in known.numbers.items() if number == last_number), None)
    parent = cursor.block_hash
    out = []
    for block, (has_entities, has_plays) in zip(blocks, held or map(what_is_in, blocks), strict=True):
        number = known.numbers.get(block.hash)
        em_parent = None
        if number is None and has_entities:
            last_number += 1
            number, em_parent, last_hash = last_number, last_hash, block.hash
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
