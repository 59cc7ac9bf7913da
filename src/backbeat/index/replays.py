"""Finds signed messages that the chain has seen before: the same words of the same signer, applied once more.

The network signs a random nonce with each message and leaves it to its nodes to refuse one that comes again. Another
request id, another spelling of the nonce or the twin of the signature make another transaction of it, with a hash of
its own; what was signed stays the same. A message counts as seen wherever it stood with a valid signature, applied or
not.

What is remembered is written in the transaction that writes the blocks, and whether a message counts as seen depends on
its place on the chain alone: neither batches nor interruptions show. Which messages were seen is known in memory; the
database is asked only for where such a one stood first.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import AsyncConnection

from backbeat.chain.model import Block, ManageEntity
from backbeat.db.pipeline import pipelined
from backbeat.db.sql import load
from backbeat.index.applied import NumberedBlock
from backbeat.index.cursor import Cursor, Position
from backbeat.index.seen import KEY_BYTES, SeenMessages
from backbeat.index.turns import in_thread_if_long
from backbeat.index.wire.transaction import EntityRules

APPEND = load(__package__, "messages_append.sql")
FIRST = load(__package__, "messages_first.sql")
FORGET = load(__package__, "messages_forget.sql")
COUNTS = load(__package__, "replay_counts.sql")
INSERT = load(__package__, "replays_insert.sql")
PRUNE_REPLAYS = load(__package__, "replays_prune.sql")

REPLAYS_KEPT: Final = 10_000  # some 3 MB; the counters go on
_NAME_CHARS_MAX: Final = 100  # of an entity type or action in the list; the network's have at most 30
_FORGET_EVERY: Final = 32  # messages; to look for old ones takes a tenth of a small commit
_FORGET_ROWS_MIN: Final = 100  # at a time, and twice what it adds, so that a smaller window is reached in time


class Seen(NamedTuple):
    """Where a message stood first, and its number and time when it was seen last.

    ``chain`` is the position in ``backbeat.chains`` of the chain where it stood, 0 that of the batch.
    """

    number: int
    at: datetime
    height: int
    tx_index: int
    chain: int = 0


class SignedBlock(NamedTuple):
    """The signed messages of one block: their keys, and the indexes of their transactions."""

    block: Block
    keys: list[bytes]
    tx_indexes: list[int]


class Replay(NamedTuple):
    """A message that was seen before, and where it stood first."""

    block: Block
    tx_index: int
    first: Seen


class Inspection(msgspec.Struct):
    """What a batch's messages come to."""

    blocks: list[NumberedBlock]
    """The blocks of the batch, which name the transactions that are replays."""
    signed: list[SignedBlock] = []
    """The signed messages by block."""
    keys: list[bytes] = []
    """The keys of all messages, in order."""
    number: int = 0
    """The number of the last message."""
    numbers: dict[bytes, int] | None = None
    """The numbers of keys in memory; None if no key of the batch came again."""
    replays: list[Replay] = []
    """The replays of the batch."""
    replays_before: int = 0
    """How many replays were counted before the batch."""


async def inspect(
    connection: AsyncConnection[Any],
    before: Cursor,
    blocks: list[NumberedBlock],
    rules: EntityRules,
    seen: SeenMessages,
) -> Inspection:
    """Find the replays in ``blocks``, which follow what is committed; reads only."""
    steps = sum(len(block.block.transactions) for block in blocks)
    signed = await in_thread_if_long(steps, list, _signed(blocks)) if rules.replay_window_rows > 0 else []
    if not signed:
        return Inspection(blocks)
    await seen.read(connection, before.position)
    keys = [key for each in signed for key in each.keys]
    inspection = Inspection(blocks, signed, keys, seen.number + len(keys))
    numbers = seen.numbers(keys)
    if numbers or len(set(keys)) < len(keys):
        inspection.numbers = numbers
        await _find(connection, inspection, rules)
    return inspection


async def foresee(
    behind: list[bytes],
    places: tuple[Position, Position],
    blocks: list[NumberedBlock],
    rules: EntityRules,
    seen: SeenMessages,
) -> Inspection | None:
    """Return what :func:`inspect` will find once the batch with the messages ``behind`` is committed.

    ``places`` are where the cursor stands before and after that commit, which may come meanwhile. None where it cannot
    be told: a message came again, or those before are not in memory.
    """
    steps = sum(len(block.block.transactions) for block in blocks)
    signed = await in_thread_if_long(steps, list, _signed(blocks)) if rules.replay_window_rows > 0 else []
    if not signed:
        return Inspection(blocks)
    keys = [key for each in signed for key in each.keys]
    is_before = seen.is_at(places[0])
    if not is_before and not seen.is_at(places[1]):
        return None
    fresh = set(keys)
    if len(fresh) < len(keys) or seen.numbers(keys) or not fresh.isdisjoint(behind):
        return None
    number = seen.number + (len(behind) if is_before else 0)
    return Inspection(blocks, signed, keys, number + len(keys))


async def _find(connection: AsyncConnection[Any], inspection: Inspection, rules: EntityRules) -> None:
    """Tell the replays of a batch in which some key came again from what is older than the windows."""
    keys = {number: key for key, number in (inspection.numbers or {}).items()}
    async with pipelined(connection):
        counted = await connection.execute(COUNTS)
        found = await connection.execute(FIRST, {"numbers": list(keys)})
    _, inspection.replays_before = await counted.fetchone() or (0, 0)
    known = {keys[number]: Seen(number, *rest) for number, *rest in await found.fetchall()}
    inspection.replays = await in_thread_if_long(len(inspection.keys), list, _replays(inspection, known, rules))
    places: dict[int, set[int]] = {}
    for replay in inspection.replays:
        places.setdefault(replay.block.height, set()).add(replay.tx_index)
    inspection.blocks = [
        msgspec.structs.replace(each, replays=frozenset(places[each.block.height]))
        if each.block.height in places
        else each
        for each in inspection.blocks
    ]


