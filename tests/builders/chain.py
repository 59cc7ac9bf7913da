"""A chain written down by a test: blocks of signed entity transactions, plays and whatever else."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta

from backbeat.chain.model import Head
from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Signer

WALLETS = {key: Signer(key.to_bytes(32, "big"), DEV) for key in range(1, 10)}
GENESIS = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def entity(
    key: int, user_id: int, pair: str, entity_id: int, metadata: str = "", nonce: int = 0, *, signer: str | None = None
) -> core_pb2.SignedTransaction:
    """Return an entity transaction signed by wallet ``key`` (1 to 9); ``signer`` overrides what it claims."""
    entity_type, action = pair.split("/")
    text = f"0x{nonce:064x}"
    signature = WALLETS[key].sign(user_id, entity_type, entity_id, action, metadata, text)
    return core_pb2.SignedTransaction(
        signature=signature,
        request_id=f"00000000-0000-4000-8000-{nonce:012x}",
        manage_entity=core_pb2.ManageEntityLegacy(
            user_id=user_id,
            entity_type=entity_type,
            entity_id=entity_id,
            action=action,
            metadata=metadata,
            signature=signature,
            signer=signer or WALLETS[key].address,
            nonce=text,
        ),
    )


def play(user: str, track: str, at: datetime | None = GENESIS, country: str = "") -> core_pb2.TrackPlay:
    """Return one play."""
    made = core_pb2.TrackPlay(user_id=user, track_id=track, signature="0xplay", country=country)
    if at is not None:
        made.timestamp.FromDatetime(at)
    return made


def plays(*each: core_pb2.TrackPlay) -> core_pb2.SignedTransaction:
    """Return a plays transaction."""
    return core_pb2.SignedTransaction(signature="0xplays", plays=core_pb2.TrackPlays(plays=each))


class ListSource:
    """A finite chain from a list of transactions per block; block ``n`` is made at GENESIS + n seconds."""

    is_finite = True

    def __init__(
        self, blocks: Iterable[Iterable[core_pb2.SignedTransaction]], chain_id: str = "dev", first_height: int = 1
    ) -> None:
        self.chain_id = chain_id
        self.chain = [make_block(chain_id, height, txs) for height, txs in enumerate(blocks, first_height)]

    async def open(self) -> None:
        """Do nothing: the list is here."""

    async def head(self) -> Head | None:
        """Return the last block's height."""
        return Head(self.chain[-1].height) if self.chain else None

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield the blocks after ``after``."""
        for block in self.chain:
            if block.height > after:
                yield block

    async def close(self) -> None:
        """Do nothing."""


def make_block(chain_id: str, height: int, txs: Iterable[core_pb2.SignedTransaction]) -> core_pb2.Block:
    """Return a block with transactions in the given order."""
    block = core_pb2.Block(
        height=height, chain_id=chain_id, hash=hashlib.sha256(f"{chain_id}{height}".encode()).hexdigest()
    )
    block.timestamp.FromDatetime(GENESIS + timedelta(seconds=height))
    for signed in txs:
        raw = signed.SerializeToString()
        made = core_pb2.Transaction(hash=hashlib.sha256(raw).hexdigest().upper(), transaction=signed, chain_id=chain_id)
        block.transactions.append(made)
    return block


def carried(made: core_pb2.SignedTransaction, case: int) -> core_pb2.SignedTransaction:
    """Return an entity transaction as one of a genesis migration, under a case that the protocol file lacks."""
    bare = core_pb2.SignedTransaction()
    bare.CopyFrom(made)
    bare.ClearField("manage_entity")
    raw = bare.SerializeToString() + in_case(case, made.manage_entity.SerializeToString())
    return core_pb2.SignedTransaction.FromString(raw)


def in_case(case: int, inner: bytes) -> bytes:
    """Return a message as protobuf writes it into the field ``case`` of another."""
    return _varint(case << 3 | 2) + _varint(len(inner)) + inner


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
