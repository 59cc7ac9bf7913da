"""An entity transaction as its handler sees it."""

from datetime import datetime
from typing import Any

import msgspec


class EntityRules(msgspec.Struct, frozen=True):
    """The settings that rules depend on."""

    verify_signatures: bool = True
    verifier_address: str = ""  # lower-case; empty refuses every User/Verify
    refuse_replays: bool = False
    replay_window_rows: int = 200_000  # 20 MB of memory; 0: signed messages are not remembered
    replay_window_days: float = 30.0


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
    """Naive UTC."""
    rules: EntityRules
    """The settings that rules depend on."""
