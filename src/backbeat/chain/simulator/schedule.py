"""When what happens: how many transactions a block holds, and which kind each of them is.

A verse is the smallest stretch of transactions that holds the whole mix in its shares; a chapter is as many verses as
the largest block needs. The shares are those of the network's recorded traffic (section 10.1).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

# imported for the acts that they register
from backbeat.chain.simulator import (
    acts_contests,
    acts_notices,
    acts_playlists,
    acts_social,
    acts_talk,
    acts_tracks,
    acts_users,
    acts_wallets,
    mistakes,
    mistakes_in_turn,
    turns,
)
from backbeat.chain.simulator.acts import ACTS
from backbeat.chain.simulator.draw import Stream
from backbeat.errors import ConfigError

REGISTERED: Final = (
    *(acts_users, acts_tracks, acts_playlists, acts_social, acts_talk, acts_notices, acts_contests, acts_wallets),
    *(turns, mistakes, mistakes_in_turn),
)

VERSE_TXS: Final = 4_000
PLAYS: Final = "plays"
OTHERS_PER_VERSE: Final = {
    PLAYS: 2_707,
    "storage_proof": 312,
    "storage_proof_verification": 310,
    "attestation": 56,
    "sla_rollup": 2,
}
MIX: Final = {name: act.per_verse for name, act in ACTS.items()} | OTHERS_PER_VERSE
FOUNDING_BLOCKS: Final = 3  # users; their tracks; their playlists
RATE_BOUNDS: Final = {"txs_per_second": (0.1, 20_000.0), "block_seconds": (0.05, 60.0)}
BLOCK_TXS_MAX: Final = 20_000  # about 13.4 MB; the network takes blocks of 15.7 MB at most (section 1.7)


class Occasion(NamedTuple):
    """A transaction to come: its chapter, its kind, and the how-many-eth of its kind in the chapter it is."""

    chapter: int
    kind: str
    slot: int


class Schedule:
    """The rate settings turned into places in the story; heights count from 1, transactions from 0.

    Raises ConfigError for rates that cannot work.
    """

    def __init__(self, seed: int, txs_per_second: float, block_seconds: float) -> None:
        check_rates(txs_per_second, block_seconds)
        self._txs_per_block = txs_per_second * block_seconds
        self.verses = max(1, -(-int(2 * self._txs_per_block + 1) // VERSE_TXS))  # a block has at most twice the mean
        self._chapter_txs = self.verses * VERSE_TXS
        self._fill = Stream(seed, "block fill")
        self._order = Stream(seed, "order of a chapter")
        self._script: tuple[int, list[tuple[str, int]]] = (-1, [])

    def occasions(self, height: int) -> Iterator[Occasion]:
        """Yield the transactions of a block after the founding ones, in the order of the story."""
        for number in range(self.txs_until(height - 1), self.txs_until(height)):
            chapter, position = divmod(number, self._chapter_txs)
            kind, slot = self._scripted(chapter)[position]
            yield Occasion(chapter, kind, slot)

    def txs_until(self, height: int) -> int:
        """Return how many transactions follow the founding ones up to and including block ``height``."""
        block = height - FOUNDING_BLOCKS
        return int(self._txs_per_block * (block + self._fill.unit(block))) if block > 0 else 0

    def _scripted(self, chapter: int) -> list[tuple[str, int]]:
        if self._script[0] != chapter:
            script = [(kind, slot) for kind, share in MIX.items() for slot in range(share * self.verses)]
            self._order.dice(chapter).shuffle(script)
            self._script = (chapter, script)
        return self._script[1]


def check_rates(txs_per_second: float, block_seconds: float) -> None:
    """Raise ConfigError unless the rates are within bounds."""
    for name, value in (("txs_per_second", txs_per_second), ("block_seconds", block_seconds)):
        low, high = RATE_BOUNDS[name]
        if not low <= value <= high:
            raise ConfigError(
                "simulator_rate_out_of_range",
                f"simulator.{name} is {value:g}, outside {low:g} to {high:g}",
                cure=f"Choose simulator.{name} within these bounds.",
            )
    largest = 2 * txs_per_second * block_seconds
    if largest > BLOCK_TXS_MAX:
        raise ConfigError(
            "simulator_blocks_too_large",
            f"At {txs_per_second:g} transactions/s and {block_seconds:g} s a block can hold {largest:.0f}; "
            f"at most {BLOCK_TXS_MAX} are built",
            cure="Lower simulator.block_seconds.",
        )
