"""The calls of core.v1.CoreService, as a client makes them and as a server answers them.

Both are made from the descriptor: what protoc writes for gRPC refuses every grpcio older than protoc itself.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import aio

from backbeat.chain.proto.core_pb2 import DESCRIPTOR

SERVICE = DESCRIPTOR.services_by_name["CoreService"]


class _Call(NamedTuple):
    name: str
    request: type[Message]
    answer: type[Message]


def _calls() -> Iterator[_Call]:
    for method in SERVICE.methods:
        yield _Call(method.name, GetMessageClass(method.input_type), GetMessageClass(method.output_type))


class CoreServiceStub:
    """A client's side: each call of the protocol as an attribute of its name."""

    def __init__(self, channel: aio.Channel) -> None:
        for call in _calls():
            path = f"/{SERVICE.full_name}/{call.name}"
            setattr(self, call.name, channel.unary_unary(path, _bytes_of, call.answer.FromString))

    def __getattr__(self, name: str) -> Any:
        """Raise AttributeError for what the protocol has not; the calls that it has are found before this is asked."""
        raise AttributeError(f"{SERVICE.full_name} has no call {name}")


def answered_by(servicer: object) -> grpc.GenericRpcHandler:
    """Return what a server is given to have each call answered by the servicer's method of that name."""
    handlers = {
        call.name: grpc.unary_unary_rpc_method_handler(
            getattr(servicer, call.name), request_deserializer=call.request.FromString, response_serializer=_bytes_of
        )
        for call in _calls()
    }
    return grpc.method_handlers_generic_handler(SERVICE.full_name, handlers)


def _bytes_of(message: Message) -> bytes:
    return message.SerializeToString()
