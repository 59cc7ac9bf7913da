import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from chain_blocks import START_SECONDS, make_block
from shared_dir import shared_file

from backbeat.chain import frames
from backbeat.chain.decode import decode_block
from backbeat.chain.model import Head
from backbeat.chain.proto import core_pb2
from backbeat.chain.recording import (
    MAGIC,
    BlockRecordingSource,
    BlockRecordingWriter,
    FileSource,
    RecordingSource,
    iter_transactions,
    open_recording,
)
from backbeat.errors import ChainDataError, ConfigError, SourceError


def plays_at(*seconds: int | None) -> core_pb2.SignedTransaction:
    signed = core_pb2.SignedTransaction(signature="s")
    for second in seconds:
        play = signed.plays.plays.add(user_id="1", track_id="2")
        if second is not None:
            play.timestamp.seconds = second
            play.timestamp.nanos = 999_999_999
    return signed


def a_proof(height: int) -> core_pb2.SignedTransaction:
    return core_pb2.SignedTransaction(storage_proof=core_pb2.StorageProof(height=height))


def bare(path: Path, *signed: core_pb2.SignedTransaction, tail: bytes = b"") -> Path:
    path.write_bytes(b"".join(frames.pack(tx.SerializeToString()) for tx in signed) + tail)
    return path


def recorded(path: Path, *blocks: core_pb2.Block) -> Path:
    with BlockRecordingWriter(path) as writer:
        for block in blocks:
            writer.write(block)
    return path


async def served(source: FileSource, after: int = 0) -> list[core_pb2.Block]:
    await source.open()
    try:
        return [block async for block in source.blocks(after)]
    finally:
        await source.close()


async def test_transactions_are_packed_in_order(tmp_path: Path) -> None:
    txs = [a_proof(number) for number in range(5)]
    blocks = await served(RecordingSource(bare(tmp_path / "r.pb", *txs), txs_per_block=2))
    assert [block.height for block in blocks] == [1, 2, 3]
    assert [tx.transaction for block in blocks for tx in block.transactions] == txs
    assert [len(block.transactions) for block in blocks] == [2, 2, 1]


async def test_heights_hashes_and_times_depend_on_nothing_else(tmp_path: Path) -> None:
    txs = [plays_at(START_SECONDS + number) for number in range(9)]
    once = await served(RecordingSource(bare(tmp_path / "a.pb", *txs), chain_id="c"))
    again = await served(RecordingSource(bare(tmp_path / "b.pb", *txs), chain_id="c"))
    assert once == again
    assert len({block.hash for block in once}) == len(once)
    assert all(block.hash == block.hash.lower() and len(block.hash) == 64 for block in once)


async def test_time_is_the_latest_play_but_at_least_a_second_later(tmp_path: Path) -> None:
    txs = [a_proof(1), plays_at(500, 700, None), plays_at(600), a_proof(2), plays_at(900), plays_at(2**62)]
    blocks = await served(RecordingSource(bare(tmp_path / "r.pb", *txs), txs_per_block=1))
    assert [block.timestamp.seconds for block in blocks] == [700, 701, 702, 703, 900, 901]
    assert {block.timestamp.nanos for block in blocks} == {0}


async def test_a_recording_without_plays_starts_in_1970(tmp_path: Path) -> None:
    blocks = await served(RecordingSource(bare(tmp_path / "r.pb", a_proof(1), a_proof(2)), txs_per_block=1))
    assert [block.timestamp.seconds for block in blocks] == [0, 1]


@pytest.mark.parametrize("after", [0, 1, 63, 64, 65, 199, 200, 300])
async def test_starting_anywhere_serves_the_same_blocks(tmp_path: Path, after: int) -> None:
    path = bare(tmp_path / "r.pb", *(plays_at(1000 + 7 * number % 50) for number in range(400)))
    assert await served(RecordingSource(path), after) == (await served(RecordingSource(path)))[after:]


