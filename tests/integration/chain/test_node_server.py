"""The small Core node, asked by a plain gRPC client."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from chain_blocks import CHAIN, make_block
from grpc import aio

from backbeat.chain.node_server import NodeServer
from backbeat.chain.proto import core_pb2
from backbeat.chain.proto.service import CoreServiceStub
from backbeat.chain.recording import BlockRecordingWriter, open_recording
from backbeat.errors import SourceError


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NodeServer]:
    """A node that keeps heights 5 to 20."""
    path = tmp_path / "r.bb"
    with BlockRecordingWriter(path) as writer:
        for height in range(5, 21):
            writer.write(make_block(height))
    store = open_recording(path)
    await store.open()
    async with NodeServer(store) as server:
        yield server
    await store.close()


@pytest.fixture
async def stub(server: NodeServer) -> AsyncIterator[Any]:
    async with aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield CoreServiceStub(channel)


async def test_ping_info_and_status(stub: Any) -> None:
    assert (await stub.Ping(core_pb2.PingRequest())).message == "pong"
    info = await stub.GetNodeInfo(core_pb2.GetNodeInfoRequest())
    assert (info.chainid, info.synced, info.current_height) == (CHAIN, True, 20)
    status = await stub.GetStatus(core_pb2.GetStatusRequest())
    assert (status.live, status.ready, status.sync_info.synced) == (True, True, True)
    assert (status.chain_info.current_height, status.chain_info.current_block_hash) == (20, make_block(20).hash)


async def test_a_block(stub: Any) -> None:
    answer = await stub.GetBlock(core_pb2.GetBlockRequest(height=7))
    assert (answer.block, answer.current_height) == (make_block(7), 20)


async def test_a_height_above_the_head_is_not_yet(stub: Any) -> None:
    answer = await stub.GetBlock(core_pb2.GetBlockRequest(height=21))
    assert (answer.block, answer.current_height) == (core_pb2.Block(height=-1, chain_id=CHAIN), 0)


@pytest.mark.parametrize("height", [-3, 0, 4])
async def test_a_height_below_the_first_is_an_error(stub: Any, height: int) -> None:
    with pytest.raises(aio.AioRpcError) as refused:
        await stub.GetBlock(core_pb2.GetBlockRequest(height=height))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_many_blocks_leave_out_what_is_not_there(stub: Any) -> None:
    answer = await stub.GetBlocks(core_pb2.GetBlocksRequest(height=[19, 4, 21, 20, 20]))
    assert (dict(answer.blocks), answer.current_height) == ({19: make_block(19), 20: make_block(20)}, 20)


async def test_no_heights_tell_the_head(stub: Any) -> None:
    answer = await stub.GetBlocks(core_pb2.GetBlocksRequest())
    assert (dict(answer.blocks), answer.current_height) == ({}, 20)


async def test_at_most_500_heights(stub: Any) -> None:
    await stub.GetBlocks(core_pb2.GetBlocksRequest(height=range(500)))
    with pytest.raises(aio.AioRpcError) as refused:
        await stub.GetBlocks(core_pb2.GetBlocksRequest(height=range(501)))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_port_that_is_taken_is_an_error(server: NodeServer) -> None:
    with pytest.raises(SourceError) as refused:
        await NodeServer(server._store, port=server.port).start()
    assert refused.value.code == "node_address_unusable"


async def test_stopping_twice_is_fine(server: NodeServer) -> None:
    await server.stop()
    await server.stop()
    async with NodeServer(server._store, port=server.port) as successor:
        assert successor.port == server.port
