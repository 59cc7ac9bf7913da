"""What a block is to the rest of Backbeat: plain immutable values, free of protobuf.

Source of the facts: domain reference "chain and entities", sections 1 and 3.
"""

from datetime import datetime
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Which case of ``SignedTransaction.transaction`` a transaction is."""

    PLAYS = "plays"
    MANAGE_ENTITY = "manage_entity"
    VALIDATOR_REGISTRATION = "validator_registration"
    VALIDATOR_DEREGISTRATION = "validator_deregistration"
    SLA_ROLLUP = "sla_rollup"
    STORAGE_PROOF = "storage_proof"
    STORAGE_PROOF_VERIFICATION = "storage_proof_verification"
    ATTESTATION = "attestation"
    RELEASE = "release"
    REWARD = "reward"
    FILE_UPLOAD = "file_upload"
    UNKNOWN = "unknown"


class Play(msgspec.Struct, frozen=True, gc=False):
    """One play (section 3.1). Ids are 32-bit numbers, None where the wire's text is none; a listener may be anonymous.

    ``played_at`` is naive UTC or absent. No text holds NUL, which PostgreSQL's cannot, nor more than
    ``plays.TEXT_CHARACTERS_MAX`` characters.
    """

    user_id: int | None
    track_id: int | None
    played_at: datetime | None
    signature: str
    city: str
    region: str
    country: str


class ManageEntity(msgspec.Struct, frozen=True, gc=False):
    """One entity transaction. ``recovered`` is who really signed it, if that was checked and could be recovered.

    ``signer`` is what the node says, ``recovered`` the lower-case address that the signature yields (None: not
    recoverable, or not checked), ``pubkey`` the 65-byte uncompressed key behind it, ``digest`` the 32 bytes signed.
    """

    user_id: int
    entity_type: str
    entity_id: int
    action: str
    metadata: str
    signature: str
    signer: str
    nonce: str
    recovered: str | None = None
    pubkey: bytes | None = None
    digest: bytes | None = None


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """One transaction in served order. ``hash`` is upper-case hex; ``raw`` the bytes of its SignedTransaction.

    ``plays_beyond``: how many plays it has besides those that are taken.
    """

    hash: str
    kind: Kind
    raw: bytes
    plays: tuple[Play, ...] = ()
    entity: ManageEntity | None = None
    plays_beyond: int = 0


class Block(msgspec.Struct, frozen=True, gc=False):
    """One whole block. ``hash`` is lower-case hex, ``time`` naive UTC, ``size_bytes`` its size on the wire."""

    chain_id: str
    height: int
    hash: str
    time: datetime
    transactions: tuple[Transaction, ...]
    size_bytes: int


class Head(msgspec.Struct, frozen=True):
    """The newest block that a source knows of. ``time`` is its block time where the source tells it."""

    height: int
    time: datetime | None = None
