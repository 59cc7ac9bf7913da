"""A source that ends at a height, so that several instances can be brought to the same one."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping

from backbeat.chain.model import Head
from backbeat.chain.proto import core_pb2
from backbeat.chain.source import Source, calls_of
from backbeat.errors import ArgumentError
from backbeat.loop_report import Durations


class UntilSource:
    """Serves what ``source`` does, up to the block of ``height``; a source that ends before ends there."""

    is_finite = True

    def __init__(self, source: Source, height: int) -> None:
        self._source = source
        self._height = height

    @property
    def chain_id(self) -> str:
        """The chain that is served."""
        return self._source.chain_id

    async def open(self) -> None:
        """Open the source."""
        await self._source.open()

    async def head(self) -> Head | None:
        """Return the newest block known, or the last one that is served."""
        head = await self._source.head()
        return Head(self._height) if head is not None and head.height > self._height else head

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield the blocks behind ``after`` up to the height. Raises ArgumentError where that is beyond it already."""
        if after > self._height:
            raise ArgumentError(
                "stop_at_passed",
                f"Block {after} is indexed already, which is behind the {self._height} to stop at.",
                cure="Name a height that is ahead, or index into another database.",
            )
        if after == self._height:
            return
        blocks = self._source.blocks(after)
        try:
            async for block in blocks:
                yield block
                if block.height >= self._height:
                    return
        finally:
            if isinstance(blocks, AsyncGenerator):
                await blocks.aclose()

    def calls(self) -> Mapping[str, Durations]:
        """Say how long the source's calls took."""
        return calls_of(self._source)

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()
