"""What every benchmark gets."""

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from bench.figure import Figure
from bench.programs import OURS, Program
from bench.server import Server


class Scope(msgspec.Struct, frozen=True):
    """What is measured, where, and how much of it."""

    server: Server
    """The server to measure on."""
    place: Path = Path(tempfile.gettempdir())
    """Where files go."""
    quick: bool = False
    """Whether it is a smoke run, whose figures mean nothing."""
    large: bool = True
    """Whether sizes that take minutes to make are measured, too."""
    programs: Sequence[Program] = (OURS,)
    """What takes turns: the program as it is, and as it was before where one is given."""

    @property
    def rounds(self) -> int:
        return 1 if self.quick else 5

    def size(self, full: int, quick: int) -> int:
        """Choose between the sizes of a real and of a smoke run."""
        return quick if self.quick else full

    def turns(self, round_number: int) -> Sequence[Program]:
        """Return the programs in the order of a round, which is turned round from one to the next."""
        return self.programs[:: 1 if round_number % 2 else -1]


Benchmark = Callable[[Scope], Awaitable[list[Figure]]]
