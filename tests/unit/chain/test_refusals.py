"""What a source of blocks cannot serve is refused under a code of its own."""

from pathlib import Path

import pytest
from chain_blocks import make_block

from backbeat.chain.client import CoreClient
from backbeat.chain.recording import MAGIC, BlockRecordingWriter, RecordingSource, open_recording
from backbeat.errors import ChainDataError, ConfigError, SourceError


def recorded(path: Path, *heights: int) -> Path:
    with BlockRecordingWriter(path) as writer:
        for height in heights:
            writer.write(make_block(height))
    return path


def test_a_block_that_does_not_follow_is_not_recorded(tmp_path: Path) -> None:
    with BlockRecordingWriter(tmp_path / "blocks") as writer:
        writer.write(make_block(5))
        for height in (5, 7, 4):
            with pytest.raises(ChainDataError) as refused:
                writer.write(make_block(height))
            assert refused.value.code == "block_not_recordable"
        writer.write(make_block(6))


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = recorded(tmp_path / "blocks", 1)
    before = path.read_bytes()
    with pytest.raises(SourceError, match="File exists") as refused:
        BlockRecordingWriter(path)
    assert refused.value.code == "recording_not_writable"
    assert path.read_bytes() == before


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere") as refused:
        open_recording(tmp_path / "nowhere")
    assert refused.value.code == "recording_unreadable"


async def test_a_recording_serves_nothing_before_its_first_block(tmp_path: Path) -> None:
    source = open_recording(recorded(tmp_path / "blocks", 5, 6))
    await source.open()
    try:
        with pytest.raises(ChainDataError, match="starts at height 5, height 4 is wanted") as refused:
            await anext(source.blocks(3))
        assert refused.value.code == "recording_starts_later"
        assert (await anext(source.blocks(4))).height == 5
    finally:
        await source.close()


async def test_damage_is_told_with_its_place(tmp_path: Path) -> None:
    path = recorded(tmp_path / "blocks", 1, 2)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    source = open_recording(path)
    await source.open()
    blocks = source.blocks(0)
    try:
        assert (await anext(blocks)).height == 1
        with pytest.raises(ChainDataError) as refused:
            await anext(blocks)
    finally:
        await source.close()
    half = len(MAGIC) + (len(whole) - len(MAGIC)) // 2
    assert refused.value.code == "recording_damaged"
    assert f"at byte {half}" in refused.value.message


@pytest.mark.parametrize("count", [0, -1])
def test_blocks_of_no_transactions_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(ConfigError) as refused:
        RecordingSource(tmp_path / "any", txs_per_block=count)
    assert refused.value.code == "txs_per_block_invalid"


@pytest.mark.parametrize("url", ["http://node:50051", "node:50051", "grpc://", "grpc://node:port", "grpc://[::1", ""])
async def test_an_address_that_is_no_nodes_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        CoreClient(url, call_seconds=1.0, message_bytes_max=1_000)
    assert refused.value.code == "node_url_invalid"
