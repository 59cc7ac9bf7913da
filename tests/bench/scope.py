"""What every benchmark gets."""

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.server import Server


class Scope(msgspec.Struct, frozen=True):
    """The server to measure on, where its files go, and how much to do. The figures of a ``quick`` run mean nothing."""

    server: Server
    place: Path = Path(tempfile.gettempdir())
    quick: bool = False
    large: bool = True

    @property
    def rounds(self) -> int:
        return 1 if self.quick else 5

    def size(self, full: int, quick: int) -> int:
        """Choose between the sizes of a real and of a smoke run."""
        return quick if self.quick else full


Benchmark = Callable[[Scope], Awaitable[list[Figure]]]
