"""The chain source that asks a Core node (domain: sections 1.4, 1.7 and 2.2).

A call that fails is made again for ever: nodes go and come back. An answer that is wrong is asked for again a few
times, because one of several nodes behind an address may be at fault, and is then an error: it is never passed on.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from random import Random
from typing import Final, TypeVar

import msgspec
import structlog
from grpc import StatusCode, aio

from backbeat.chain.client import CoreClient
from backbeat.chain.model import Head
from backbeat.chain.proto import core_pb2
from backbeat.chain.retry import Backoff
from backbeat.clock import Clock
from backbeat.errors import ChainDataError, SourceError

log = structlog.get_logger(__name__)

T = TypeVar("T")

_CHUNK_BLOCKS_MAX: Final = 500  # more are refused by the node
_COMES_AND_GOES: Final = frozenset(
    {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED}
)
_REFUSALS: Final = 3  # other failures of one call in a row before we ask whether the node has pruned the height


class NodeSettings(msgspec.Struct, frozen=True):
    """How a node is asked. Memory for what is fetched ahead: ``chunks_ahead`` times ``message_bytes_max`` at most."""

    chunk_blocks: int = 100
    chunks_ahead: int = 2
    call_seconds: float = 15.0
    message_bytes_max: int = 32 * 2**20
    wrong_answers_max: int = 3
    open_attempts: int = 5


_DEFAULTS: Final = NodeSettings()
_Chunk = tuple[range, asyncio.Task[dict[int, core_pb2.Block]]]


class NodeSource:
    """Blocks of the node at ``url``. Without a ``chain_id`` the node's own is accepted at :meth:`open` and then kept.

    ``last_error`` says what is wrong at present, None if nothing is.
    """

    is_finite = False

    def __init__(
        self, url: str, *, chain_id: str = "", settings: NodeSettings = _DEFAULTS, clock: Clock, random: Random
    ) -> None:
        self.url = url
        self.last_error: str | None = None
        self._chain_id = chain_id
        self._settings = settings
        self._clock = clock
        self._random = random
        self._client: CoreClient | None = None
        self._chunk_blocks_most = min(settings.chunk_blocks, _CHUNK_BLOCKS_MAX)
        self._chunk_blocks = self._chunk_blocks_most
        self._head = 0
        self._last: tuple[int, str] = (0, "")  # height and hash of the block served last

    @property
    def chain_id(self) -> str:
        """The configured chain id, or the node's once open."""
        return self._chain_id

    async def open(self) -> None:
        """Ask which chain the node serves.

        Raises ConfigError for a URL that is none, SourceError if the node does not answer after some attempts,
        ChainDataError if it serves another chain.
        """
        self._client = CoreClient(
            self.url, call_seconds=self._settings.call_seconds, message_bytes_max=self._settings.message_bytes_max
        )
        info = await self._first_info(self._client)
        if not info.chainid or info.chainid != (self._chain_id or info.chainid):
            raise _other_chain(info.chainid, self._chain_id)
        self._chain_id = info.chainid
        self._saw_head(info.current_height)

    async def head(self) -> Head | None:
        """Ask for the newest height; None if the node does not answer, does not know, or serves another chain now."""
        try:
            info = await self._connected().node_info()
        except (aio.AioRpcError, ChainDataError) as error:
            self._note("head", error)
            return None
        if info.chainid != self._chain_id or info.current_height <= 0:
            return None
        self._saw_head(info.current_height)
        return Head(self._head)

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield what follows ``after``, for ever; raises ChainDataError or, for a pruned height, SourceError."""
        self._last = (after, "")
        chunks: deque[_Chunk] = deque()
        try:
            while True:
                height = self._last[0] + 1
                self._fetch_ahead(chunks, height)
                if not chunks:
                    yield self._served(await self._wait_for(height))
                    continue
                heights, chunk = chunks[0]
                found = await chunk
                for height in heights:
                    yield self._served(found.pop(height) if height in found else await self._wait_for(height))
                chunks.popleft()
        finally:
            for _, chunk in chunks:
                chunk.cancel()
            await asyncio.gather(*(chunk for _, chunk in chunks), return_exceptions=True)

    async def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._client is not None:
            await self._client.close()

    def _fetch_ahead(self, chunks: deque[_Chunk], height: int) -> None:
        """Have chunks on the way while more than one block is missing; near the head blocks are asked for singly."""
        start = chunks[-1][0].stop if chunks else height
        while len(chunks) < self._settings.chunks_ahead and self._head - start > 1:
            heights = range(start, min(start + self._chunk_blocks, self._head + 1))
            chunks.append((heights, asyncio.create_task(self._fetch(heights))))
            start = heights.stop

    async def _fetch(self, heights: range) -> dict[int, core_pb2.Block]:
        """Return those of ``heights`` that the node has; after too big an answer less is asked for at a time."""
        found: dict[int, core_pb2.Block] = {}
        start = heights.start
        backoff = Backoff(self._clock, self._random)
        while start < heights.stop:
            part = range(start, min(start + self._chunk_blocks, heights.stop))
            try:
                found |= await self._answered("GetBlocks", part.start, partial(self._ask_blocks, part))
                start = part.stop
                self._chunk_blocks = min(self._chunk_blocks + 1 + self._chunk_blocks // 8, self._chunk_blocks_most)
            except _TooMuchError:
                self._chunk_blocks = max(1, len(part) // 2)
                await backoff.wait()
        return found

    async def _wait_for(self, height: int) -> core_pb2.Block:
        """Ask for one block until there is one."""
        backoff = Backoff(self._clock, self._random)
        ask = partial(self._ask_block, height)
        while (block := await self._answered("GetBlock", height, ask)) is None:
            if height <= self._head:
                self._note("GetBlock", f"the node is at {self._head} and does not have block {height}", height=height)
            await backoff.wait()
        return block

    async def _answered(self, method: str, height: int, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what ``ask`` does; calls that fail are repeated for ever, wrong answers a few times."""
        backoff = Backoff(self._clock, self._random)
        wrong = refused = 0
        while True:
            try:
                answer = await ask()
            except aio.AioRpcError as error:
                self._note(method, error, height=height)
                if error.code() is StatusCode.RESOURCE_EXHAUSTED and method == "GetBlocks":
                    raise _TooMuchError from error
                refused += error.code() not in _COMES_AND_GOES
                if refused == _REFUSALS:
                    refused = 0
                    await self._check_kept(height)
            except ChainDataError as error:
                wrong += 1
                self._note(method, error, height=height)
                if wrong > self._settings.wrong_answers_max:
                    raise
            else:
                self.last_error = None
                return answer
            await backoff.wait()

    async def _ask_block(self, height: int) -> core_pb2.Block | None:
        """Return the block, None if the node does not have it yet; ChainDataError if the answer cannot be right."""
        answer = await self._connected().block(height)
        self._saw_head(answer.current_height)
        if answer.HasField("block") and answer.block.height >= 0:
            return self._checked(height, answer.block)
        if answer.block.chain_id not in ("", self._chain_id):
            raise _other_chain(answer.block.chain_id, self._chain_id)
        return None

    async def _ask_blocks(self, heights: range) -> dict[int, core_pb2.Block]:
        answer = await self._connected().blocks(heights)
        self._saw_head(answer.current_height)
        found = {h: self._checked(h, answer.blocks[h]) for h in heights if h in answer.blocks}
        if len({block.hash for block in found.values()}) < len(found):
            raise _wrong_answer(heights.start, "the same block at several heights")
        return found

    def _checked(self, height: int, block: core_pb2.Block) -> core_pb2.Block:
        """Return ``block`` with its hash in lower case if it can be the block of ``height``."""
        if block.chain_id != self._chain_id:
            raise _other_chain(block.chain_id, self._chain_id)
        if block.height != height:
            raise _wrong_answer(height, f"block {block.height}")
        if type(block.hash) is not str or not block.hash:
            raise _wrong_answer(height, "a block without a hash")
        block.hash = block.hash.lower()
        if block.hash == self._last[1]:
            raise _wrong_answer(height, f"the hash of block {self._last[0]}")
        return block

    def _served(self, block: core_pb2.Block) -> core_pb2.Block:
        self._last = (block.height, block.hash)
        self._saw_head(max(self._head, block.height))
        return block

    def _saw_head(self, height: int) -> None:
        """Believe the newest report, 0 being none; but what was served exists whatever a lagging node says."""
        if height > 0:
            self._head = max(height, self._last[0])

    async def _first_info(self, client: CoreClient) -> core_pb2.GetNodeInfoResponse:
        backoff = Backoff(self._clock, self._random)
        for _ in range(self._settings.open_attempts):
            try:
                return await client.node_info()
            except (aio.AioRpcError, ChainDataError) as error:
                self._note("GetNodeInfo", error)
            await backoff.wait()
        raise SourceError(
            "node_unreachable",
            f"The node at {self.url} does not answer: {self.last_error}.",
            cure="Check chain.node_url and that the node serves gRPC there.",
        )

    async def _check_kept(self, height: int) -> None:
        """Raise SourceError if the node says that it has pruned ``height``."""
        try:
            earliest = await self._connected().earliest_height()
        except (aio.AioRpcError, ChainDataError) as error:
            self._note("GetStatus", error, height=height)
            return
        if earliest > height:
            raise SourceError(
                "node_pruned",
                f"The node at {self.url} keeps blocks from {earliest} on; block {height} is wanted.",
                cure=f"Use a node that keeps them, or set chain.start_height to {earliest} on an empty database.",
            )

    def _connected(self) -> CoreClient:
        if self._client is None:
            raise SourceError("node_not_open", f"The node at {self.url} was not opened.", cure="Open the source first.")
        return self._client

    def _note(self, method: str, error: object, **fields: object) -> None:
        said = f"{error.code().name}: {error.details()}" if isinstance(error, aio.AioRpcError) else str(error)
        self.last_error = said
        log.warning("node_call_failed", url=self.url, method=method, error=said, **fields)


class _TooMuchError(Exception):
    """The answer is bigger than a message may be, or the node wants to be asked for less."""


def _other_chain(served: str, wanted: str) -> ChainDataError:
    return ChainDataError(
        "other_chain",
        f"The node serves the chain {served!r}, {wanted!r} is being indexed.",
        cure="Name a node of that chain. After a chain change, set chain.chain_id to the new one: heights begin anew.",
    )


def _wrong_answer(height: int, what: str) -> ChainDataError:
    return ChainDataError(
        "node_answer_wrong",
        f"Asked for block {height}, the node answered with {what}.",
        cure="Nothing of it was indexed; use another node.",
    )
