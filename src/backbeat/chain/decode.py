"""From protobuf blocks to plain ones: any transaction decodes, only a broken block header raises.

Text that is not UTF-8 arrives as bytes (see core.proto). No node can have read such a transaction either,
so it decodes to :attr:`Kind.UNKNOWN` and keeps its bytes.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Final

import msgspec

from backbeat.chain.instants import to_datetime
from backbeat.chain.model import Block, Kind, ManageEntity, Transaction
from backbeat.chain.plays import decode_plays
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.errors import ChainDataError

_NOT_TEXT: Final[type] = bytes  # what protobuf returns for a string that is not UTF-8

_KINDS: Final = {kind.value: kind for kind in Kind if kind is not Kind.UNKNOWN}


def decode_block(block: core_pb2.Block, verifier: Verifier | None, size_bytes: int = 0) -> Block:
    """Return ``block`` decoded, its signatures recovered if there is a ``verifier``.

    ``size_bytes`` is its size on the wire if that is known; protobuf encodes the whole block to find out.

    Raises ChainDataError if height, hash, chain id or time cannot be those of a block.
    """
    time = to_datetime(block.timestamp) if block.HasField("timestamp") else None
    if block.height < 1 or time is None or not (_is_name(block.hash) and _is_name(block.chain_id)):
        raise ChainDataError(
            "block_header_invalid",
            f"The block served as height {block.height} has no usable height, hash, chain id or time.",
            cure="Ask another node or repair the recording; nothing of this block was indexed.",
        )
    return Block(
        chain_id=block.chain_id,
        height=block.height,
        hash=block.hash.lower(),
        time=time,
        transactions=tuple([_decode_transaction(tx, verifier) for tx in block.transactions]),
        size_bytes=size_bytes or block.ByteSize(),
    )


def decode_signed(signed: core_pb2.SignedTransaction, verifier: Verifier | None, tx_hash: str = "") -> Transaction:
    """Return one transaction decoded; without a ``tx_hash`` it is taken over the bytes (section 1.6)."""
    raw = signed.SerializeToString()
    case = signed.WhichOneof("transaction")
    decode = _DECODERS.get(case)
    if not tx_hash:
        tx_hash = sha256(raw).hexdigest().upper()
    if decode is None:
        return Transaction(tx_hash, _KINDS.get(case, Kind.UNKNOWN), raw)
    return decode(tx_hash, raw, signed, verifier)


def _decode_transaction(tx: core_pb2.Transaction, verifier: Verifier | None) -> Transaction:
    given = tx.hash
    known = given.upper() if type(given) is str else ""
    if tx.HasField("transaction"):
        return decode_signed(tx.transaction, verifier, known)
    return Transaction(known, Kind.UNKNOWN, b"")


def _decode_plays(
    tx_hash: str, raw: bytes, signed: core_pb2.SignedTransaction, _verifier: Verifier | None
) -> Transaction:
    try:
        plays = decode_plays(signed.plays)
    except UnicodeError:
        return Transaction(tx_hash, Kind.UNKNOWN, raw)
    return Transaction(tx_hash, Kind.PLAYS, raw, plays, plays_beyond=len(signed.plays.plays) - len(plays))


def _decode_entity(
    tx_hash: str, raw: bytes, signed: core_pb2.SignedTransaction, verifier: Verifier | None
) -> Transaction:
    wire = signed.manage_entity
    texts = (wire.entity_type, wire.action, wire.metadata, wire.signature, wire.signer, wire.nonce)
    if _NOT_TEXT in map(type, texts):
        return Transaction(tx_hash, Kind.UNKNOWN, raw)
    entity_type, action, metadata, signature, signer, nonce = texts
    entity = ManageEntity(wire.user_id, entity_type, wire.entity_id, action, metadata, signature, signer, nonce)
    who = verifier.recover(entity) if verifier else None
    if who is not None:
        entity = msgspec.structs.replace(entity, recovered=who[0], pubkey=who[1])
    return Transaction(tx_hash, Kind.MANAGE_ENTITY, raw, (), entity)


def _is_name(text: str) -> bool:
    return type(text) is str and text != "" and "\0" not in text


_Decoder = Callable[[str, bytes, core_pb2.SignedTransaction, Verifier | None], Transaction]
_DECODERS: Final[dict[str | None, _Decoder]] = {"plays": _decode_plays, "manage_entity": _decode_entity}
