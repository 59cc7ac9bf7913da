"""The one small protocol behind which every chain source stands."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol, runtime_checkable

import msgspec

from backbeat.chain.model import Head
from backbeat.chain.place import Place
from backbeat.chain.proto import core_pb2
from backbeat.loop_report import Durations


class Source(Protocol):
    """Where blocks come from: a recording, a Core node, a simulator.

    A source yields protobuf blocks exactly as a node would serve them, strictly in height order without gaps.
    """

    @property
    def chain_id(self) -> str:
        """The chain that this source serves; known once :meth:`open` has returned."""
        ...

    @property
    def is_finite(self) -> bool:
        """Whether the source ends (a recording) or waits for more at the head (a node, the simulator)."""
        ...

    async def open(self) -> None:
        """Connect or read enough to know the chain; raises SourceError or ChainDataError."""
        ...

    async def head(self) -> Head | None:
        """Return the newest block known, None when the source cannot say at present."""
        ...

    def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield the blocks of heights ``after`` + 1, + 2, … ; ends only if the source is finite."""
        ...

    async def close(self) -> None:
        """Let go of files and connections; safe to call twice."""
        ...


Earlier = Callable[[int], Awaitable[Place | None]]
"""Answers the newest block at or below a height that was indexed; None if nobody can say."""


@runtime_checkable
class Comparable(Protocol):
    """A source that can show whether it has the blocks that were indexed: another chain may have the same chain id."""

    async def compare(self, height: int, block_hash: str, earlier: Earlier | None = None, /) -> None:
        """Raise ChainDataError if the source, which is open, has another block than ``block_hash`` at ``height``.

        It then goes on from that block. A source that grows may not have it yet: that is no error, unless it has
        another block than ``earlier`` knows where it stands. An empty hash is not known.
        """
        ...


@runtime_checkable
class Measured(Protocol):
    """A source that knows how big its blocks are; of another, blocks are encoded once more to find out."""

    def size_bytes(self, height: int, /) -> int:
        """Return about how many bytes the block of ``height`` has on the wire, which the source has served."""
        ...


class Condition(msgspec.Struct, frozen=True):
    """How a source is. ``head_height`` is what it says now, even if it said more before; ``problem`` a sentence."""

    head_height: int | None = None
    problem: str = ""


@runtime_checkable
class Watchable(Protocol):
    """A source that may have a problem while it answers."""

    def condition(self) -> Condition:
        """Say how the source is, from what it last answered."""
        ...


@runtime_checkable
class Calling(Protocol):
    """A source that asks another program for what it serves."""

    def calls(self) -> Mapping[str, Durations]:
        """Say how long its calls took by now, by method."""
        ...


def calls_of(source: object) -> Mapping[str, Durations]:
    """Return how long a source's calls took; nothing of one that makes none."""
    return source.calls() if isinstance(source, Calling) else {}
