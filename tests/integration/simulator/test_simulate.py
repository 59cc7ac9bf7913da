"""`backbeat simulate` from outside: a node that answers gRPC, and recordings that read back."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from grpc import aio

from backbeat.chain.decode import decode_block
from backbeat.chain.networks import PROD
from backbeat.chain.proto import core_pb2
from backbeat.chain.proto.service import CoreServiceStub
from backbeat.chain.recording import iter_transactions, open_recording
from backbeat.chain.signatures import Verifier

SECONDS_MAX = 30


@asynccontextmanager
async def simulating(cwd: Path, *options: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backbeat", "simulate", *options, cwd=cwd, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def finished(cwd: Path, *options: str) -> tuple[int | None, str, str]:
    async with simulating(cwd, *options) as process, asyncio.timeout(SECONDS_MAX):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def read_json(process: Process) -> Any:
    assert process.stdout is not None
    text = ""
    async with asyncio.timeout(SECONDS_MAX):
        while not text.endswith("\n}\n"):
            line = await process.stdout.readline()
            assert line, "it ended before it said anything"
            text += line.decode()
    return json.loads(text)


async def test_a_plain_client_reads_the_chain_from_the_node(tmp_path: Path) -> None:
    async with simulating(tmp_path, "--serve", "127.0.0.1:0", "--blocks", "30", "--json") as process:
        facts = await read_json(process)
        async with aio.insecure_channel(facts["url"].removeprefix("grpc://")) as channel:
            node = CoreServiceStub(channel)
            info = await node.GetNodeInfo(core_pb2.GetNodeInfoRequest())
            assert info.chainid == facts["chain_id"] == "backbeat-simulated-1"
            assert info.current_height >= 30
            answer = await node.GetBlocks(core_pb2.GetBlocksRequest(height=[1, 2, 30]))
            one = await node.GetBlock(core_pb2.GetBlockRequest(height=30))
            assert one.block == answer.blocks[30]
            beyond = await node.GetBlock(core_pb2.GetBlockRequest(height=10_000_000))
            assert beyond.block.height == -1
        users = decode_block(answer.blocks[1], Verifier(PROD)).transactions
        assert len(users) == 200
        assert all(tx.entity and tx.entity.recovered == tx.entity.signer.lower() for tx in users)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(SECONDS_MAX):
            assert await process.wait() == 0


async def test_recordings_of_one_seed_and_begin_are_the_same_bytes(tmp_path: Path) -> None:
    options = ("--blocks", "20", "--rate", "50", "--begin", "2026-01-01", "--seed", "8")
    status, out, _ = await finished(tmp_path, "--record", "a.blocks", "--transactions", "a.pb", "--json", *options)
    again, told, _ = await finished(tmp_path, "--record", "b.blocks", *options)
    assert (status, again) == (0, 0)
    assert (tmp_path / "a.blocks").read_bytes() == (tmp_path / "b.blocks").read_bytes()
    facts = json.loads(out)
    assert facts["chain_id"] == "backbeat-simulated-8"
    assert told.startswith(f"wrote 20 blocks, {facts['transactions']:,} transactions of backbeat-simulated-8 in ")
    source = open_recording(tmp_path / "a.blocks")
    await source.open()
    blocks = [block async for block in source.blocks(0)]
    await source.close()
    assert [block.height for block in blocks] == list(range(1, 21))
    served = [tx for block in blocks for tx in block.transactions]
    bare = [sha256(tx.SerializeToString()).hexdigest().upper() for tx in iter_transactions(tmp_path / "a.pb")]
    assert bare == [tx.hash for tx in served]
    assert len(bare) == facts["transactions"] == sum(facts["kinds"].values())


async def test_a_stop_leaves_a_whole_recording_of_what_was_made(tmp_path: Path) -> None:
    path = tmp_path / "long.blocks"
    async with simulating(tmp_path, "--record", str(path), "--blocks", "100000000", "--json") as process:
        async with asyncio.timeout(SECONDS_MAX):
            while not path.exists() or path.stat().st_size < 500_000:  # noqa: ASYNC110 - it is another process that writes
                await asyncio.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            out, _ = await process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    source = open_recording(path)
    await source.open()
    head = await source.head()
    await source.close()
    assert head is not None
    assert head.height == json.loads(out)["blocks"] > 0


async def test_it_says_what_is_missing_or_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    status, out, err = await finished(tmp_path)
    assert (status, out) == (78, "")
    assert "cure: Give --serve HOST:PORT" in err
    status, _, err = await finished(tmp_path, "--record", "new.blocks", "--transactions", "taken")
    assert status == 69
    assert "cure: Name another file." in err
    assert not (tmp_path / "new.blocks").exists()
    status, _, err = await finished(tmp_path, "--serve", "nowhere", "--json")
    assert status == 78
    assert json.loads(err)["error"]["code"] == "serve_address_invalid"
    status, _, err = await finished(tmp_path, "--record", "new.blocks", "--rate", "50000")
    assert status == 78
    assert not (tmp_path / "new.blocks").exists()
