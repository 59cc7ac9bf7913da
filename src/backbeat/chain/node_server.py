"""A small Core node: serves the blocks of any store over gRPC as a real node does (domain: sections 1.2 and 1.4)."""

from typing import Any, Final, Protocol, Self

import grpc
from grpc import aio

from backbeat.chain.proto import core_pb2
from backbeat.chain.proto.service import answered_by
from backbeat.errors import SourceError

BLOCKS_MAX: Final = 500  # heights in one GetBlocks request
_STOP_SECONDS: Final = 1.0


class BlockStore(Protocol):
    """What a node serves from. Recordings are stores once they are open."""

    @property
    def chain_id(self) -> str:
        """The chain of all blocks."""
        ...

    @property
    def head_height(self) -> int:
        """Height of the newest block, 0 if there is none yet."""
        ...

    def block(self, height: int) -> core_pb2.Block | None:
        """Return one block, None if the store does not hold it."""
        ...


_Context = aio.ServicerContext[Any, Any]


class NodeServer:
    """Serves ``store`` without TLS from :meth:`start` to :meth:`stop`; port 0 picks a free one."""

    def __init__(self, store: BlockStore, host: str = "127.0.0.1", port: int = 0) -> None:
        self._store = store
        self._host = host
        self.port = port
        self._server: aio.Server | None = None

    @property
    def url(self) -> str:
        """What a NodeSource takes; complete once started."""
        return f"grpc://{self._host}:{self.port}"

    async def start(self) -> None:
        """Listen; raises SourceError if the address cannot be used."""
        server = aio.server(options=[("grpc.so_reuseport", 0)])  # two nodes must not share a port unnoticed
        server.add_generic_rpc_handlers([answered_by(_CoreService(self._store))])
        try:
            self.port = server.add_insecure_port(f"{self._host}:{self.port}")
        except RuntimeError as error:
            raise SourceError(
                "node_address_unusable",
                f"Cannot listen on {self._host}:{self.port}.",
                cure="Choose a free port, or port 0 for any.",
            ) from error
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Answer what was asked, for a second at most, and stop listening; safe to call twice."""
        if self._server is not None:
            await self._server.stop(_STOP_SECONDS)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()


class _CoreService:  # method names are those of the protocol
    def __init__(self, store: BlockStore) -> None:
        self._store = store

    async def Ping(self, _request: core_pb2.PingRequest, _context: _Context) -> core_pb2.PingResponse:
        return core_pb2.PingResponse(message="pong")

    async def GetNodeInfo(
        self, _request: core_pb2.GetNodeInfoRequest, _context: _Context
    ) -> core_pb2.GetNodeInfoResponse:
        store = self._store
        return core_pb2.GetNodeInfoResponse(chainid=store.chain_id, synced=True, current_height=store.head_height)

    async def GetStatus(self, _request: core_pb2.GetStatusRequest, _context: _Context) -> core_pb2.GetStatusResponse:
        head = self._store.block(self._store.head_height)
        return core_pb2.GetStatusResponse(
            live=True,
            ready=True,
            chain_info=core_pb2.GetStatusResponse.ChainInfo(
                chain_id=self._store.chain_id,
                current_height=self._store.head_height,
                current_block_hash=head.hash if head is not None else "",
            ),
            sync_info=core_pb2.GetStatusResponse.SyncInfo(synced=True),
        )

    async def GetBlock(self, request: core_pb2.GetBlockRequest, context: _Context) -> core_pb2.GetBlockResponse:
        store = self._store
        if request.height > store.head_height:
            return core_pb2.GetBlockResponse(block=core_pb2.Block(height=-1, chain_id=store.chain_id))
        block = store.block(request.height)
        if block is None:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"no block {request.height}")
        return core_pb2.GetBlockResponse(block=block, current_height=store.head_height)

    async def GetBlocks(self, request: core_pb2.GetBlocksRequest, context: _Context) -> core_pb2.GetBlocksResponse:
        if len(request.height) > BLOCKS_MAX:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"at most {BLOCKS_MAX} heights")
        response = core_pb2.GetBlocksResponse(current_height=self._store.head_height)
        for height in request.height:
            block = self._store.block(height)
            if block is not None:
                response.blocks[height].CopyFrom(block)
        return response
