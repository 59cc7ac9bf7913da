"""Which blocks are so few that one goes on with them at once: in no thread, and before the database has answered."""

from collections.abc import Iterable, Sequence
from typing import Final

from backbeat.chain.model import Block, Kind

SIGNED_BYTES: Final = 40_000
"""Of transactions besides plays: some fifty that were signed, which take 3 ms. Handing them to threads takes 0.25 ms,
and what is foreseen saves a trip."""

SHORT_BYTES: Final = 200_000
"""Of all transactions: some four hundred of plays, which are set aside in less than a millisecond."""


def is_short(blocks: Sequence[Block]) -> bool:
    """Tell whether blocks are so few."""
    return sum(block.size_bytes for block in blocks) <= SHORT_BYTES and _signed_bytes(blocks) <= SIGNED_BYTES


def _signed_bytes(blocks: Iterable[Block]) -> int:
    return sum(len(each.raw) for block in blocks for each in block.transactions if each.kind is not Kind.PLAYS)