async def keep(connection: AsyncConnection[Any], inspection: Inspection, rules: EntityRules) -> None:
    """Remember the messages of a batch, count and list the replays, and forget what no later block can ask for.

    Belongs into a pipeline, behind what records that the batch begins a chain.
    """
    if not inspection.signed:
        return
    replays = inspection.replays
    counts = {
        "messages": len(inspection.keys),
        "replays": len(replays),
        "refused": len(replays) if rules.refuse_replays else 0,
    }
    rows = msgspec.json.encode(list(_rows(inspection))).decode()
    await connection.execute(APPEND, {"blocks": rows, **counts})
    if _forgets(inspection, rules):
        oldest = {
            "rows_max": max(_FORGET_ROWS_MIN, 2 * len(inspection.signed)),
            "number": inspection.number - rules.replay_window_rows,
            "seen_at": _oldest(inspection.signed[-1].block.time, rules),
        }
        await connection.execute(FORGET, oldest)
    if replays:
        numbered = list(enumerate(replays, inspection.replays_before + 1))[-REPLAYS_KEPT:]
        async with connection.cursor() as cursor:
            await cursor.executemany(INSERT, [_row(number, replay, rules) for number, replay in numbered])
        await connection.execute(PRUNE_REPLAYS, {"number": numbered[-1][0] - REPLAYS_KEPT})


def message_key(entity: ManageEntity) -> bytes | None:
    """Return what a signed message is known by; None where the account that the transaction names did not sign it."""
    if entity.digest is None or entity.recovered is None or entity.recovered != entity.signer.lower():
        return None
    return sha256(entity.digest + entity.recovered.encode()).digest()[:KEY_BYTES]


def _signed(blocks: list[NumberedBlock]) -> Iterator[SignedBlock]:
    """Yield what was really signed by whom the transaction names; anybody can write down what others signed."""
    for numbered in blocks:
        if numbered.number is None:
            continue
        keys, tx_indexes = [], []
        for index, transaction in enumerate(numbered.block.transactions):
            if transaction.entity is not None and (key := message_key(transaction.entity)):
                keys.append(key)
                tx_indexes.append(index)
        if keys:
            yield SignedBlock(numbered.block, keys, tx_indexes)


def _replays(inspection: Inspection, known: dict[bytes, Seen], rules: EntityRules) -> Iterator[Replay]:
    """Yield the replays of a batch; ``known`` are the messages before it, and move on with it."""
    number = inspection.number - len(inspection.keys)
    for block, keys, tx_indexes in inspection.signed:
        oldest = _oldest(block.time, rules)
        for key, tx_index in zip(keys, tx_indexes, strict=True):
            number += 1
            first = known.get(key)
            if first and (first.number < number - rules.replay_window_rows or first.at < oldest):
                first = None
            place = (first.height, first.tx_index, first.chain) if first else (block.height, tx_index)
            known[key] = Seen(number, block.time, *place)
            if first:
                yield Replay(block, tx_index, first)


def _oldest(now: datetime, rules: EntityRules) -> datetime:
    try:
        return now - timedelta(days=rules.replay_window_days)
    except OverflowError:
        return datetime.min  # noqa: DTZ901 - block times are naive UTC throughout


def _forgets(inspection: Inspection, rules: EntityRules) -> bool:
    """Tell whether a batch is one that forgets: each where little is remembered, else some of them."""
    before = inspection.number - len(inspection.keys)
    is_due = inspection.number // _FORGET_EVERY > before // _FORGET_EVERY
    return is_due or rules.replay_window_rows < _FORGET_ROWS_MIN or rules.replay_window_days < 1


def _rows(inspection: Inspection) -> Iterator[dict[str, Any]]:
    firsts = {(replay.block.height, replay.tx_index): replay.first for replay in inspection.replays}
    number = inspection.number - len(inspection.keys)
    for block, keys, tx_indexes in inspection.signed:
        number += len(keys)
        row = {"number": number, "seen_at": block.time, "height": block.height, "messages": b"".join(keys)}
        if firsts and any((block.height, index) in firsts for index in tx_indexes):
            own = [Seen(number, block.time, block.height, index) for index in tx_indexes]
            places = [firsts.get((block.height, each.tx_index), each) for each in own]
            row["tx_indexes"] = _array(each.tx_index for each in places)
            row["first_heights"] = _array(each.height for each in places)
            row["first_chains"] = _array(each.chain for each in places)
        else:
            row["tx_indexes"] = _array(tx_indexes)
        yield row


def _array(values: Iterable[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _row(number: int, replay: Replay, rules: EntityRules) -> dict[str, Any]:
    block, tx_index, first = replay
    transaction = block.transactions[tx_index]
    entity = transaction.entity
    assert entity is not None  # noqa: S101 - only entity transactions hold a signed message
    return {
        "number": number,
        "chain_id": block.chain_id,
        "height": block.height,
        "tx_index": tx_index,
        "tx_hash": transaction.hash,
        "block_time": block.time,
        "digest": entity.digest,
        "signer": entity.recovered,
        "user_id": entity.user_id,
        "entity_type": _name(entity.entity_type),
        "action": _name(entity.action),
        "entity_id": entity.entity_id,
        "first_chain": first.chain,
        "first_height": first.height,
        "first_tx_index": first.tx_index,
        "refused": rules.refuse_replays,
    }


def _name(text: str) -> str:
    return text[:_NAME_CHARS_MAX].replace("\0", "")
