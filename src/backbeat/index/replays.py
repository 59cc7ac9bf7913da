"""Finds signed messages that the chain has seen before: the same words of the same signer, applied once more.

The network signs a random nonce with each message and leaves it to its nodes to refuse one that comes again. Another
request id, another spelling of the nonce or the twin of the signature make another transaction of it, with a hash of
its own; what was signed stays the same. A message counts as seen wherever it stood with a valid signature, applied or
not.

What is remembered is written in the transaction that writes the blocks, and whether a message counts as seen depends on
its place on the chain alone: neither batches nor interruptions show.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.chain.model import Block, ManageEntity
from backbeat.db.sql import load
from backbeat.index.applied import NumberedBlock
from backbeat.index.entities.transaction import EntityRules

KNOWN = load(__package__, "messages_known.sql")
KEEP = load(__package__, "messages_keep.sql")
PRUNE = load(__package__, "messages_prune.sql")
COUNTS = load(__package__, "replay_counts.sql")
ADD_COUNTS = load(__package__, "replay_counts_add.sql")
INSERT = load(__package__, "replays_insert.sql")
PRUNE_REPLAYS = load(__package__, "replays_prune.sql")

REPLAYS_KEPT: Final = 10_000  # some 3 MB; the counters go on
_NAME_CHARS_MAX: Final = 100  # of an entity type or action in the list; the network's have at most 30
_PRUNE_ROWS_MIN: Final = 100  # per commit, and twice what it adds, so that a smaller window is reached in time


class Seen(NamedTuple):
    """Where a message stood first, and its number and time when it was seen last."""

    number: int
    at: datetime
    height: int
    tx_index: int


class Message(NamedTuple):
    """A signed message in its place."""

    block: Block
    tx_index: int
    tx_hash: str
    entity: ManageEntity
    key: bytes


class Replay(NamedTuple):
    """A message that was seen before, and where it stood first."""

    message: Message
    first: Seen


class Looked(msgspec.Struct):
    """What a batch's messages come to. ``blocks`` name the transactions that are replays."""

    blocks: list[NumberedBlock]
    counted: int = 0
    replays: list[Replay] = []
    seen: dict[bytes, Seen] = {}
    replays_before: int = 0


async def look(conn: AsyncConnection[Any], blocks: list[NumberedBlock], rules: EntityRules) -> Looked:
    """Find the replays in ``blocks``, which follow what is committed; reads only."""
    messages = list(_messages(blocks)) if rules.replay_window_rows else []
    if not messages:
        return Looked(blocks)
    async with conn.pipeline():
        counts = await conn.execute(COUNTS)
        found = await conn.execute(KNOWN, {"messages": list({message.key for message in messages})})
    before, replays_before = await counts.fetchone() or (0, 0)
    known = {key: Seen(*rest) for key, *rest in await found.fetchall()}
    replays = list(_replays(messages, known, before, rules))
    places: dict[int, set[int]] = {}
    for replay in replays:
        places.setdefault(replay.message.block.height, set()).add(replay.message.tx_index)
    marked = [msgspec.structs.replace(block, replays=frozenset(places.get(block.block.height, ()))) for block in blocks]
    seen = {message.key: known[message.key] for message in messages}
    return Looked(marked, len(messages), replays, seen, replays_before)


async def keep(conn: AsyncConnection[Any], looked: Looked, rules: EntityRules) -> None:
    """Remember the messages of a batch, count and list the replays, and forget what no later block can ask for."""
    if not looked.counted:
        return
    replays, last = looked.replays, max(looked.seen.values(), key=lambda seen: seen.number)
    counted = {"messages": looked.counted, "replays": len(replays)}
    async with conn.pipeline():
        await conn.execute(KEEP, _columns(looked.seen))
        await conn.execute(
            PRUNE,
            {
                "rows_max": max(_PRUNE_ROWS_MIN, 2 * looked.counted),
                "number": last.number - rules.replay_window_rows,
                "seen_at": _oldest(last.at, rules),
            },
        )
        await conn.execute(ADD_COUNTS, counted | {"refused": len(replays) if rules.refuse_replays else 0})
        if replays:
            numbered = list(enumerate(replays, looked.replays_before + 1))[-REPLAYS_KEPT:]
            async with conn.cursor() as cursor:
                await cursor.executemany(INSERT, [_row(number, replay, rules) for number, replay in numbered])
            await conn.execute(PRUNE_REPLAYS, {"number": numbered[-1][0] - REPLAYS_KEPT})


def _messages(blocks: list[NumberedBlock]) -> Iterator[Message]:
    """Yield what was really signed by whom the transaction names; anybody can write down what others signed."""
    for numbered in blocks:
        for index, transaction in enumerate(numbered.block.transactions):
            entity = transaction.entity
            if entity is None or entity.digest is None or entity.recovered is None:
                continue
            if entity.recovered == entity.signer.lower():
                key = sha256(entity.digest + entity.recovered.encode()).digest()
                yield Message(numbered.block, index, transaction.hash, entity, key)


def _replays(messages: list[Message], known: dict[bytes, Seen], before: int, rules: EntityRules) -> Iterator[Replay]:
    """Yield the replays among ``messages``, and leave in ``known`` where each was seen last."""
    for number, message in enumerate(messages, before + 1):
        now = message.block.time
        first = known.get(message.key)
        if first and (first.number < number - rules.replay_window_rows or first.at < _oldest(now, rules)):
            first = None
        place = (first.height, first.tx_index) if first else (message.block.height, message.tx_index)
        known[message.key] = Seen(number, now, *place)
        if first:
            yield Replay(message, first)


def _oldest(now: datetime, rules: EntityRules) -> datetime:
    try:
        return now - timedelta(days=rules.replay_window_days)
    except OverflowError:
        return datetime.min  # noqa: DTZ901 - block times are naive UTC throughout


def _columns(seen: dict[bytes, Seen]) -> dict[str, list[Any]]:
    return {
        "messages": list(seen),
        "numbers": [each.number for each in seen.values()],
        "seen_at": [each.at for each in seen.values()],
        "heights": [each.height for each in seen.values()],
        "indexes": [each.tx_index for each in seen.values()],
    }


def _row(number: int, replay: Replay, rules: EntityRules) -> dict[str, Any]:
    message, first = replay
    entity = message.entity
    return {
        "number": number,
        "chain_id": message.block.chain_id,
        "height": message.block.height,
        "tx_index": message.tx_index,
        "tx_hash": message.tx_hash,
        "block_time": message.block.time,
        "digest": entity.digest,
        "signer": entity.recovered,
        "user_id": entity.user_id,
        "entity_type": _name(entity.entity_type),
        "action": _name(entity.action),
        "entity_id": entity.entity_id,
        "first_height": first.height,
        "first_tx_index": first.tx_index,
        "refused": rules.refuse_replays,
    }


def _name(text: str) -> str:
    return text[:_NAME_CHARS_MAX].replace("\0", "")
