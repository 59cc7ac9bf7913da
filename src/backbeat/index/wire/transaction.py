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
    """One ManageEntity transaction with the block it stands in (section 4.1).

    ``signer`` is lower-case. ``metadata`` is the payload after unwrapping (section 4.2), None without one.
    ``block_time`` is naive UTC; ``block_number`` is the em number, the value of every ``blocknumber`` column.
    """

    user_id: int
    entity_type: str
    entity_id: int
    action: str
    signer: str
    metadata: dict[str, Any] | None
    pubkey: bytes | None
    tx_hash: str
    block_hash: str
    block_number: int
    block_time: datetime
    rules: EntityRules
