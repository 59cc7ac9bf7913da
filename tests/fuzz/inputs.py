"""What is fed to the indexer: transactions that are thought up, or were worth keeping, and then spoilt."""

from itertools import count
from random import Random
from typing import NamedTuple

from backbeat.chain.proto import core_pb2
from fuzz.corpus import Corpus
from fuzz.mutations import SAID, SENT, any_entity, any_plays
from fuzz.people import move, sign, signer_for

PLAYS_SHARE = 0.1  # most of a real chain, but they say little
KEPT_SHARE = 0.5  # of entity transactions that begin with one that was kept
SPOILT_SENT_SHARE = 0.15
FRESH = 1_000_000


class Input(NamedTuple):
    """What is sent, and what was said before it was moved to its era and signed; nothing was said of plays."""

    sent: core_pb2.SignedTransaction
    said: bytes


class Inputs:
    """Draws inputs; with a corpus, more often than not from what it kept."""

    def __init__(self, corpus: Corpus | None) -> None:
        self._corpus = corpus
        self._nonces = count(1 << 60)

    def draw(self, draw: Random, era: int, now: int) -> Input | None:
        """Return an input for a block, None where nothing is left that a node could serve."""
        if draw.random() < PLAYS_SHARE:
            made, said = any_plays(draw), b""
        else:
            made, said = self._entity(draw, era, now)
        if draw.random() < SPOILT_SENT_SHARE:
            spoilt = draw.choice(SENT)(made, draw)
            return None if spoilt is None else Input(spoilt, said)
        return Input(made, said)

    def _entity(self, draw: Random, era: int, now: int) -> tuple[core_pb2.SignedTransaction, bytes]:
        kept = self._corpus.pick(draw) if self._corpus and draw.random() < KEPT_SHARE else None
        made = kept or any_entity(draw)
        for _ in range(draw.choice([0, 1, 1, 1, 2, 3])):
            draw.choice(SAID)(made, draw)
        said = made.SerializeToString()
        move(made, era, draw.randrange(FRESH), now)
        made.manage_entity.nonce = f"0x{next(self._nonces):064x}"
        return sign(made, signer_for(made, draw)), said
