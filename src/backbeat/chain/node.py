"""The chain source that asks a Core node (domain: sections 1.4, 1.7 and 2.2).

A call that fails is made again until it succeeds: nodes go and come back. After a wrong answer the source asks again a
few times, because one of several nodes behind an address may be at fault. Then it raises an error; it never passes a
wrong answer on.

Blocks do not name the block before them, so the node is asked for the block served last together with each that
follows. A node that was set up again under the same chain id has another block there, or none.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from math import inf
from random import Random
from typing import Final, TypeVar

import structlog
from grpc import StatusCode, aio

from backbeat.chain.answer import NEXT_NOT_SERVED, AnswerCheck
from backbeat.chain.client import CoreClient, said
from backbeat.chain.model import Head
from backbeat.chain.node_name import tell_if_unresolved
from backbeat.chain.node_settings import NodeSettings
from backbeat.chain.place import NOWHERE, Place, contradiction, is_chain_id, place_of
from backbeat.chain.proto import core_pb2
from backbeat.chain.retry import LAST_SECONDS, Backoff
from backbeat.chain.sequence import ANY_CHAIN, Chains
from backbeat.chain.source import Condition, Earlier
from backbeat.clock import Clock
from backbeat.errors import ChainDataError, SourceError
from backbeat.loop_report import Durations
from backbeat.service import beside

log = structlog.get_logger(__name__)

T = TypeVar("T")

_CHUNK_BLOCKS_MAX: Final = 499  # the node refuses more than 500, and the block before them is asked for as well
_COMES_AND_GOES: Final = frozenset(
    {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED}
)
_TOO_LARGE: Final = "message larger than max"  # gRPC's own words for an answer beyond message_bytes_max
_REFUSALS: Final = 3  # other failures of one call in a row before we ask whether the node has pruned the height

_DEFAULTS: Final = NodeSettings()
_Chunk = tuple[range, asyncio.Task[dict[int, core_pb2.Block]]]


class NodeSource:
    """Blocks of the node at ``url``. Without a ``chain_id`` the node's own is accepted at :meth:`open` and then kept.

    ``chains`` are those of the network, of which one is followed. ``last_error`` says what is wrong at present, None if
    nothing is.
    """

    is_finite = False

    def __init__(
        self,
        url: str,
        *,
        chain_id: str = "",
        chains: Chains = ANY_CHAIN,
        settings: NodeSettings = _DEFAULTS,
        clock: Clock,
        random: Random,
    ) -> None:
        self.url = url
        self.last_error: str | None = None
        self._answers = AnswerCheck(url, chain_id, chains)
        self._settings = settings
        self._clock = clock
        self._random = random
        self._client: CoreClient | None = None
        self._chunk_blocks_most = min(settings.chunk_blocks, _CHUNK_BLOCKS_MAX)
        self._chunk_blocks = self._chunk_blocks_most
        self._head = 0
        self._last = NOWHERE  # the block served last, or the one that was indexed before
        self._is_confirmed = True  # whether the node, as far as we know, still has that block
        self._lacks_last = False
        self._earlier: Earlier | None = None
        self._owes_since: float | None = None  # while a block is waited for that the node says it has
        self._reported = 0
        self._is_synced = True

    @property
    def chain_id(self) -> str:
        """The configured chain id, or the node's once open."""
        return self._answers.chain_id

    async def open(self) -> None:
        """Ask which chain the node serves.

        Raises ConfigError for a URL that is none, SourceError if the node does not answer after some attempts,
        ChainDataError if it serves another chain.
        """
        self._client = CoreClient(
            self.url,
            call_seconds=self._settings.call_seconds,
            message_bytes_max=self._settings.message_bytes_max,
            clock=self._clock,
        )
        async with beside(tell_if_unresolved(self.url)):
            info = await self._first_info(self._client)
        if not is_chain_id(info.chainid) or info.chainid != (self._answers.chain_id or info.chainid):
            raise self._answers.other_chain(info.chainid)
        self._answers.chain_id = info.chainid
        self._saw_info(info)

    async def compare(self, height: int, block_hash: str, earlier: Earlier | None = None, /) -> None:
        """Hold the node to the block that was indexed last; nothing behind it is served before the node has shown it.

        Raises ChainDataError if the node has another block there, or, being behind, another than ``earlier`` knows at
        its own head. A node that is only behind is waited for in :meth:`blocks`.
        """
        self._last, self._is_confirmed, self._earlier = Place(height, block_hash.lower()), False, earlier
        await self._shows_last()

    def condition(self) -> Condition:
        """Say how the node is, as far as it was asked."""
        problem = ""
        if self._lacks_last:
            problem = (
                f"The node at {self.url} does not have block {self._last.height}, which was indexed; "
                f"it is at block {self._reported}."
            )
        elif not self._is_confirmed and self.last_error:
            problem = f"The node at {self.url} has not shown block {self._last.height} yet: {self.last_error}."
        elif not self._last.hash and 0 < self._reported < self._last.height:
            problem = f"The node at {self.url} is at block {self._reported}; block {self._last.height + 1} is wanted."
        elif self._unserved_seconds() > (self._settings.serve_seconds_max or inf):
            problem = (
                f"The node at {self.url} is at block {self._reported} and has not served block "
                f"{self._last.height + 1} for {self._unserved_seconds():.0f} s: {self.last_error}."
            )
        elif not self._is_synced:
            problem = f"The node at {self.url} says that it is not synced; it is at block {self._reported}."
        return Condition(self._reported or None, problem)

    async def head(self) -> Head | None:
        """Ask for the newest height; None if the node does not answer, does not know, or serves another chain now."""
        try:
            info = await self._connected().node_info()
        except (aio.AioRpcError, ChainDataError) as error:
            self._note("head", error)
            return None
        if info.chainid != self._answers.chain_id or info.current_height <= 0:
            return None
        self._saw_info(info)
        return Head(self._head)

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield what follows ``after``, for ever; raises ChainDataError or, for a pruned height, SourceError."""
        if after != self._last.height:
            self._last = Place(after, "")
        chunks: deque[_Chunk] = deque()
        strangers = 0  # chunks in a row that do not continue what was served
        try:
            while True:
                self._owes_since = self._clock.monotonic()
                await self._confirm()
                height = self._last.height + 1
                self._fetch_ahead(chunks, height)
                if not chunks:
                    yield self._served(await self._wait_for(height))
                    continue
                heights, chunk = chunks[0]
                found = await chunk
                if self._is_strange(found.pop(height - 1, None)):
                    strangers += 1
                    await self._start_over(chunks, strangers)
                    continue
                strangers = 0
                await self._confirm()
                for height in heights:
                    block = found.pop(height, None)
                    if block is None or contradiction(self._last, place_of(block)):
                        block = await self._wait_for(height)
                    yield self._served(block)
                chunks.popleft()
        finally:
            await _cancelled(chunks)

    def calls(self) -> Mapping[str, Durations]:
        """Say how long calls to the node took by now, by method."""
        return self._client.calls if self._client is not None else {}

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
        """Return those of ``heights``, and of the one before, that the node has.

        After too big an answer less is asked for at a time.
        """
        found: dict[int, core_pb2.Block] = {}
        start = heights.start
        backoff = Backoff(self._clock, self._random)
        while start < heights.stop:
            part = range(start, min(start + self._chunk_blocks, heights.stop))
            try:
                answer = await self._answered("GetBlocks", start, partial(self._ask_blocks, self._with_last(part)))
            except _TooMuchError:
                if len(part) == 1:
                    start = part.stop  # it is asked for by itself, and what is wrong with it comes out then
                self._chunk_blocks = max(1, len(part) // 2)
                await backoff.wait()
                continue
            seam = answer.get(start - 1)
            if seam is not None and start - 1 in found and found[start - 1].hash != seam.hash:
                return found  # the node is another by now; the rest is asked for block by block
            found |= answer
            start = part.stop
            self._chunk_blocks = min(self._chunk_blocks + 1 + self._chunk_blocks // 8, self._chunk_blocks_most)
        return found

    async def _wait_for(self, height: int) -> core_pb2.Block:
        """Ask for one block until there is one, from a node that has the block before it."""
        backoff = Backoff(self._clock, self._random)
        ask = partial(self._ask_block, height)
        self._owes_since = self._clock.monotonic() if self._owes_since is None else self._owes_since
        while True:
            await self._confirm()
            block = await self._answered("GetBlock", height, ask)
            if block is not None and await self._shows_last():
                return block
            if block is None and height <= self._head:
                self._note("GetBlock", f"the node is at {self._head} and does not have block {height}", height=height)
            await backoff.wait()

    async def _confirm(self) -> None:
        """Wait until the node has the block served last; ChainDataError once it is known to have another."""
        backoff = Backoff(self._clock, self._random)
        while not self._is_confirmed and not await self._shows_last():
            await backoff.wait()

    async def _shows_last(self) -> bool:
        """Tell whether the node has the block served last; ChainDataError if it has another in its place."""
        height = self._last.height
        if not self._last.hash:
            self._is_confirmed = True
            return True
        try:
            has = await self._answered("GetBlock", height, partial(self._ask_block, height, self._last)) is not None
        except SourceError as error:  # it has pruned that block, and may still have those behind it
            log.warning("block_not_compared", height=height, error=str(error))
            has = True
        self._is_confirmed, self._lacks_last = has, not has
        if not has:
            self._note("GetBlock", f"the node does not have block {height}, which was indexed", height=height)
            await self._hold_to_earlier()
        return has

    async def _hold_to_earlier(self) -> None:
        """Compare what a node that is behind has at its head; ChainDataError if another block was indexed there."""
        if self._earlier is None or await self.head() is None:
            return
        known = await self._earlier(min(self._reported, self._last.height - 1))
        if known is not None:
            with suppress(SourceError):  # it has pruned that block
                await self._answered("GetBlock", known.height, partial(self._ask_block, known.height, known))

    def _is_strange(self, before: core_pb2.Block | None) -> bool:
        """Tell whether a chunk comes with another block before it than was served; without one that has to be asked."""
        is_strange = before is not None and self._last.hash not in ("", before.hash)
        if is_strange or (before is None and self._last.hash):
            self._is_confirmed = False
        return is_strange

    async def _start_over(self, chunks: deque[_Chunk], times: int) -> None:
        """Drop what was fetched ahead; ChainDataError if the node keeps answering so."""
        height = self._last.height
        self._note("GetBlocks", f"the answer has another block {height} than was served", height=height)
        await _cancelled(chunks)
        await self._confirm()
        if times > self._settings.wrong_answers_max:
            raise self._answers.wrong(height + 1, f"blocks that do not follow on block {height}")
        await self._clock.sleep(LAST_SECONDS)

    async def _answered(self, method: str, height: int, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what ``ask`` does; repeat failed calls until they succeed, and wrong answers a few times."""
        backoff = Backoff(self._clock, self._random)
        wrong = refused = 0
        while True:
            try:
                answer = await ask()
            except aio.AioRpcError as error:
                self._note(method, error, height=height)
                if error.code() is StatusCode.RESOURCE_EXHAUSTED:
                    if method == "GetBlocks":
                        raise _TooMuchError from error
                    wrong += _TOO_LARGE in (error.details() or "")
                    if wrong > self._settings.wrong_answers_max:
                        raise self._answers.wrong(height, "more bytes than a block may have") from error
                refused += error.code() not in _COMES_AND_GOES
                if refused == _REFUSALS:
                    refused = 0
                    await self._check_kept(height)
            except ChainDataError as error:
                wrong += error.code != NEXT_NOT_SERVED  # one of several nodes behind the address has not changed over
                self._note(method, error, height=height)
                if wrong > self._settings.wrong_answers_max:
                    raise
            else:
                self.last_error = None
                return answer
            await backoff.wait()

    async def _ask_block(self, height: int, known: Place | None = None) -> core_pb2.Block | None:
        """Return the block, None if the node does not have it yet; ChainDataError if the answer cannot be right.

        A block that is ``known``, as the one served last is, must be the same again.
        """
        answer = await self._connected().block(height)
        self._saw_head(answer.current_height)
        if answer.HasField("block") and answer.block.height >= 0:
            block = self._answers.checked(height, answer.block, self._clock.now())
            if known and block.hash != known.hash:
                raise self._answers.other_history(block, known, self._reported)
            if height == self._last.height:
                self._last = place_of(block)
            elif not known and (what := contradiction(self._last, place_of(block))):
                raise self._answers.wrong(height, what)
            return block
        if answer.block.chain_id not in ("", self._answers.chain_id):
            raise self._answers.other_chain(answer.block.chain_id)
        return None

    async def _ask_blocks(self, heights: range) -> dict[int, core_pb2.Block]:
        answer = await self._connected().blocks(heights)
        self._saw_head(answer.current_height)
        now = self._clock.now()
        found = {h: self._answers.checked(h, answer.blocks[h], now) for h in heights if h in answer.blocks}
        return self._answers.checked_all(found)

    def _with_last(self, heights: range) -> range:
        """Return ``heights`` with the one before, whose block shows whether the rest continues what was served."""
        before = heights.start - 1
        is_known = bool(self._last.hash) or before > self._last.height
        return range(before, heights.stop) if is_known else heights

    def _served(self, block: core_pb2.Block) -> core_pb2.Block:
        self._last, self._owes_since = place_of(block), None
        self._saw_head(max(self._head, block.height))
        self._reported = max(self._reported, block.height)  # what it serves it has
        return block

    def _saw_head(self, height: int) -> None:
        """Believe the newest report, 0 being none; but what was served exists whatever a lagging node says."""
        if height > 0:
            self._head = max(height, self._last.height)

    def _saw_info(self, info: core_pb2.GetNodeInfoResponse) -> None:
        """Take note of what the node says of itself; a head that went back puts in doubt what it served."""
        self._saw_head(info.current_height)
        self._reported, self._is_synced = info.current_height, info.synced
        if 0 < info.current_height < self._last.height:
            self._is_confirmed = False
        if info.current_height <= self._last.height and self._owes_since is not None:
            self._owes_since = self._clock.monotonic()

    def _unserved_seconds(self) -> float:
        """Say how long a block is waited for that the node says it has."""
        if self._owes_since is None or self._reported <= self._last.height:
            return 0.0
        return self._clock.monotonic() - self._owes_since

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
        self.last_error = said(error) if isinstance(error, Exception) else str(error)
        log.warning("node_call_failed", url=self.url, method=method, error=self.last_error, **fields)


async def _cancelled(chunks: deque[_Chunk]) -> None:
    """Cancel what is on the way and empty the line."""
    for _, chunk in chunks:
        chunk.cancel()
    await asyncio.gather(*(chunk for _, chunk in chunks), return_exceptions=True)
    chunks.clear()


class _TooMuchError(Exception):
    """The answer is bigger than a message may be, or the node wants to be asked for less."""
