"""Tips, and what their receivers say to them (domain: chain and entities, 5.10 and 7.1)."""

from datetime import datetime
from typing import ClassVar

from backbeat.index.row import Index, Row


class TipRow(Row, frozen=True, kw_only=True):
    """Money that a user sent to a user on Solana. Another indexer writes the table; a handler only reads it."""

    table: ClassVar[str] = "user_tips"
    only_read: ClassVar[bool] = True
    identity: ClassVar[tuple[str, ...]] = ("slot", "signature")
    indexes: ClassVar[dict[str, Index]] = {
        "signature": Index(("signature", "receiver_user_id"), newest="slot", at_most=1)
    }

    slot: int
    signature: str
    sender_user_id: int
    receiver_user_id: int


class ReactionRow(Row, frozen=True, kw_only=True):
    """What a user says to something, a number from 1 to 4; the latest word replaces the row, which gets a new id."""

    table: ClassVar[str] = "reactions"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {"subject": Index(("reacted_to", "reaction_type"))}

    id: int
    reaction_value: int
    sender_wallet: str
    reaction_type: str
    reacted_to: str
    timestamp: datetime
    blocknumber: int | None = None
