"""The sources of a network's chains, one after the other, as one source."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from random import Random
from typing import Final, Protocol, runtime_checkable

import structlog

from backbeat.chain.answer import NEXT_NOT_SERVED
from backbeat.chain.model import Head
from backbeat.chain.proto import core_pb2
from backbeat.chain.retry import Backoff
from backbeat.chain.sequence import Chains, Span
from backbeat.chain.source import Comparable, Condition, Earlier, Source, Watchable, calls_of
from backbeat.clock import Clock
from backbeat.errors import ChainDataError, SourceError
from backbeat.loop_report import Durations

log = structlog.get_logger(__name__)

_UNREACHABLE: Final = "node_unreachable"

SourceOf = Callable[[Span], Source]
"""Builds the source of one chain; nothing is opened yet."""


@runtime_checkable
class Successive(Protocol):
    """A source of several chains, which serves one at a time."""

    async def enter(self, chain_id: str, /) -> None:
        """Serve that chain from now on."""
        ...


class SuccessiveSource:
    """Serves each of ``chains`` up to its last block, from the source that ``source_of`` builds for it.

    :meth:`enter` says which; before the first there is neither a head nor a chain id.
    """

    def __init__(self, chains: Chains, source_of: SourceOf, *, clock: Clock, random: Random) -> None:
        self._chains = chains
        self._source_of = source_of
        self._clock = clock
        self._random = random
        self._entered: list[tuple[Span, Source]] = []  # the last one is served; calls to those before may be under way
        self._problem = ""

    @property
    def chain_id(self) -> str:
        """The chain that is served; empty before the first."""
        return self._entered[-1][0].chain_id if self._entered else ""

    @property
    def is_finite(self) -> bool:
        """Whether the source of the chain that is served ends."""
        return any(source.is_finite for _, source in self._entered[-1:])

    async def open(self) -> None:
        """Open nothing: which chain is wanted first, the database says."""

    async def enter(self, chain_id: str, /) -> None:
        """Open the source of ``chain_id``; a node that still serves an earlier chain is waited for.

        So is a node that does not answer while the program goes from one chain to the next. Raises as the source's
        own ``open``.
        """
        span = self._chains.span(chain_id)
        if chain_id == self.chain_id or span is None:
            return
        source = self._source_of(span)
        try:
            await self._open(source, is_next=bool(self._entered))
            _check_chain(source.chain_id, chain_id)
        except BaseException:
            await source.close()
            raise
        self._entered.append((span, source))
        log.info("chain_entered", chain_id=chain_id, first_height=span.first)

    async def head(self) -> Head | None:
        """Return the newest block of the chain that is served, its last one at most."""
        if not self._entered or self._problem:
            return None
        span, source = served = self._entered[-1]
        head = await source.head()
        if head is None or served is not self._entered[-1]:
            return None
        return Head(span.last) if span.last is not None and head.height > span.last else head

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield what follows ``after`` up to the last block of the chain; ChainDataError if the source ends before."""
        span, source = self._entered[-1]
        height = after
        if height == span.last:
            return
        blocks = source.blocks(after)
        try:
            async for block in blocks:
                yield block
                height = block.height
                if height == span.last:
                    return
        finally:
            if isinstance(blocks, AsyncGenerator):
                await blocks.aclose()
        if span.last is not None:
            raise _ends_early(span, height)

    async def compare(self, height: int, block_hash: str, earlier: Earlier | None = None, /) -> None:
        """Hold the source of the chain that is served to a block that was indexed, if it can be compared."""
        _, source = self._entered[-1]
        if isinstance(source, Comparable):
            await source.compare(height, block_hash, earlier)

    def condition(self) -> Condition:
        """Say how the source of the chain is that is served, or which chain is waited for."""
        if self._problem:
            return Condition(None, self._problem)
        source = self._entered[-1][1] if self._entered else None
        return source.condition() if isinstance(source, Watchable) else Condition()

    def calls(self) -> Mapping[str, Durations]:
        """Say how long calls took to the source of the chain that is served."""
        return calls_of(self._entered[-1][1]) if self._entered else {}

    async def close(self) -> None:
        """Close every source that was opened; safe to call twice."""
        for _, source in self._entered:
            await source.close()

    async def _open(self, source: Source, *, is_next: bool) -> None:
        backoff = Backoff(self._clock, self._random)
        try:
            while (error := await _opening(source)) is not None:
                if not _comes(error, is_next=is_next):
                    raise error
                if not self._problem:
                    log.warning("chain_awaited", problem=error.message)
                self._problem = error.message
                await backoff.wait()
        finally:
            self._problem = ""


async def _opening(source: Source) -> SourceError | ChainDataError | None:
    try:
        await source.open()
    except (SourceError, ChainDataError) as error:
        return error
    return None


def _comes(error: SourceError | ChainDataError, *, is_next: bool) -> bool:
    """Tell whether the chain is worth waiting for: its node is on an earlier one, or away while it changes over."""
    return error.code == NEXT_NOT_SERVED or (is_next and error.code == _UNREACHABLE)


def _check_chain(served: str, wanted: str) -> None:
    if served != wanted:
        raise ChainDataError(
            "other_chain",
            f"The source serves the chain {served!r}, {wanted!r} is being indexed.",
            cure="Name the source of that chain in chain.node_url_of or chain.recording_of.",
        )


def _ends_early(span: Span, height: int) -> ChainDataError:
    return ChainDataError(
        "chain_ends_early",
        f"The source of {span.chain_id!r} ends at block {height}, chain.chain_ids says that the chain ends at "
        f"{span.last}.",
        cure="Name a source that holds the whole chain, or correct the height in chain.chain_ids. The next chain is "
        "not begun before this one is complete.",
    )
