"""What the doctor says of Solana slots that nobody has looked at (domain: derived state, 4.14).

Tips, purchases and payouts come from the network's program that indexes Solana, which notes in ``sol_slot_checkpoints``
what it has seen. Filling a gap is replaying its slots, which only that program can; the doctor names the gaps.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from backbeat.db.query import one
from backbeat.db.sql import load
from backbeat.observe import figures
from backbeat.observe.tree import Advice, Check

SLOTS = load(__package__, "doctor_slots.sql")
SLOTS_MIN: Final = 2_500  # some 17 minutes: what the network's backfill takes for a gap
NAMED_MAX: Final = 8  # as many as a run of that backfill fills


class Slots(msgspec.Struct, frozen=True):
    """What was seen of Solana."""

    ranges: int
    """Ranges of slots."""
    gaps: int
    """Gaps between them."""
    slots: int
    """Slots in the gaps."""
    named: list[str]
    """The first gaps, as ``first to last``."""


async def of_slots(connection: AsyncConnection[Any]) -> Iterable[Check]:
    """Name the gaps, where a program that indexes Solana writes here."""
    found = await one(connection, Slots, SLOTS, {"slots_min": SLOTS_MIN, "named_max": NAMED_MAX})
    if not found.ranges:
        return []
    name = "solana slots"
    if not found.gaps:
        return [Check(name, ok=True, detail="There is no gap in what the program that indexes Solana has seen.")]
    more = f" and {found.gaps - len(found.named)} more" if found.gaps > len(found.named) else ""
    detail = f"{figures.count(found.slots)} slots were never looked at: {', '.join(found.named)}{more}."
    cure = (
        "Have the program that indexes Solana fill them, as its gap backfill does: tips, purchases and payouts of "
        "these slots are missing. Backbeat follows what it writes then."
    )
    return [Advice(name, ok=True, detail=detail, cure=cure)]
