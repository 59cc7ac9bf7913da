"""Where the block loop stands: the committed frontier, moved only by the transaction that writes the blocks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
import psycopg
from psycopg import AsyncConnection

from backbeat.chain.place import Place, is_hash
from backbeat.chain.sequence import Chains, Span
from backbeat.db.query import every, first, one
from backbeat.db.sql import load
from backbeat.errors import ChainDataError, LeaseLostError
from backbeat.index.guard import Known
from backbeat.index.held import refuse_another_chain

READ = load(__package__, "cursor_read.sql")
ADOPT = load(__package__, "cursor_adopt.sql")
ADVANCE = load(__package__, "cursor_advance.sql")
INDEXED = load(__package__, "indexed_before.sql")
CHAINS = load(__package__, "chains_read.sql")
BEGIN_CHAIN = load(__package__, "chains_begin.sql")

MOVED_STATE: Final = "BB001"  # the SQLSTATE of a cursor that was moved

Position = tuple[str, int]
"""A chain id and a height of that chain."""


class Cursor(msgspec.Struct, frozen=True):
    """The last committed block."""

    chain_id: str
    """The chain that this database follows."""
    height: int
    """Its height; before the chain's first block, one less than that one's."""
    block_hash: str | None
    """Its hash; None where it is not known."""
    block_time: datetime | None
    """Naive UTC; None where it is not known."""
    block_number: int
    """The last em number."""
    play_id: int
    """The last id of ``plays``."""
    left: Position | None = None
    """The last block of the chain before, while no block of this one is committed."""
    begins: bool = False
    """Whether no block of this chain was committed here."""

    @property
    def position(self) -> Position:
        """Where the database stands."""
        return self.left or (self.chain_id, self.height)


class BegunChain(msgspec.Struct, frozen=True):
    """A chain that blocks were indexed of, and the first of them."""

    chain_id: str
    first_height: int


async def read(connection: AsyncConnection[Any], chains: Chains, start_height: int = 0) -> Cursor:
    """Return where to go on: behind the last block of a chain, before the first of the next.

    Without a cursor of ours an adopted database's own bookkeeping counts (domain: chain and entities, 2.1), then
    ``start_height``. Raises ChainDataError if the database follows none of ``chains``, holds blocks of none of them but
    of another, or is where they cannot be.
    """
    found = await first(connection, Cursor, READ)
    if found is None:
        return await _adopted(connection, chains, start_height)
    span = chains.span(found.chain_id)
    if span is None:
        raise _mismatch(found, chains)
    _check_height(found.height, span)
    if found.height != span.last:
        return found
    follower = chains.behind(found.chain_id)[0]
    if any(begun.chain_id == follower.chain_id for begun in await begun_chains(connection)):
        raise _out_of_turn(found, follower)
    return _before(follower, found)


async def begun_chains(connection: AsyncConnection[Any]) -> list[BegunChain]:
    """Return the chains that blocks were indexed of, in order."""
    return await every(connection, BegunChain, CHAINS)


async def indexed(connection: AsyncConnection[Any], chain_id: str, height: int) -> Place | None:
    """Return the newest block at or below ``height`` that was indexed; None if there is none, or none with a hash."""
    found = await first(connection, tuple, INDEXED, {"chain_id": chain_id, "height": height})
    return Place(*found) if found and is_hash(found[1]) else None


async def begin_chain(connection: AsyncConnection[Any], before: Cursor, after: Cursor) -> None:
    """Record, with the first block of a chain, where that began."""
    if before.begins:
        begun = {"chain_id": after.chain_id, "first_height": before.height + 1, "block_number": before.block_number}
        await connection.execute(BEGIN_CHAIN, begun)


async def advance(
    connection: AsyncConnection[Any],
    before: Cursor,
    after: Cursor,
    *,
    is_reached: bool,
    known: Known | None = None,
) -> None:
    """Move the frontier from ``before`` to ``after``, and the sequence of plays behind their ids.

    ``is_reached``: whether it is kept that the frontier stood there (:mod:`backbeat.index.reached`).
    ``known``: see :mod:`backbeat.index.guard`; None looks at no triggers. Raises LeaseLostError if another process has
    moved the frontier meanwhile; in a pipeline the answer comes later, and :func:`moving` is around it.
    """
    values = msgspec.structs.asdict(after)
    expected_chain_id, expected_height = before.position
    values |= {"expected_chain_id": expected_chain_id, "expected_height": expected_height}
    values |= {"plays": after.play_id > before.play_id, "is_reached": is_reached}
    values |= {"known_triggers": known.triggers if known else None, "from_height": before.height}
    values |= {"known_functions": list(known.functions) if known else []}
    with moving():
        await connection.execute(ADVANCE, values)


@contextmanager
def moving() -> Iterator[None]:
    """Raise LeaseLostError where a statement inside this context found the cursor not where this process left it."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate != MOVED_STATE:
            raise
        raise moved() from None


