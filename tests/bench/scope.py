"""What every benchmark gets."""

from collections.abc import Awaitable, Callable

import msgspec

from bench.figure import Figure
from bench.server import Server


class Scope(msgspec.Struct, frozen=True):
    """The server to measure on and how much to do. ``quick`` is a smoke run whose figures mean nothing."""

    server: Server
    quick: bool = False
    large: bool = True

    @property
    def rounds(self) -> int:
        return 1 if self.quick else 5

    def size(self, full: int, quick: int) -> int:
        """Choose between the sizes of a real and of a smoke run."""
        return quick if self.quick else full


Benchmark = Callable[[Scope], Awaitable[list[Figure]]]
