"""An entity transaction as its handler sees it."""

from datetime import datetime
from typing import Any

import msgspec


class EntityRules(msgspec.Struct, frozen=True):
    """The settings that rules depend on."""

    verify_signatures: bool = True
    """Whether who signed is held to who the transaction says it is."""
    verifier_address: str = ""
    """Lower-case; empty refuses every User/Verify."""
    refuse_replays: bool = False
    """Whether a signed message that was seen before is rejected."""
    replay_window_rows: int = 200_000
    """How many messages back they are looked for, 20 MB of memory; 0: signed messages are not remembered."""
    replay_window_days: float = 30.0
    """How far back in block time they are looked for."""
    migration_authority: str = ""
    """Lower-case; who signs a genesis migration; empty accepts none while signatures are checked."""
    migration_blocks: int = 0
    """How many of the first blocks of a chain may hold one."""


class EntityTransaction(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One ManageEntity transaction with the block it stands in (section 4.1)."""

    user_id: int
    """The user for whom it is signed."""
    entity_type: str
    """Case-sensitive, such as ``Track``."""
    entity_id: int
    """The id of the entity."""
    action: str
    """Case-sensitive, such as ``Create``."""
    signer: str
    """The lower-case address that signed."""
    metadata: dict[str, Any] | None
    """The payload after unwrapping (section 4.2); None without one."""
    pubkey: bytes | None
    """The key behind the signer, where it was recovered."""
    tx_hash: str
    """The hash of the transaction."""
    block_hash: str
    """The hash of its block."""
    block_number: int
    """The em number, the value of every ``blocknumber`` column."""
    block_time: datetime
    """Naive UTC; of a genesis migration the time at which what it carries was created."""
    rules: EntityRules
    """The settings that rules depend on."""
    is_migrated: bool = False
    """Whether it belongs to a genesis migration, which carries what an earlier chain had (section 8.4)."""
