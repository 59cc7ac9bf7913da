"""``python -m backbeat.chain.proto.generate``: write core_pb2 and its kin from core.proto.

protoc runs with the import root of the package, so that what it writes imports by full names.
"""

import sys
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

from backbeat.errors import BackbeatError

ROOT = Path(__file__).parents[3]
PROTO = "backbeat/chain/proto/core.proto"
GENERATED = ("core_pb2.py", "core_pb2.pyi", "core_pb2_grpc.py")


def generate(into: Path) -> list[Path]:
    """Generate below ``into`` and return the files; raises BackbeatError if protoc refuses core.proto."""
    well_known = resources.files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{ROOT}", f"-I{well_known}"]
    arguments += [f"--{kind}_out={into}" for kind in ("python", "pyi", "grpc_python")]
    status = protoc.main([*arguments, PROTO])
    if status != 0:
        raise BackbeatError("protoc_failed", f"protoc refused {PROTO}", cure="Correct what it complains of.")
    return [into / Path(PROTO).parent / name for name in GENERATED]


if __name__ == "__main__":
    for path in generate(ROOT):
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
