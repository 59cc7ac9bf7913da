"""Brings a program that followed the simulated chain to a height of its own choice, and its jobs to rest there."""

from pathlib import Path

import msgspec

from backbeat.chain.networks import NETWORKS
from backbeat.chain.recording import BlockRecordingWriter
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.genesis import Genesis
from bench.home import SIMULATOR_FILE, Home, Tip


async def settle(home: Home, tip: Tip, height: int = 0) -> None:
    """Run the program until every job has nothing left to do, at ``height`` or, without one, where it stands."""
    first = await home.height()
    recording = record(home.data_dir, first, max(first, height))
    try:
        await home.execute("up", "--recording", str(recording), "--no-web", "--exit-at-tip", tip=tip)
    finally:
        recording.unlink()


def record(data_dir: Path, first: int, last: int) -> Path:
    """Write blocks of the chain that is kept in the folder, and return the recording's path."""
    chain = msgspec.json.decode((data_dir / SIMULATOR_FILE).read_bytes(), type=Genesis)
    maker = BlockMaker(chain.seed, chain.txs_per_second, chain.block_seconds, NETWORKS[chain.network])
    path = data_dir / "chain.blocks"
    with BlockRecordingWriter(path) as writer:
        for height in range(first, last + 1):
            writer.write(maker.block(height, chain.time_us(height)))
    return path
