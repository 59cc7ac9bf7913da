"""The simulator as a source: backlog, real time, restarts, pauses."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backbeat.chain.model import Head
from backbeat.chain.networks import PROD
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.genesis import CATCH_UP_BLOCKS_MAX
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.errors import ConfigError, SourceError
from backbeat.settings import SimulatorSettings

SETTINGS = SimulatorSettings(seed=3, txs_per_second=4.0, block_seconds=0.5, backlog_blocks=20)
START = datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)


class StillClock:
    """Moves only when a task sleeps, or a test says so."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


async def opened(clock: StillClock, data_dir: Path, settings: SimulatorSettings = SETTINGS) -> SimulatorSource:
    source = SimulatorSource(settings, PROD, clock, data_dir)
    await source.open()
    return source


async def take(blocks: AsyncIterator[core_pb2.Block], count: int) -> list[core_pb2.Block]:
    return [await anext(blocks) for _ in range(count)]


def time_of(block: core_pb2.Block) -> datetime:
    return block.timestamp.ToDatetime(UTC)


async def test_the_backlog_ends_at_the_start_and_is_there_at_once(clock: StillClock, tmp_path: Path) -> None:
    source = await opened(clock, tmp_path)
    assert not source.is_finite
    assert source.chain_id == "backbeat-simulated-3"
    assert await source.head() == Head(20, START.replace(tzinfo=None))
    blocks = await take(source.blocks(0), 20)
    assert [block.height for block in blocks] == list(range(1, 21))
    assert time_of(blocks[-1]) == START
    assert clock.slept == []


async def test_then_a_block_appears_as_its_time_comes(clock: StillClock, tmp_path: Path) -> None:
    source = await opened(clock, tmp_path)
    blocks = await take(source.blocks(18), 5)
    assert [block.height for block in blocks] == [19, 20, 21, 22, 23]
    assert [time_of(block) for block in blocks] == [START + timedelta(seconds=0.5 * it) for it in (-1, 0, 1, 2, 3)]
    assert clock.time == time_of(blocks[-1])
    assert len(clock.slept) == 3
    await source.close()
    await source.close()


async def test_a_restart_goes_on_with_the_next_block_of_the_same_chain(clock: StillClock, tmp_path: Path) -> None:
    first = await opened(clock, tmp_path)
    whole = await take(first.blocks(0), 30)
    again = await opened(clock, tmp_path)
    assert await take(again.blocks(12), 18) == whole[12:]


async def test_the_chain_grows_while_nobody_watches(clock: StillClock, tmp_path: Path) -> None:
    before = await take((await opened(clock, tmp_path)).blocks(0), 20)
    clock.time += timedelta(minutes=5)
    source = await opened(clock, tmp_path)
    assert await source.head() == Head(620, clock.time.replace(tzinfo=None))
    after = await take(source.blocks(20), 600)
    times = [time_of(block) for block in before + after]
    assert times == sorted(set(times))
    assert times[-1] == clock.time


async def test_over_a_long_pause_it_sleeps_instead(clock: StillClock, tmp_path: Path) -> None:
    before = await take((await opened(clock, tmp_path)).blocks(0), 20)
    clock.time += timedelta(days=400)
    source = await opened(clock, tmp_path)
    (block,) = await take(source.blocks(20), 1)
    assert block.height == 21
    assert time_of(block) > time_of(before[-1])
    head = await source.head()
    assert head is not None
    assert head.height == 20 + CATCH_UP_BLOCKS_MAX
    assert head.time == clock.time.replace(tzinfo=None)
    assert await (await opened(clock, tmp_path)).head() == head


async def test_a_lost_file_does_not_make_it_wait_for_what_was_indexed(clock: StillClock, tmp_path: Path) -> None:
    source = await opened(clock, tmp_path)
    (block,) = await take(source.blocks(5_000), 1)
    assert block.height == 5_001
    assert time_of(block) == START + timedelta(seconds=0.5)


async def test_content_is_the_same_whenever_the_chain_begins(clock: StillClock, tmp_path: Path) -> None:
    early = await take((await opened(clock, tmp_path / "a")).blocks(0), 20)
    clock.time += timedelta(days=1)
    late = await take((await opened(clock, tmp_path / "b")).blocks(0), 20)

    def told(blocks: list[core_pb2.Block]) -> list[tuple[str, str]]:
        entities = [tx.transaction.manage_entity for block in blocks for tx in block.transactions]
        return [(it.signer, it.nonce) for it in entities if it.action in {"", "Follow"}]

    assert told(early) == told(late)


@pytest.mark.parametrize(
    "changed",
    [
        SimulatorSettings(seed=4, txs_per_second=4.0, block_seconds=0.5),
        SimulatorSettings(seed=3, txs_per_second=5.0, block_seconds=0.5),
        SimulatorSettings(seed=3, txs_per_second=4.0, block_seconds=1.0),
    ],
)
async def test_another_chain_in_the_same_place_is_refused(
    clock: StillClock, tmp_path: Path, changed: SimulatorSettings
) -> None:
    await opened(clock, tmp_path)
    with pytest.raises(ConfigError) as refused:
        await opened(clock, tmp_path, changed)
    assert refused.value.code == "simulator_changed"


async def test_the_backlog_may_change_afterwards(clock: StillClock, tmp_path: Path) -> None:
    await opened(clock, tmp_path)
    longer = SimulatorSettings(seed=3, txs_per_second=4.0, block_seconds=0.5, backlog_blocks=900)
    assert (await opened(clock, tmp_path, longer)).head_height == 20


async def test_a_damaged_file_is_told(clock: StillClock, tmp_path: Path) -> None:
    (tmp_path / "simulator.json").write_text(json.dumps({"seed": "x"}))
    with pytest.raises(ConfigError) as refused:
        await opened(clock, tmp_path)
    assert refused.value.code == "simulator_file_unreadable"


async def test_a_place_that_cannot_be_written_is_told(clock: StillClock, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as refused:
        await opened(clock, tmp_path / "file")
    assert refused.value.code in {"simulator_file_unreadable", "simulator_file_not_writable"}


async def test_it_has_to_be_opened_first(clock: StillClock, tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        await SimulatorSource(SETTINGS, PROD, clock, tmp_path).head()


async def test_it_holds_the_blocks_that_a_node_serves(clock: StillClock, tmp_path: Path) -> None:
    source = await opened(clock, tmp_path)
    served = await take(source.blocks(0), 20)
    assert [source.block(height) for height in (1, 20)] == [served[0], served[19]]
    assert source.block(21) is None
    assert source.block(0) is None
