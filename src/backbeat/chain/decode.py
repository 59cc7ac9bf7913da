"""From protobuf blocks to plain ones: any transaction decodes, only a broken block header raises.

Text that is not UTF-8 arrives as bytes (see core.proto). No node can have read such a transaction either,
so it decodes to :attr:`Kind.UNKNOWN` and keeps its bytes.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final

import msgspec
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from backbeat.chain.instants import to_datetime
from backbeat.chain.model import Block, Kind, ManageEntity, Transaction
from backbeat.chain.native import NativeReader
from backbeat.chain.place import is_hash
from backbeat.chain.plays import decode_plays
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier
from backbeat.errors import ChainDataError

_NOT_TEXT: Final[type] = bytes  # what protobuf returns for a string that is not UTF-8

_LENGTH_DELIMITED: Final = 2  # protobuf's wire type of a message within a message

HEIGHT_MIN: Final = 1
HEIGHT_MAX: Final = 2**31 - 1  # of the network's own column
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - block times are naive UTC throughout
_SHOWN_CHARS: Final = 80

_KINDS: Final = {kind.value: kind for kind in Kind if kind is not Kind.UNKNOWN}


def decode_block(
    block: core_pb2.Block,
    verifier: Verifier | None,
    size_bytes: int = 0,
    *,
    check_hashes: bool = True,
    migration_case: int = 0,
    native: NativeReader | None = None,
) -> Block:
    """Return ``block`` decoded, its signatures recovered if there is a ``verifier``.

    ``size_bytes`` is its size on the wire if that is known; protobuf encodes the whole block to find out.
    ``migration_case`` is the number of the case that holds a genesis migration; 0: the network has none.
    ``native`` gives the same transactions sooner, where it reads them.

    Raises ChainDataError if height, hash, chain id or time cannot be those of a block, or if a transaction is served
    under a hash that is not that of its bytes, unless ``check_hashes`` is False.
    """
    time = _time_of(block)
    served, transactions = block.transactions, []
    for index, transaction in enumerate(_read(block, time, verifier, native, check_hashes=check_hashes)):
        if transaction is None:
            tx = served[index]
            transaction = _decode_transaction(tx, verifier, migration_case, check_hash=check_hashes)  # noqa: PLW2901
            if transaction is None:
                raise _hash_is_wrong(block.height, index, tx.hash)
        transactions.append(transaction)
    return Block(
        chain_id=block.chain_id,
        height=block.height,
        hash=block.hash.lower(),
        time=time,
        transactions=tuple(transactions),
        size_bytes=size_bytes or block.ByteSize(),
        proposer=block.proposer,
    )


def _time_of(block: core_pb2.Block) -> datetime:
    """Return when a block was made. Raises ChainDataError where that, or another part of its header, cannot be."""
    time = to_datetime(block.timestamp) if block.HasField("timestamp") else None
    is_sound = is_hash(block.hash) and _is_name(block.chain_id) and HEIGHT_MIN <= block.height <= HEIGHT_MAX
    if time is None or time < _EPOCH or not is_sound:
        raise ChainDataError(
            "block_header_invalid",
            f"The block served as height {block.height} has no usable height, hash, chain id or time.",
            cure="Ask another node or repair the recording; nothing of this block was indexed.",
        )
    return time


def _read(
    block: core_pb2.Block, time: datetime, verifier: Verifier | None, native: NativeReader | None, *, check_hashes: bool
) -> list[Transaction | None]:
    """Return the transactions of ``block`` that are read already, None in the place of each other."""
    count = len(block.transactions)
    read = native and native.read(
        block.SerializeToString(),
        count,
        check_hashes=check_hashes,
        height=block.height,
        time=time,
        make_entity=partial(_entity, verifier),
    )
    return read or [None] * count


def decode_signed(
    signed: core_pb2.SignedTransaction, verifier: Verifier | None, migration_case: int = 0
) -> Transaction:
    """Return one transaction decoded; its hash is taken over the bytes (section 1.6)."""
    raw = signed.SerializeToString()
    return _decode(_hash_of(raw), raw, signed, verifier, migration_case)


def _decode_transaction(
    tx: core_pb2.Transaction, verifier: Verifier | None, migration_case: int, *, check_hash: bool
) -> Transaction | None:
    """Return ``tx`` decoded; None if it is served under a hash that is not that of its bytes (section 1.6)."""
    given, signed = tx.hash, tx.transaction
    is_text = type(given) is str
    raw = signed.SerializeToString()
    if not raw and not tx.HasField("transaction"):  # its bytes are not served, so its hash is held to be right
        may_be_right = given == "" or is_hash(given) or not check_hash
        return Transaction(given.upper() if is_text else "", Kind.UNKNOWN, b"") if may_be_right else None
    if not check_hash and is_text and given:
        return _decode(given.upper(), raw, signed, verifier, migration_case)
    right = _hash_of(raw)
    if check_hash and given not in (right, "") and not (is_text and given.upper() == right):
        return None
    return _decode(right, raw, signed, verifier, migration_case)


def _hash_of(raw: bytes) -> str:
    return sha256(raw).hexdigest().upper()


def _decode(
    tx_hash: str, raw: bytes, signed: core_pb2.SignedTransaction, verifier: Verifier | None, migration_case: int
) -> Transaction:
    case = signed.WhichOneof("transaction")
    decode = _DECODERS.get(case)
    if decode is None:
        if case is None and migration_case:
            return _decode_migration(tx_hash, raw, signed, verifier, migration_case)
        return Transaction(tx_hash, _KINDS.get(case, Kind.UNKNOWN), raw)
    return decode(tx_hash, raw, signed, verifier)


def _decode_plays(
    tx_hash: str, raw: bytes, signed: core_pb2.SignedTransaction, _verifier: Verifier | None
) -> Transaction:
    sent = signed.plays.plays
    try:
        plays, name_tracks = decode_plays(sent, len(raw))
    except UnicodeError:
        return Transaction(tx_hash, Kind.UNKNOWN, raw)
    beyond = len(sent) - len(plays)
    return Transaction(tx_hash, Kind.PLAYS, raw, plays, None, beyond, beyond > 0 or not name_tracks)


def _decode_entity(
    tx_hash: str, raw: bytes, signed: core_pb2.SignedTransaction, verifier: Verifier | None
) -> Transaction:
    return _of_entity(tx_hash, raw, signed.manage_entity, verifier)


def _decode_migration(
    tx_hash: str, raw: bytes, signed: core_pb2.SignedTransaction, verifier: Verifier | None, migration_case: int
) -> Transaction:
    """Return an entity transaction of a genesis migration: a case that the protocol file leaves open (section 8.4)."""
    fields = UnknownFieldSet(signed)
    for field in (fields[at] for at in range(len(fields))):
        if (field.field_number, field.wire_type) == (migration_case, _LENGTH_DELIMITED):
            try:
                wire = core_pb2.ManageEntityLegacy.FromString(field.data)
            except DecodeError:
                break
            decoded = _of_entity(tx_hash, raw, wire, verifier)
            is_read = decoded.kind is Kind.MANAGE_ENTITY
            return msgspec.structs.replace(decoded, kind=Kind.MIGRATION) if is_read else decoded
    return Transaction(tx_hash, Kind.UNKNOWN, raw)


def _of_entity(tx_hash: str, raw: bytes, wire: core_pb2.ManageEntityLegacy, verifier: Verifier | None) -> Transaction:
    texts = (wire.entity_type, wire.action, wire.metadata, wire.signature, wire.signer, wire.nonce)
    if _NOT_TEXT in map(type, texts):
        return Transaction(tx_hash, Kind.UNKNOWN, raw)
    entity_type, action, metadata, signature, signer, nonce = texts
    entity = _entity(verifier, wire.user_id, entity_type, wire.entity_id, action, metadata, signature, signer, nonce)
    return Transaction(tx_hash, Kind.MANAGE_ENTITY, raw, (), entity)


def _entity(verifier: Verifier | None, *fields: Any) -> ManageEntity:
    """Return an entity transaction of its ``fields`` on the wire, with what its signature yields."""
    entity = ManageEntity(*fields)
    who = verifier.examine(entity) if verifier else None
    if who is None:
        return entity
    return msgspec.structs.replace(entity, recovered=who.address, pubkey=who.pubkey, digest=who.digest)


def _hash_is_wrong(height: int, index: int, given: object) -> ChainDataError:
    return ChainDataError(
        "transaction_hash_wrong",
        f"The block of height {height} was served with transaction {index} under the hash "
        f"{str(given)[:_SHOWN_CHARS]!r}, which is not that of its bytes.",
        cure="Ask another node or repair the recording; nothing of this block was indexed. If nodes that do "
        "not depend on each other serve it alike, set chain.check_hashes to false.",
    )


def _is_name(text: str) -> bool:
    return type(text) is str and text != "" and "\0" not in text


_Decoder = Callable[[str, bytes, core_pb2.SignedTransaction, Verifier | None], Transaction]
_DECODERS: Final[dict[str | None, _Decoder]] = {"plays": _decode_plays, "manage_entity": _decode_entity}
