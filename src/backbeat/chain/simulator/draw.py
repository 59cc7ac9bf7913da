"""Randomness without memory: numbers that depend on a seed, a purpose and a place, and on nothing before them."""

import random
from hashlib import sha256
from typing import Final

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: successive places fall far apart
_SPREAD_BITS: Final = 30
_SPREAD: Final = 0x278DDE6D  # odd, so that multiplying by it permutes the numbers below 2**30


class Stream:
    """A stream of random numbers that can be read at any place, in any order, always with the same answer."""

    __slots__ = ("_base",)

    def __init__(self, seed: int, purpose: str) -> None:
        self._base = int.from_bytes(sha256(f"{seed}/{purpose}".encode()).digest()[:8])

    def at(self, place: int) -> int:
        """Return the 64 bits at ``place`` (the finalizer of SplitMix64)."""
        x = (self._base + place * _GOLDEN) & _MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
        return x ^ (x >> 31)

    def below(self, place: int, bound: int) -> int:
        """Return a number in [0, ``bound``)."""
        return self.at(place) % bound

    def unit(self, place: int) -> float:
        """Return a number in [0, 1)."""
        return (self.at(place) >> 11) * 2.0**-53

    def dice(self, place: int) -> random.Random:
        """Return a generator of its own for whatever happens at ``place``."""
        return random.Random(self.at(place))  # noqa: S311 - a simulator's dice have to be predictable


def skewed(unit: float, count: int) -> int:
    """Return a rank in [0, ``count``) by Zipf's law: rank r is about 1 / (r + 1) as likely as rank 0.

    ``unit`` is a uniform number in [0, 1).
    """
    return min(int((count + 1) ** unit), count) - 1


def scattered(index: int) -> int:
    """Return a number below 2**30 that no other index below 2**30 gets, far from its neighbours'.

    Clients of a real network draw ids at random, so that new rows land all over an index.
    """
    return (index * _SPREAD) & ((1 << _SPREAD_BITS) - 1)