async def test_other_packing_is_another_chain(tmp_path: Path) -> None:
    path = bare(tmp_path / "r.pb", a_proof(1))
    assert RecordingSource(path, txs_per_block=2).chain_id != RecordingSource(path, txs_per_block=3).chain_id


@pytest.mark.parametrize("txs_per_block", [0, -1])
def test_a_packing_that_makes_no_blocks_is_refused(tmp_path: Path, txs_per_block: int) -> None:
    with pytest.raises(ConfigError):
        open_recording(bare(tmp_path / "r.pb", a_proof(1)), txs_per_block=txs_per_block)


async def test_blocks_are_served_as_they_were_recorded(tmp_path: Path) -> None:
    blocks = [make_block(height, plays=height % 3) for height in range(7, 150)]
    source = open_recording(recorded(tmp_path / "r.bb", *blocks))
    assert isinstance(source, BlockRecordingSource)
    assert await served(source, 6) == blocks
    await source.open()
    last = decode_block(blocks[-1], None)
    assert (source.chain_id, await source.head()) == (last.chain_id, Head(149, last.time))
    assert (source.block(6), source.block(7), source.block(150)) == (None, blocks[0], None)
    await source.close()


async def test_a_recording_that_starts_later_says_from_where(tmp_path: Path) -> None:
    source = open_recording(recorded(tmp_path / "r.bb", make_block(7)))
    with pytest.raises(ChainDataError) as refused:
        await served(source)
    assert "start_height to 7" in refused.value.cure


def test_both_formats_give_their_transactions(tmp_path: Path) -> None:
    blocks = [make_block(1), make_block(2, plays=0), make_block(3)]
    txs = [tx.transaction for block in blocks for tx in block.transactions]
    assert list(iter_transactions(recorded(tmp_path / "r.bb", *blocks))) == txs
    assert list(iter_transactions(bare(tmp_path / "r.pb", *txs))) == txs


def test_the_mark_cannot_be_the_length_of_a_bare_record() -> None:
    assert int.from_bytes(MAGIC[:4], "little") > frames.FRAME_BYTES_MAX


@pytest.mark.parametrize(
    ("tail", "what"),
    [
        (b"\x05", "cut off"),
        (b"\x05\0\0\0ab", "cut off"),
        ((2**24 + 1).to_bytes(4, "little") + b"x", "16777217 bytes is announced"),
        (frames.pack(b"\xff\xff\xff\xff") + frames.pack(b""), "no transaction"),
    ],
    ids=["half a length", "half a record", "too long", "no protobuf"],
)
async def test_damage_names_its_byte_after_all_before_it_was_served(tmp_path: Path, tail: bytes, what: str) -> None:
    path = bare(tmp_path / "r.pb", *(plays_at(number) for number in range(1, 8)), tail=tail)
    at = path.stat().st_size - len(tail)
    source = RecordingSource(path, txs_per_block=1)
    await source.open()
    heights: list[int] = []
    with pytest.raises(ChainDataError) as stopped:
        await _collect(source, heights)
    await source.close()
    assert heights == list(range(1, 8))
    assert f"byte {at}" in stopped.value.message
    assert what in stopped.value.message


async def _collect(source: FileSource, heights: list[int]) -> None:
    async for block in source.blocks(0):
        heights.append(block.height)  # noqa: PERF401 - what came before the error counts


async def test_a_block_that_damage_cuts_short_is_not_served(tmp_path: Path) -> None:
    path = bare(tmp_path / "r.pb", *(a_proof(number) for number in range(5)), tail=b"\x05")
    source = RecordingSource(path, txs_per_block=2)
    await source.open()
    heights: list[int] = []
    with pytest.raises(ChainDataError):
        await _collect(source, heights)
    await source.close()
    assert heights == [1, 2], "its hash would change when the file is repaired"


@pytest.mark.parametrize("content", [b"", MAGIC])
async def test_nothing_recorded_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r"
    path.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        await open_recording(path).open()
    assert refused.value.code == "recording_empty"


