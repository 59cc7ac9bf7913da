"""Applies refused transactions once more, as the block loop applies those of a block, to what the tables hold now."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
from google.protobuf.message import DecodeError
from psycopg import AsyncConnection

from backbeat.chain.decode import decode_signed
from backbeat.chain.model import Block, Kind, Transaction
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.codes import Outcome
from backbeat.db.query import column
from backbeat.db.sql import load
from backbeat.index.applied import Applied, NumberedBlock, Rejection, Tally
from backbeat.index.applying import HARD_ERRORS, BatchRunner, is_refusal
from backbeat.index.batch import IGNORED
from backbeat.index.kept_acts import as_of_now
from backbeat.index.reject import Code
from backbeat.index.rejected.picking import Refused
from backbeat.index.rejected.plays import Pieces, pieces
from backbeat.index.rejected.result import Tried
from backbeat.index.replays import message_key
from backbeat.index.state import State

TWINS = load(__package__, "twins.sql")


class Try(msgspec.Struct, frozen=True):
    """A refused transaction as this version reads it. ``message``: what was signed in it, if it is known who signed."""

    refused: Refused
    numbered: NumberedBlock
    message: bytes | None

    @property
    def transaction(self) -> Transaction:
        """The transaction."""
        return self.numbered.block.transactions[0]


class Came(msgspec.Struct):
    """What some of them came to."""

    play_id: int
    """The last id of plays."""
    plays: int = 0
    """How many rows of plays they became."""
    tried: list[Tried] = []
    """What became of each, in no particular order."""
    ended: Counter[Tally] = msgspec.field(default_factory=Counter)
    """How those ended that are refused no more."""
    rejections: list[Rejection] = []
    """Plays that are refused for the first time, of those that were not looked at before."""

    def add(self, other: "Came") -> None:
        """Take in what others came to, which were applied behind these."""
        self.play_id = other.play_id
        self.plays += other.plays
        self.tried += other.tried
        self.ended.update(other.ended)
        self.rejections += other.rejections


def read(verifier: Verifier | None, picked: Iterable[Refused], migration_case: int = 0) -> list[Try]:
    """Decode transactions and recover who signed them; ends before a message that stands in front of it already.

    So whether a message was applied is always asked of what is committed.
    """
    tries: list[Try] = []
    messages: set[bytes] = set()
    for refused in picked:
        transaction = _decoded(refused, verifier, migration_case)
        message = message_key(transaction.entity) if transaction.entity else None
        if message in messages:
            break
        if message is not None:
            messages.add(message)
        tries.append(Try(refused, _numbered(refused, transaction), message))
    return tries


def _decoded(refused: Refused, verifier: Verifier | None, migration_case: int) -> Transaction:
    try:
        signed = core_pb2.SignedTransaction.FromString(refused.raw)
    except DecodeError:  # another program changed what is kept
        return Transaction(refused.tx_hash, Kind.UNKNOWN, refused.raw)
    return msgspec.structs.replace(decode_signed(signed, verifier, migration_case), hash=refused.tx_hash)


def _numbered(refused: Refused, transaction: Transaction) -> NumberedBlock:
    time, size = refused.block_time, len(refused.raw)
    block = Block(refused.chain_id, refused.height, refused.block_hash, time, (transaction,), size)
    return NumberedBlock(block, refused.block_number, None, None, bool(transaction.plays), places=(refused.tx_index,))


async def mark_duplicates(connection: AsyncConnection[Any], tries: list[Try], known: Iterable[bytes] = ()) -> list[Try]:
    """Mark those as replays whose message was applied elsewhere, or is one of ``known``."""
    asked = [(each, entity) for each in tries if each.message and (entity := each.transaction.entity)]
    values = {
        "messages": [each.message for each, _ in asked],
        "digests": [entity.digest for _, entity in asked],
        "signers": [entity.recovered for _, entity in asked],
        "chain_ids": [each.refused.chain_id for each, _ in asked],
        "heights": [each.refused.height for each, _ in asked],
        "tx_indexes": [each.refused.tx_index for each, _ in asked],
    }
    applied = {*known, *(await column(connection, TWINS, values) if asked else ())}
    return [_marked(each) if each.message in applied else each for each in tries]


def _marked(one: Try) -> Try:
    numbered = msgspec.structs.replace(one.numbered, replays=frozenset({one.refused.tx_index}))
    return msgspec.structs.replace(one, numbered=numbered)


class Attempt:
    """Applies and writes within the transaction of ``connection``; with a ``state`` it only applies, to that."""

    def __init__(self, connection: AsyncConnection[Any], runner: BatchRunner, state: State | None = None) -> None:
        self._connection = connection
        self._runner = runner
        self._state = state

    async def apply(self, tries: list[Try], play_id: int) -> Came:
        """Apply all, plays with ids after ``play_id``; what the database refuses is halved until one is left."""
        came, groups = Came(play_id), [tries] if tries else []
        while groups:
            group = groups.pop()
            try:
                async with self._connection.transaction():
                    came.add(await self._together(group, came.play_id))
            except HARD_ERRORS as error:
                if not is_refusal(error):
                    raise
                if len(group) > 1:
                    middle = len(group) // 2
                    groups += group[middle:], group[:middle]
                else:
                    came.tried += _refused_by_database(group[0], str(error))
        return came

    async def _together(self, group: list[Try], play_id: int) -> Came:
        batch = await self._runner.take_in([each.numbered for each in group if each.refused.is_whole])
        if self._state is not None:
            batch.state = self._state
        await self._runner.run(self._connection, batch)
        parts = [pieces(each.refused, each.numbered) for each in group if not each.refused.is_whole]
        came = _came_to(group, batch.applied, parts)
        batch.applied.plays += [each for part in parts for each in part.applied.plays]
        batch.applied.plays.sort(key=lambda each: each.height)
        came.plays = batch.applied.play_rows
        came.play_id = play_id
        if self._state is None:
            batch.acts = await as_of_now(self._connection, batch.acts)
            came.play_id = await self._runner.write(self._connection, batch, play_id)
        return came


def _came_to(group: list[Try], applied: Applied, parts: list[Pieces]) -> Came:
    came = Came(0)
    whole = {(each.block.height, each.tx_index): each for each in applied.rejections if each.play_index < 0}
    came.tried = [
        _tried(each, whole.get((each.refused.height, each.refused.tx_index))) for each in group if each.refused.is_whole
    ]
    came.ended = Counter(
        {tally: n for tally, n in applied.tallies().items() if n and tally.outcome != Outcome.REJECTED}
    )
    came.rejections = [each for each in applied.rejections if each.play_index >= 0]
    for part in parts:
        came.tried += part.tried
        came.rejections += part.applied.rejections
    return came


def _tried(one: Try, rejection: Rejection | None) -> Tried:
    if rejection is not None:
        return Tried(one.refused, -1, Outcome.REJECTED, rejection.code, rejection.field, rejection.detail)
    is_ignored = one.transaction.kind in IGNORED
    return Tried(one.refused, -1, Outcome.IGNORED if is_ignored else Outcome.APPLIED, message=one.message)


def _refused_by_database(one: Try, detail: str) -> list[Tried]:
    refused = one.refused
    return [Tried(refused, at, Outcome.REJECTED, Code.DATABASE_ERROR, "", detail) for at in refused.play_indexes]
