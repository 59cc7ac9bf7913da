"""The messages of core.proto, made at import from its descriptor, ``core.binpb``; their types are in ``core_pb2.pyi``.

What protoc writes as Python begins with a check that refuses every protobuf older than protoc itself. A descriptor is
data, and the two functions that read it are public: one file serves protobuf 5 to 7.
"""

from importlib.resources import files
from typing import Final

from google.protobuf import (
    descriptor_pool,
    message_factory,
    timestamp_pb2,  # noqa: F401 - importing it is what puts the type of our timestamps into the pool
)

NAME: Final = "backbeat/chain/proto/core.proto"

_pool = descriptor_pool.Default()
_pool.AddSerializedFile(files(__package__).joinpath("core.binpb").read_bytes())
DESCRIPTOR: Final = _pool.FindFileByName(NAME)

globals().update(
    {name: message_factory.GetMessageClass(kind) for name, kind in DESCRIPTOR.message_types_by_name.items()}
)
