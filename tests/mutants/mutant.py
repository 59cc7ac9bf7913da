"""One small change to one source file that should make a test fail."""

import hashlib
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from sql_files import SOURCE

ROOT = SOURCE.parent


class Mutant(NamedTuple):
    """Bytes ``start`` to ``end`` of ``path`` (relative to the checkout) become ``replacement``."""

    path: str
    start: int
    end: int
    replacement: str
    kind: str

    @property
    def original(self) -> bytes:
        return (ROOT / self.path).read_bytes()

    @property
    def mutated(self) -> bytes:
        return mutate(self.original, self)

    @property
    def line(self) -> int:
        return self.original[: self.start].count(b"\n") + 1

    @property
    def before(self) -> str:
        """The lines that change, as they are, in one line."""
        return _changed(self.original, self.start, self.end)

    @property
    def after(self) -> str:
        """What comes in place of ``before``."""
        return _changed(self.mutated, self.start, self.start + len(self.replacement.encode()))

    @property
    def identity(self) -> tuple[str, str, str]:
        """What stays the same when other lines of the file change."""
        return self.path, self.before, self.after

    @property
    def name(self) -> str:
        """A short name by which it can be asked for again."""
        return hashlib.sha256(repr(self.identity).encode()).hexdigest()[:8]

    @property
    def diff(self) -> str:
        before, after = self.original.decode().splitlines(), self.mutated.decode().splitlines()
        return "\n".join(unified_diff(before, after, self.path, self.path, n=2, lineterm=""))

    def __str__(self) -> str:
        return f"{self.name} {self.path}:{self.line} {self.kind}"


def mutate(source: bytes, mutant: Mutant) -> bytes:
    """Return the source with the change made."""
    return source[: mutant.start] + mutant.replacement.encode() + source[mutant.end :]


def shuffled(mutants: Iterable[Mutant], seed: int) -> list[Mutant]:
    """Return the mutants in an order that the seed decides, and that a change elsewhere does not turn over."""

    def place(mutant: Mutant) -> tuple[bytes, int]:
        return hashlib.sha256(f"{seed} {mutant.identity}".encode()).digest(), mutant.start

    return sorted(mutants, key=place)


def source_files() -> list[str]:
    """Return every Python and SQL file of the program that holds anything, relative to the checkout."""
    found = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.sql")]
    return sorted(str(Path(path).relative_to(ROOT)) for path in found if path.stat().st_size)


def _changed(source: bytes, start: int, end: int) -> str:
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    return " ".join(source[first : last if last >= 0 else len(source)].decode().split())
