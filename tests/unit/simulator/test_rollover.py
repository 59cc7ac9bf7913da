"""The made-up network that goes on under another chain id."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backbeat.chain.networks import PROD
from backbeat.chain.proto import core_pb2
from backbeat.chain.recording import BlockRecordingSource
from backbeat.chain.sequence import Span
from backbeat.chain.simulator.blocks import BlockMaker, simulated_chains
from backbeat.chain.simulator.record import Recorder
from backbeat.chain.simulator.rollover import SimulatedNetwork
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.errors import ConfigError
from backbeat.settings import SimulatorSettings

ROLLING = SimulatorSettings(seed=3, txs_per_second=4.0, block_seconds=0.5, backlog_blocks=20, rollover_blocks=(8, 6))
WHOLE = SimulatorSettings(seed=3, txs_per_second=4.0, block_seconds=0.5, backlog_blocks=20)
START = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
FIRST, SECOND, THIRD = "backbeat-simulated-3", "backbeat-simulated-3-2", "backbeat-simulated-3-3"


class StillClock:
    """Moves when a test says so."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, _seconds: float) -> None:
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


async def take(blocks: AsyncIterator[core_pb2.Block], count: int) -> list[core_pb2.Block]:
    return [await anext(blocks) for _ in range(count)]


def test_its_chains_follow_each_other() -> None:
    assert simulated_chains(ROLLING).spans == (Span(FIRST, 1, 8), Span(SECOND, 1, 6), Span(THIRD, 1))
    assert simulated_chains(WHOLE).spans == (Span(FIRST),)


def test_a_chain_without_a_block_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        BlockMaker(1, 4.0, 0.5, PROD, (8, 0))
    assert refused.value.code == "rollover_blocks_invalid"


async def test_the_story_goes_on_from_chain_to_chain(clock: StillClock, tmp_path: Path) -> None:
    whole = SimulatorSource(WHOLE, PROD, clock, tmp_path / "whole")
    await whole.open()
    expected = await take(whole.blocks(0), 20)
    told: list[core_pb2.Block] = []
    for chain_id, blocks in ((FIRST, 8), (SECOND, 6), (THIRD, 6)):
        source = SimulatorSource(ROLLING, PROD, clock, tmp_path / "rolling", chain_id)
        await source.open()
        head = await source.head()
        assert (source.chain_id, head and head.height) == (chain_id, blocks)
        found = await take(source.blocks(0), blocks) if chain_id == THIRD else [each async for each in source.blocks(0)]
        assert [(block.chain_id, block.height) for block in found] == [(chain_id, 1 + at) for at in range(blocks)]
        assert found[2] == source.block(3)
        told += found
    assert [[tx.hash for tx in block.transactions] for block in told] == [
        [tx.hash for tx in block.transactions] for block in expected
    ]
    assert [block.timestamp for block in told] == [block.timestamp for block in expected]
    assert [block.hash for block in told][:8] == [block.hash for block in expected][:8]
    assert len({block.hash for block in told}) == 20


async def test_a_node_serves_the_chain_that_the_network_is_on(clock: StillClock, tmp_path: Path) -> None:
    network = SimulatedNetwork(ROLLING, PROD, clock, tmp_path)
    await network.open()
    assert (network.chain_id, network.head_height, network.block(7)) == (THIRD, 6, None)
    for back, chain_id, head in ((6, SECOND, 6), (11, SECOND, 1), (12, FIRST, 8), (20, FIRST, 0)):
        clock.time = START - timedelta(seconds=0.5 * back)
        assert (network.chain_id, network.head_height) == (chain_id, head)
    assert network.block(1) is None


async def test_each_chain_is_recorded_in_a_file_of_its_own(tmp_path: Path) -> None:
    maker = BlockMaker(3, 4.0, 0.5, PROD, (8, 6))
    with Recorder(tmp_path / "x.blocks", None) as recorder:
        for at in range(1, 21):
            recorder.write(maker.block(at, at * 1_000_000))
    assert [path.name for path in recorder.block_files] == ["x.blocks", "x-2.blocks", "x-3.blocks"]
    for path, chain_id, blocks in zip(recorder.block_files, (FIRST, SECOND, THIRD), (8, 6, 6), strict=True):
        source = BlockRecordingSource(path)
        await source.open()
        assert (source.chain_id, source.head_height) == (chain_id, blocks)
        await source.close()
