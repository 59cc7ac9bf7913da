"""What a block is to the rest of Backbeat: plain immutable values, free of protobuf.

Source of the facts: domain reference "chain and entities", sections 1 and 3.
"""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from backbeat.chain.packed import PackedPlays


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
    MIGRATION = "manage_entity_migration"
    UNKNOWN = "unknown"


class Play(msgspec.Struct, frozen=True, gc=False):
    """One play (section 3.1).

    No text holds NUL, which PostgreSQL's cannot, nor more than ``plays.TEXT_CHARACTERS_MAX`` characters.
    """

    user_id: int | None
    """A 32-bit number; None for an anonymous listener, whose text on the wire is no number."""
    track_id: int | None
    """A 32-bit number; None where the wire's text is none."""
    played_at: datetime | None
    """Naive UTC; None where the play does not say."""
    signature: str
    """Not verified, here or by the network's other indexers."""
    city: str
    """As the node says; empty where it does not."""
    region: str
    """As the node says; empty where it does not."""
    country: str
    """As the node says; empty where it does not."""


class ManageEntity(msgspec.Struct, frozen=True, gc=False):
    """One entity transaction, as the node serves it and with what its signature yields."""

    user_id: int
    """The user for whom it is signed."""
    entity_type: str
    """Case-sensitive, such as ``Track``."""
    entity_id: int
    """The id of the entity."""
    action: str
    """Case-sensitive, such as ``Create``."""
    metadata: str
    """The payload as text, often JSON."""
    signature: str
    """As the node serves it: hex, if it is sound."""
    signer: str
    """The address that the node names as the signer."""
    nonce: str
    """As the node serves it: 32 bytes in hex, if it is sound."""
    recovered: str | None = None
    """The lower-case address that the signature yields; None: it yields none, or was not checked."""
    pubkey: bytes | None = None
    """The 65-byte uncompressed key behind ``recovered``."""
    digest: bytes | None = None
    """The 32 bytes that were signed."""


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """One transaction in served order."""

    hash: str
    """Upper-case hex."""
    kind: Kind
    """Which case of ``SignedTransaction.transaction`` it is."""
    raw: bytes
    """The bytes of its SignedTransaction."""
    plays: "tuple[Play, ...] | PackedPlays" = ()
    """The plays that are taken, ``PLAYS_MAX`` at most; as rows already where they are read in C."""
    entity: ManageEntity | None = None
    """Set where ``kind`` is ``manage_entity`` or ``manage_entity_migration``."""
    plays_beyond: int = 0
    """How many plays it has besides those that are taken."""
    has_plays_to_refuse: bool = False
    """Whether it has such plays, or one that names no track."""


class Block(msgspec.Struct, frozen=True, gc=False):
    """One whole block."""

    chain_id: str
    """The chain that the block names."""
    height: int
    """Its position in the chain."""
    hash: str
    """Lower-case hex."""
    time: datetime
    """Naive UTC."""
    transactions: tuple[Transaction, ...]
    """In served order."""
    size_bytes: int
    """Its size on the wire."""
    proposer: str = ""
    """The address of the validator that proposed it, as the node writes it; not checked."""


class Head(msgspec.Struct, frozen=True):
    """The newest block that a source knows of. ``time`` is its block time where the source tells it."""

    height: int
    time: datetime | None = None
