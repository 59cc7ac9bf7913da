"""Rewards as lines of a table: what a payer reads, the same in CSV and Parquet."""

from typing import Final

import msgspec

from backbeat.reads.evidence.export import Reward
from backbeat.reads.evidence.families import NO_EVENTS

NOTHING_ON_RECORD: Final = "nothing that earned it is on record"


class Line(msgspec.Struct, frozen=True):
    """A reward. Times are UTC."""

    challenge_id: str
    """The challenge."""
    specifier: str
    """The occasion; with the challenge, the key of the reward."""
    user_id: int
    """Who earned it."""
    wallet: str | None
    """The wallet of that user."""
    amount: int
    """Whole AUDIO."""
    completed_at: str | None
    """When it was completed."""
    block_number: int | None
    """The block that completed it, as blocks of entity transactions are numbered."""
    chain_id: str | None
    """The chain of that block."""
    height: int | None
    """Its height."""
    block_hash: str | None
    """Its hash."""
    paid_signature: str | None
    """The transaction of Solana that paid it first; none: it was not paid."""
    paid_slot: int | None
    """The slot of that transaction."""
    events: str
    """The events that earned it, as a JSON array, the earliest first."""
    note: str
    """Why there are no events; empty: there are."""


COLUMNS: Final = Line.__struct_fields__


def line(reward: Reward) -> Line:
    """Return a reward as a line."""
    earned, block = reward.earned, reward.block
    return Line(
        challenge_id=earned.challenge_id,
        specifier=earned.specifier,
        user_id=earned.user_id,
        wallet=earned.wallet,
        amount=earned.amount,
        completed_at=earned.completed_at.isoformat() if earned.completed_at else None,
        block_number=earned.block_number,
        chain_id=block.chain_id if block else None,
        height=block.height if block else None,
        block_hash=block.block_hash if block else None,
        paid_signature=earned.paid_signature,
        paid_slot=earned.paid_slot,
        events=msgspec.json.encode(reward.events).decode(),
        note="" if reward.events else NO_EVENTS.get(earned.challenge_id, NOTHING_ON_RECORD),
    )
