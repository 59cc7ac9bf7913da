"""Calls to a Core node over gRPC: one method each, one try each."""

from collections import defaultdict
from collections.abc import Awaitable
from typing import Final, TypeVar
from urllib.parse import urlsplit

import grpc
from google.protobuf.message import Message
from grpc import aio

from backbeat.addresses import wrong_part
from backbeat.chain.proto import core_pb2
from backbeat.chain.proto.service import CoreServiceStub
from backbeat.clock import Clock, SystemClock
from backbeat.errors import ChainDataError, ConfigError
from backbeat.loop_report import Durations

T = TypeVar("T")

_SAID_CHARACTERS_MAX: Final = 300  # the length of gRPC's own longest messages; a node may send thousands

SCHEMES: Final = ("grpc", "grpcs")
_PORTS: Final = {"grpc": 50051, "grpcs": 443}

# The channel must not reconnect more slowly than we ask again, or a short outage would last minutes.
_OPTIONS: Final = (
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 3_200),
    ("grpc.enable_retries", 0),
)


class CoreClient:
    """A channel to ``grpc://host:port`` or, with TLS, ``grpcs://host:port``.

    Calls raise AioRpcError, or ChainDataError for bytes that are no answer. ``calls``: how long they took by now, by
    method, those that failed as well.
    """

    def __init__(
        self,
        url: str,
        *,
        call_seconds: float,
        message_bytes_max: int,
        setting: str = "chain.node_url",
        clock: Clock = SystemClock(),  # noqa: B008 - it has no state
    ) -> None:
        self.calls: defaultdict[str, Durations] = defaultdict(Durations)
        self._clock = clock
        self._channel = _open_channel(url, message_bytes_max, setting)
        self._stub = CoreServiceStub(self._channel)
        self._call_seconds = call_seconds

    async def node_info(self) -> core_pb2.GetNodeInfoResponse:
        """Return the chain id and the head."""
        return await self._call("GetNodeInfo", core_pb2.GetNodeInfoRequest(), core_pb2.GetNodeInfoResponse)

    async def earliest_height(self) -> int:
        """Return the first height that the node keeps, 0 if it keeps all or does not say."""
        status = await self._call("GetStatus", core_pb2.GetStatusRequest(), core_pb2.GetStatusResponse)
        return status.pruning_info.earliest_height

    async def block(self, height: int) -> core_pb2.GetBlockResponse:
        """Return what the node answers for one height."""
        return await self._call("GetBlock", core_pb2.GetBlockRequest(height=height), core_pb2.GetBlockResponse)

    async def blocks(self, heights: range) -> core_pb2.GetBlocksResponse:
        """Return what the node answers for several heights, at most 500."""
        return await self._call("GetBlocks", core_pb2.GetBlocksRequest(height=heights), core_pb2.GetBlocksResponse)

    async def close(self) -> None:
        """Close the channel; safe to call twice."""
        await self._channel.close()

    async def _call(self, method: str, request: Message, _answer: type[T]) -> T:
        call: Awaitable[T | None] = getattr(self._stub, method)(request, timeout=self._call_seconds)
        began = self._clock.monotonic()
        try:
            answer = await call
        finally:
            self.calls[method].add(self._clock.monotonic() - began)
        if answer is None:  # gRPC's way of saying that it could not be read
            raise ChainDataError(
                "node_answer_unreadable",
                f"The node answers {method} with bytes that cannot be read.",
                cure="Use another node.",
            )
        return answer


def said(error: Exception) -> str:
    """Return what a failed call says as one line that can be kept and shown: much of it is the node's own words."""
    text = f"{error.code().name}: {error.details()}" if isinstance(error, aio.AioRpcError) else str(error)
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:_SAID_CHARACTERS_MAX])


def check_node(url: str, setting: str) -> tuple[str, bool]:
    """Return where the channel to a node goes and whether with TLS. Raises ConfigError for an address that is none."""
    try:
        parts = urlsplit(url)
        is_plain = (
            not any(each.isspace() for each in url) and parts.username is None and not parts.query + parts.fragment
        )
        host = (parts.hostname or "") if is_plain else ""
        target, tls = _target(host, parts.port, parts.scheme), parts.scheme == "grpcs"
    except ValueError:  # of urlsplit and its port
        target, tls = "", False
    if not target:
        raise ConfigError(
            "node_url_invalid",
            f"The address of a node in {setting} {wrong_part(url, SCHEMES, bare=True)}.",
            cure=f"Write {setting} as grpc://host:port or grpcs://host:port.",
        )
    return target, tls


def _open_channel(url: str, message_bytes_max: int, setting: str) -> aio.Channel:
    target, tls = check_node(url, setting)
    options = [*_OPTIONS, ("grpc.max_receive_message_length", message_bytes_max)]
    if tls:
        return aio.secure_channel(target, grpc.ssl_channel_credentials(), options=options)
    return aio.insecure_channel(target, options=options)


def _target(host: str, port: int | None, scheme: str) -> str:
    """Return what gRPC connects to, empty if the parts name nothing."""
    if not host or scheme not in _PORTS:
        return ""
    return f"{f'[{host}]' if ':' in host else host}:{port or _PORTS[scheme]}"