async def test_damage_at_the_start_is_an_error_at_once(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_bytes(MAGIC + b"\x01")
    source = open_recording(path)
    with pytest.raises(ChainDataError, match=f"byte {len(MAGIC)}"):
        await source.open()
    await source.close()


@pytest.mark.parametrize("other", [make_block(3), make_block(1), make_block(2, chain_id="other")], ids=str)
async def test_blocks_that_do_not_follow_are_neither_written_nor_read(tmp_path: Path, other: core_pb2.Block) -> None:
    with BlockRecordingWriter(tmp_path / "w.bb") as writer:
        writer.write(make_block(1))
        with pytest.raises(ChainDataError):
            writer.write(other)
    forged = tmp_path / "f.bb"
    forged.write_bytes(MAGIC + b"".join(frames.pack(b.SerializeToString()) for b in (make_block(1), other)))
    source = BlockRecordingSource(forged)
    await source.open()
    with pytest.raises(ChainDataError, match="damaged at byte"):
        await _collect(source, [])
    await source.close()


def test_a_block_beyond_the_limit_is_not_written(tmp_path: Path) -> None:
    with BlockRecordingWriter(tmp_path / "w.bb") as writer, pytest.raises(ChainDataError, match="allowed"):
        writer.write(make_block(1, padding=17 * 2**20))


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        BlockRecordingWriter(recorded(tmp_path / "r.bb", make_block(1)))


def test_an_absent_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        open_recording(tmp_path / "absent")


def test_reading_before_opening_is_an_error(tmp_path: Path) -> None:
    source = RecordingSource(bare(tmp_path / "r.pb", a_proof(1)))
    assert source.block(1) is None


async def test_mainnet_recording_decodes_whole() -> None:
    source = open_recording(shared_file("recordings/mainnet-a.pb"))
    blocks = [decode_block(block, None) for block in await served(source)]
    assert len(blocks) == 2000
    assert sum(len(tx.plays) for block in blocks for tx in block.transactions) == 4022
    assert all(earlier.time < later.time for earlier, later in pairwise(blocks))


async def test_reading_from_several_threads_agrees(tmp_path: Path) -> None:
    path = bare(tmp_path / "r.pb", *(plays_at(1000 + number) for number in range(200)))
    expected = await served(RecordingSource(path))
    source = RecordingSource(path)
    await source.open()
    got = await asyncio.gather(*(asyncio.to_thread(source.block, height) for height in range(100, 0, -1)))
    await source.close()
    assert list(reversed(got)) == expected


async def opened(path: Path) -> RecordingSource | BlockRecordingSource:
    source = open_recording(path)
    await source.open()
    return source


async def test_a_recording_is_held_to_what_was_indexed_of_it(tmp_path: Path) -> None:
    source = await opened(recorded(tmp_path / "a", make_block(5), make_block(6)))
    await source.compare(6, make_block(6).hash)
    await source.compare(5, make_block(5).hash.upper())
    await source.compare(4, "ab" * 32)  # before its first block: there is nothing to compare
    for height in (5, 7):
        await source.compare(height, "")  # what is not known cannot differ
    with pytest.raises(ChainDataError) as refused:
        await source.compare(6, "ab" * 32)
    assert refused.value.code == "other_history"
    assert str(tmp_path / "a") in refused.value.message
    with pytest.raises(ChainDataError) as refused:
        await source.compare(7, make_block(7).hash)
    assert refused.value.code == "recording_ends_before"
    await source.close()


async def test_a_recording_that_damage_cuts_short_says_so_before_it_says_that_it_ends(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a", make_block(1), make_block(2))
    path.write_bytes(path.read_bytes()[:-1])
    source = await opened(path)
    with pytest.raises(ChainDataError) as refused:
        await source.compare(2, make_block(2).hash)
    assert refused.value.code == "recording_damaged"
    await source.close()
