"""Completed rewards with the events that earned them, page by page, by one snapshot."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.incremental.transaction import one_snapshot
from backbeat.reads.evidence.families import FAMILIES, Found

REWARDS = load(__package__, "rewards.sql")
BLOCKS = load(__package__, "blocks.sql")

PAGE_ROWS: Final = 500  # with some ten events each, a few MB


class Span(msgspec.Struct, frozen=True):
    """Which rewards: completed in these blocks, both included, or from one instant until before another."""

    from_block: int | None = None
    to_block: int | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None


class Earned(msgspec.Struct, frozen=True):
    """A completed reward."""

    challenge_id: str
    """The challenge."""
    specifier: str
    """The occasion."""
    user_id: int
    """Who earned it."""
    wallet: str | None
    """The wallet of that user."""
    amount: int
    """Whole AUDIO."""
    completed_at: datetime | None
    """When it was completed."""
    block_number: int | None
    """The block that completed it, as blocks of entity transactions are numbered."""
    paid_signature: str | None
    """The transaction of Solana that paid it first."""
    paid_slot: int | None
    """Its slot."""


class Block(msgspec.Struct, frozen=True):
    """Where a block of entity transactions stands on the chain; an adopted database may not know."""

    block_number: int
    block_hash: str | None
    chain_id: str | None
    height: int | None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that bears on a reward, with its place on the chain; what is not known is left out."""

    source: str
    """The table that it stands in."""
    id: str
    """What it is there."""
    block_number: int | None = None
    """The block that last wrote it."""
    height: int | None = None
    """The height of that block."""
    block_hash: str | None = None
    """The hash of that block."""
    tx_hash: str | None = None
    """The transaction that last wrote it."""
    signature: str | None = None
    """The signature of a play, or of a transaction of Solana."""
    slot: int | None = None
    """The height of a play, or the slot of a transaction of Solana."""
    happened_at: datetime | None = None
    """When it happened, or was last written."""
    quantity: int | None = None
    """Plays, micro-USDC, the smallest unit of a tip, or a rank."""
    written_since: bool = False
    """Whether a later block than the reward's wrote it, so that the transaction that counted is not on record."""


class Reward(msgspec.Struct, frozen=True):
    """A completed reward, the block that completed it, and the events that earned it, the earliest first."""

    earned: Earned
    block: Block | None
    events: tuple[Event, ...]


async def rewards(connection: AsyncConnection[Any], span: Span) -> AsyncIterator[list[Reward]]:
    """Yield pages of rewards in order of their block, then of challenge and specifier; those without a block come last.

    All are of one snapshot, which the connection holds meanwhile.
    """
    async with one_snapshot(connection), connection.cursor("rewards", row_factory=class_row(Earned)) as cursor:
        await cursor.execute(REWARDS, msgspec.structs.asdict(span))
        while page := await cursor.fetchmany(PAGE_ROWS):
            yield await _with_events(connection, page)


async def _with_events(connection: AsyncConnection[Any], page: Sequence[Earned]) -> list[Reward]:
    of_challenge = defaultdict[str, list[Earned]](list)
    for each in page:
        of_challenge[each.challenge_id].append(each)
    found = {
        (challenge_id, specifier): events
        for challenge_id, earned in of_challenge.items()
        for specifier, events in (await _events(connection, challenge_id, earned)).items()
    }
    numbers = {each.block_number for each in page} | {one.block_number for events in found.values() for one in events}
    blocks = await _blocks(connection, sorted(number for number in numbers if number is not None))
    return [_reward(each, found.get((each.challenge_id, each.specifier), []), blocks) for each in page]


async def _events(
    connection: AsyncConnection[Any], challenge_id: str, earned: Sequence[Earned]
) -> Mapping[str, list[Found]]:
    family = FAMILIES.get(challenge_id)
    if family is None:
        return {}
    values = {
        "specifiers": [each.specifier for each in earned],
        "user_ids": [each.user_id for each in earned],
        "completed": [each.completed_at for each in earned],
        "kind": family.kind,
    }
    found = defaultdict[str, list[Found]](list)
    for event in await every(connection, Found, family.statement, values, prepare=False):
        found[event.specifier].append(event)
    return found


async def _blocks(connection: AsyncConnection[Any], numbers: Sequence[int]) -> Mapping[int, Block]:
    found = await every(connection, Block, BLOCKS, {"numbers": list(numbers)})
    return {block.block_number: block for block in found}


def _reward(earned: Earned, found: Sequence[Found], blocks: Mapping[int, Block]) -> Reward:
    ordered = sorted(found, key=lambda one: (one.happened_at or datetime.min, one.source, one.id))  # noqa: DTZ901 - UTC as the tables are
    block = None if earned.block_number is None else blocks.get(earned.block_number)
    return Reward(earned, block, tuple(_event(earned, one, blocks) for one in ordered))


def _event(earned: Earned, found: Found, blocks: Mapping[int, Block]) -> Event:
    block = None if found.block_number is None else blocks.get(found.block_number)
    counted_in, written_in = earned.block_number, found.block_number
    is_later = counted_in is not None and written_in is not None and written_in > counted_in
    return Event(
        source=found.source,
        id=found.id,
        block_number=found.block_number,
        height=block.height if block else None,
        block_hash=block.block_hash if block else None,
        tx_hash=found.tx_hash or None,
        signature=found.signature,
        slot=found.slot,
        happened_at=found.happened_at,
        quantity=found.quantity,
        written_since=is_later,
    )