def moved() -> LeaseLostError:
    """Return the error for a cursor that is not where this process left it."""
    return LeaseLostError(
        "cursor_moved",
        "Another process moved the block cursor.",
        cure="Nothing was written twice. Run one indexer for one database.",
    )


async def _adopted(connection: AsyncConnection[Any], chains: Chains, start_height: int) -> Cursor:
    """Return where to go on in a database without a cursor: behind the newest block of the last chain that has any."""
    chain_id, height, block_hash, number, play_id = await one(connection, tuple, ADOPT, {"chain_ids": list(chains.ids)})
    if chain_id is None:
        await refuse_another_chain(connection, chains, has_plays=play_id > 0, start_height=start_height)
        chain = chains.spans[0]
        return Cursor(chain.chain_id, max(start_height, chain.first) - 1, None, None, number, play_id, begins=True)
    found = Cursor(chain_id, height, block_hash, None, number, play_id, begins=True)
    [span] = (each for each in chains.spans if each.chain_id == chain_id)
    _check_height(height, span)
    if height != span.last:
        return found
    return msgspec.structs.replace(_before(chains.behind(chain_id)[0], found), left=None)


def _before(span: Span, found: Cursor) -> Cursor:
    """Return the cursor before the first block of the next chain."""
    number, play_id, time = found.block_number, found.play_id, found.block_time
    return Cursor(span.chain_id, span.first - 1, None, time, number, play_id, left=found.position, begins=True)


def _check_height(height: int, span: Span) -> None:
    """Raise ChainDataError unless ``span`` goes on behind ``height``, or ends with it."""
    if span.last is not None and height > span.last:
        raise ChainDataError(
            "chain_ended_before",
            f"Block {height} of {span.chain_id!r} is indexed, chain.chain_ids says that the chain ends at {span.last}.",
            cure="Correct the height in chain.chain_ids. If blocks behind the end were indexed by mistake, give the "
            "network another database (--data-dir or --database).",
        )
    if 0 < height < span.first - 1:
        raise ChainDataError(
            "chain_begins_later",
            f"Block {height} of {span.chain_id!r} is indexed, chain.chain_ids says that the chain begins at "
            f"{span.first}: blocks between them would be missing.",
            cure="Correct the height in chain.chain_ids.",
        )


def _mismatch(found: Cursor, chains: Chains) -> ChainDataError:
    served = " and ".join(map(repr, chains.ids))
    return ChainDataError(
        "chain_id_mismatch",
        f"This database follows chain {found.chain_id!r}, up to block {found.height} so far; the source serves "
        f"{served}.",
        cure="Use the source of that chain, or another database (--data-dir or --database). If the network began a "
        "new chain, list both in chain.chain_ids, the earlier one with its last height.",
    )


def _out_of_turn(found: Cursor, follower: Span) -> ChainDataError:
    return ChainDataError(
        "chain_followed_before",
        f"Behind {found.chain_id!r} chain.chain_ids lists {follower.chain_id!r}, which this database followed before.",
        cure="List the chains in the order in which the network had them.",
    )
