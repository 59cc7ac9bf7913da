"""A Core node in the test process that serves made-up blocks and misbehaves on demand, and a clock that never waits."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any, Self

import grpc
from chain_blocks import CHAIN
from google.protobuf.message import Message
from grpc import aio

from backbeat.chain.proto import core_pb2

Behaviour = Callable[[Any], Message | grpc.StatusCode | tuple[grpc.StatusCode, str] | bytes]

_REQUESTS: dict[str, Any] = {
    "GetNodeInfo": core_pb2.GetNodeInfoRequest,
    "GetStatus": core_pb2.GetStatusRequest,
    "GetBlock": core_pb2.GetBlockRequest,
    "GetBlocks": core_pb2.GetBlocksRequest,
}


class ScriptedNode:
    """Serves ``blocks`` as a node does; ``once[method]`` holds behaviours for next calls, ``always[method]`` for all.

    A behaviour takes the request and returns a response, raw bytes, or a status code to fail with, alone or
    with what it says. ``asked`` keeps what
    was asked in order: (method, heights).
    """

    def __init__(self, blocks: Iterable[core_pb2.Block], chain_id: str = CHAIN) -> None:
        self.blocks = {block.height: block for block in blocks}
        self.chain_id = chain_id
        self.earliest = 0
        self.once: defaultdict[str, deque[Behaviour]] = defaultdict(deque)
        self.always: dict[str, Behaviour] = {}
        self.delay_seconds = 0.0
        self.asked: list[tuple[str, list[int]]] = []
        self.port = 0
        self._server: aio.Server | None = None

    @property
    def url(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    @property
    def head(self) -> int:
        return max(self.blocks, default=0)

    def heights_asked(self, method: str) -> list[list[int]]:
        return [heights for asked, heights in self.asked if asked == method]

    async def start(self) -> None:
        self._server = aio.server(options=[("grpc.so_reuseport", 0)])
        handlers: dict[str, Any] = {
            method: grpc.unary_unary_rpc_method_handler(
                partial(self._answer, method), request_deserializer=request.FromString
            )
            for method, request in _REQUESTS.items()
        }
        handler = grpc.method_handlers_generic_handler("core.v1.CoreService", handlers)
        self._server.add_generic_rpc_handlers((handler,))
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    def as_usual(self, method: str, request: Any) -> Message | grpc.StatusCode:
        """Answer as a sound node does."""
        if method == "GetNodeInfo":
            return core_pb2.GetNodeInfoResponse(chainid=self.chain_id, synced=True, current_height=self.head)
        if method == "GetStatus":
            pruning = core_pb2.GetStatusResponse.PruningInfo(enabled=True, earliest_height=self.earliest)
            return core_pb2.GetStatusResponse(ready=True, pruning_info=pruning)
        if method == "GetBlocks":
            found = {height: self.blocks[height] for height in request.height if height in self.blocks}
            return core_pb2.GetBlocksResponse(blocks=found, current_height=self.head)
        if request.height > self.head:
            return core_pb2.GetBlockResponse(block=core_pb2.Block(height=-1, chain_id=self.chain_id))
        if request.height not in self.blocks:
            return grpc.StatusCode.NOT_FOUND
        return core_pb2.GetBlockResponse(block=self.blocks[request.height], current_height=self.head)

    async def _answer(self, method: str, request: Any, context: aio.ServicerContext[Any, Any]) -> bytes:
        heights = getattr(request, "height", [])
        self.asked.append((method, [heights] if isinstance(heights, int) else list(heights)))
        delay_seconds, self.delay_seconds = self.delay_seconds, 0.0
        await asyncio.sleep(delay_seconds)
        behave = self.always.get(method, partial(self.as_usual, method))
        answer = self.once[method].popleft()(request) if self.once[method] else behave(request)
        if isinstance(answer, grpc.StatusCode):
            answer = answer, "scripted"
        if isinstance(answer, tuple):
            await context.abort(*answer)
        return answer if isinstance(answer, bytes) else answer.SerializeToString()


class ImpatientClock:
    """Never waits; remembers what it was asked to wait, and calls ``on_sleep`` with how often so far."""

    def __init__(self, on_sleep: Callable[[int], None] = lambda _: None) -> None:
        self.slept: list[float] = []
        self._on_sleep = on_sleep

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._on_sleep(len(self.slept))
        await asyncio.sleep(0)


class NoJitter(Random):
    """Always the whole wait."""

    def random(self) -> float:
        return 1.0
