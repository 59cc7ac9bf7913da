from pathlib import Path

import pytest

from backbeat.chain.proto import core_pb2, service


@pytest.mark.parametrize("name", ["core.binpb", "core_pb2.pyi"])
def test_generated_files_are_what_core_proto_generates(name: str, tmp_path: Path) -> None:
    generate = pytest.importorskip("backbeat.chain.proto.generate", reason="grpcio-tools is of the group dev alone")
    assert name in generate.GENERATED
    fresh = {path.name: path.read_bytes() for path in generate.generate(tmp_path)}
    committed = Path(generate.__file__).with_name(name).read_bytes()
    assert committed == fresh[name], "run `make proto`"


def test_every_message_of_core_proto_is_there() -> None:
    for name in core_pb2.DESCRIPTOR.message_types_by_name:
        message = getattr(core_pb2, name)
        assert message.DESCRIPTOR.full_name == f"core.v1.{name}"
        assert message.FromString(message().SerializeToString()) == message()


def test_the_module_makes_all_that_core_proto_may_hold() -> None:
    """Messages alone: an enum or an extension at the top would want a line in core_pb2.py."""
    assert not core_pb2.DESCRIPTOR.enum_types_by_name
    assert not core_pb2.DESCRIPTOR.extensions_by_name


def test_every_call_is_one_question_and_one_answer() -> None:
    """What service.py makes of each call: nothing of it streams."""
    assert [method.name for method in service.SERVICE.methods] == [
        "Ping", "GetNodeInfo", "GetStatus", "GetBlock", "GetBlocks",
    ]  # fmt: skip
    assert not any(method.client_streaming or method.server_streaming for method in service.SERVICE.methods)
