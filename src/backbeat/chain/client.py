"""Calls to a Core node over gRPC: one method each, one try each."""

from typing import Final, cast
from urllib.parse import urlsplit

import grpc
from grpc import aio

from backbeat.chain.proto import core_pb2, core_pb2_grpc
from backbeat.errors import ConfigError

_PORTS: Final = {"grpc": 50051, "grpcs": 443}

# The channel's own reconnecting must not be slower than our asking again, or a short outage would last minutes.
_OPTIONS: Final = (
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_200),
    ("grpc.enable_retries", 0),
)


class CoreClient:
    """A channel to ``grpc://host:port`` or, with TLS, ``grpcs://host:port``. Calls raise AioRpcError or DecodeError."""

    def __init__(self, url: str, *, call_seconds: float, message_bytes_max: int) -> None:
        self._channel = _open_channel(url, message_bytes_max)
        self._stub = core_pb2_grpc.CoreServiceStub(self._channel)
        self._call_seconds = call_seconds

    async def node_info(self) -> core_pb2.GetNodeInfoResponse:
        """Return the chain id and the head."""
        answer = await self._stub.GetNodeInfo(core_pb2.GetNodeInfoRequest(), timeout=self._call_seconds)
        return cast("core_pb2.GetNodeInfoResponse", answer)

    async def earliest_height(self) -> int:
        """Return the first height that the node keeps, 0 if it keeps all or does not say."""
        answer = await self._stub.GetStatus(core_pb2.GetStatusRequest(), timeout=self._call_seconds)
        return cast("core_pb2.GetStatusResponse", answer).pruning_info.earliest_height

    async def block(self, height: int) -> core_pb2.GetBlockResponse:
        """Return what the node answers for one height."""
        answer = await self._stub.GetBlock(core_pb2.GetBlockRequest(height=height), timeout=self._call_seconds)
        return cast("core_pb2.GetBlockResponse", answer)

    async def blocks(self, heights: range) -> core_pb2.GetBlocksResponse:
        """Return what the node answers for several heights, at most 500."""
        answer = await self._stub.GetBlocks(core_pb2.GetBlocksRequest(height=heights), timeout=self._call_seconds)
        return cast("core_pb2.GetBlocksResponse", answer)

    async def close(self) -> None:
        """Close the channel; safe to call twice."""
        await self._channel.close()


def _open_channel(url: str, message_bytes_max: int) -> aio.Channel:
    parts = urlsplit(url)
    try:
        target = f"{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
    except (KeyError, ValueError):
        target = ""
    if not target or not parts.hostname:
        raise ConfigError(
            "node_url_invalid",
            f"The node URL {url!r} is neither grpc://host:port nor grpcs://host:port.",
            cure="Correct chain.node_url.",
        )
    options = [*_OPTIONS, ("grpc.max_receive_message_length", message_bytes_max)]
    if parts.scheme == "grpcs":
        return aio.secure_channel(target, grpc.ssl_channel_credentials(), options=options)
    return aio.insecure_channel(target, options=options)
