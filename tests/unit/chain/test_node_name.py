"""A node whose name leads nowhere is told of at once, and tried again all the same."""

import asyncio
import threading
from random import Random

import pytest
from structlog.testing import capture_logs

from backbeat.chain import node_name
from backbeat.chain.node import NodeSource
from backbeat.chain.node_name import tell_if_unresolved
from backbeat.chain.node_settings import NodeSettings
from backbeat.clock import SystemClock
from backbeat.errors import SourceError


def nowhere(_host: str) -> object:
    raise OSError(-2, "Name or service not known")


async def test_a_name_that_does_not_resolve_is_told_with_its_cure() -> None:
    with capture_logs() as logged:
        await tell_if_unresolved("grpc://node.invalid:50051", nowhere)
    [line] = logged
    assert line["event"] == "node_name_unresolved"
    assert line["error"].startswith("The host 'node.invalid' of the node does not resolve: Name or service not known.")
    assert "chain.node_url" in line["cure"]


async def test_a_silent_name_server_is_told_of_as_well() -> None:
    ends = threading.Event()
    with capture_logs() as logged:
        await tell_if_unresolved("grpc://node.invalid:50051", lambda _: ends.wait(30), seconds=0.01)
    ends.set()
    [line] = logged
    assert "no answer within 0.01 s" in line["error"]


@pytest.mark.parametrize("url", ["grpc://127.0.0.1:1", "grpcs://[::1]", "grpc://node.example:50051"])
async def test_what_resolves_is_not_told_of(url: str) -> None:
    asked: list[str] = []
    with capture_logs() as logged:
        await tell_if_unresolved(url, asked.append)
    assert logged == []
    assert asked == (["node.example"] if "example" in url else [])


async def test_a_node_is_tried_again_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_name, "look_up", nowhere)
    source = NodeSource(
        "grpc://node.invalid:50051",
        settings=NodeSettings(open_attempts=2),
        clock=SystemClock(),
        random=Random(1),
    )
    with capture_logs() as logged:
        async with asyncio.timeout(60):
            with pytest.raises(SourceError) as refused:
                await source.open()
    await source.close()
    assert refused.value.code == "node_unreachable"
    events = [line["event"] for line in logged]
    assert events.count("node_name_unresolved") == 1
    assert events.count("node_call_failed") == 2
