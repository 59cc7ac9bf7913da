"""What the doctor says of a node: it asks it, as the indexer would."""

import asyncio

import pytest
from chain_blocks import CHAIN
from scripted_node import ScriptedNode

from backbeat.cli.doctor import _node_settings, _source
from backbeat.observe.tree import Check
from backbeat.settings import ChainSettings, Settings


async def asked(url: str, chain_id: str = "") -> Check:
    return await _source(
        Settings(chain=ChainSettings(source="node", node_url=url, chain_ids=(chain_id,) if chain_id else ()))
    )


async def test_a_node_that_answers_is_told_with_its_chain() -> None:
    async with ScriptedNode([]) as node:
        check = await asked(node.url)
    assert (check.ok, check.detail) == (True, f"The node answers: {CHAIN}, no block yet.")
    assert node.heights_asked("GetNodeInfo")


async def test_a_node_of_another_chain_is_no_good() -> None:
    async with ScriptedNode([]) as node:
        check = await asked(node.url, "elsewhere")
    assert not check.ok
    assert "'elsewhere' is being indexed" in check.detail
    assert "chain.chain_ids" in check.cure


async def test_what_accepts_connections_and_is_no_node_is_found_out() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        check = await asked(f"grpc://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert not check.ok
    assert "does not answer" in check.detail


async def test_an_address_needs_no_port() -> None:
    check = await asked("grpc://node.invalid")
    assert not check.ok
    assert "does not answer" in check.detail


@pytest.mark.parametrize(
    ("witness", "names"), [("", []), ("grpc://a:1", []), ("grpc://n:1", ["witness"]), ("GRPC://N:1/", ["witness"])]
)
def test_a_node_that_is_its_own_witness_is_told(witness: str, names: list[str]) -> None:
    chain = ChainSettings(source="node", node_url="grpc://n:1", witness_url=witness, verifier_address="0x1")
    assert [check.name for check in _node_settings(Settings(chain=chain))] == names
