"""What is worth mutating further: transactions that ended, or ran, as none before them did."""

from collections.abc import Iterable
from random import Random

from backbeat.chain.proto import core_pb2

KEPT_MAX = 5_000
NEWER_SHARE = 0.5
KEPT_BYTES_MAX = 8_000  # of one; what is larger costs time and reaches nothing that smaller ones do not

Outcome = tuple[str, str, str]
"""The wire pair, the reason of the refusal or ``applied``, and the field at fault."""

Line = tuple[str, int]


class Corpus:
    """Keeps the first transaction that reached an outcome or a line, as it was before it was moved and signed."""

    def __init__(self) -> None:
        self.outcomes: set[Outcome] = set()
        self.lines: set[Line] = set()
        self._kept: list[bytes] = []

    def __len__(self) -> int:
        return len(self._kept)

    def learn(self, said: bytes, outcome: Outcome, lines: Iterable[Line], draw: Random) -> None:
        """Note how a transaction ended, and keep it if that is news; a full corpus loses another for it."""
        fresh = set(lines) - self.lines
        if outcome in self.outcomes and not fresh:
            return
        self.outcomes.add(outcome)
        self.lines |= fresh
        if len(said) > KEPT_BYTES_MAX:
            return
        if len(self._kept) < KEPT_MAX:
            self._kept.append(said)
        else:
            self._kept[draw.randrange(KEPT_MAX)] = said

    def pick(self, draw: Random) -> core_pb2.SignedTransaction | None:
        """Return a copy of one that was kept, the newer half of them more often."""
        if not self._kept:
            return None
        first = len(self._kept) // 2 if draw.random() < NEWER_SHARE else 0
        return core_pb2.SignedTransaction.FromString(self._kept[draw.randrange(first, len(self._kept))])
