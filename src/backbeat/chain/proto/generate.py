"""``python -m backbeat.chain.proto.generate``: write core.binpb and core_pb2.pyi from core.proto.

protoc runs with the import root of the package, so that what it writes imports by full names.
"""

import sys
from importlib import resources
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from backbeat.errors import BackbeatError

ROOT = Path(__file__).parents[3]
PROTO = "backbeat/chain/proto/core.proto"
GENERATED = ("core.binpb", "core_pb2.pyi")


def generate(into: Path) -> list[Path]:
    """Generate below ``into`` and return the files; raises BackbeatError if protoc refuses core.proto."""
    well_known = resources.files("grpc_tools") / "_proto"
    binary, types = [(into / PROTO).with_name(name) for name in GENERATED]
    binary.parent.mkdir(parents=True, exist_ok=True)
    arguments = [f"-I{ROOT}", f"-I{well_known}", f"--descriptor_set_out={binary}", f"--pyi_out={into}"]
    status = protoc.main(["protoc", *arguments, PROTO])
    if status != 0:
        raise BackbeatError("protoc_failed", f"protoc refused {PROTO}", cure="Correct what it complains of.")
    [described] = FileDescriptorSet.FromString(binary.read_bytes()).file
    binary.write_bytes(described.SerializeToString(deterministic=True))
    return [binary, types]


if __name__ == "__main__":
    for path in generate(ROOT):
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
