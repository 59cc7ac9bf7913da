"""The chains that are indexed: made once, always the same, kept in ``.benchmarks`` until their recipe changes."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shared_dir import SHARED

from backbeat.chain.networks import NETWORKS
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.draw import Stream
from backbeat.chain.simulator.plays import plays_transaction
from backbeat.chain.simulator.record import Recorder
from builders.chain import make_block

FOLDER = Path(__file__).parents[2] / ".benchmarks"
NETWORK = NETWORKS["prod"]
SEED = 1
RECIPE = 2  # count it up when a chain would come out differently
GENESIS_SECONDS = 1_780_000_000
PLAYS_PER_TX = 1.44  # the simulator's mean
CHAPTERS = 40  # of listening, so that the tracks heard change as they do in life


class Chain(NamedTuple):
    """A recording and how to open it."""

    name: str
    path: Path
    txs_per_block: int = 2  # for a bare recording
    verifier_address: str = ""


def simulated(transactions: int, txs_per_block: int) -> Chain:
    """Return a made-up network's first ``transactions``, all kinds in their natural shares, signed."""
    maker = BlockMaker(SEED, float(txs_per_block), 1.0, NETWORK)
    path = FOLDER / f"simulated-{RECIPE}-{transactions}-{txs_per_block}.blocks"
    _record(path, _first(transactions, _simulated_blocks(maker)))
    return Chain(f"simulated, {txs_per_block} tx/block", path, verifier_address=maker.verifier_address.lower())


def plays_only(plays: int, txs_per_block: int) -> Chain:
    """Return a chain of about ``plays`` plays and nothing else."""
    path = FOLDER / f"plays-{RECIPE}-{plays}-{txs_per_block}.blocks"
    _record(path, _first(int(plays / PLAYS_PER_TX), _plays_blocks(txs_per_block, int(plays / PLAYS_PER_TX))))
    return Chain(f"plays only, {txs_per_block} tx/block", path)


def recorded() -> Chain | None:
    """Return the main network's recorded traffic, None where it does not lie beside the checkout."""
    path = SHARED / "recordings" / "mainnet-a.pb"
    return Chain("main network, 2 tx/block", path) if path.is_file() else None


def _record(path: Path, blocks: Iterator[core_pb2.Block]) -> None:
    if path.exists():
        return
    FOLDER.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    with Recorder(unfinished, None) as recorder:
        for block in blocks:
            recorder.write(block)
    unfinished.rename(path)


def _first(transactions: int, blocks: Iterator[core_pb2.Block]) -> Iterator[core_pb2.Block]:
    while transactions > 0:
        block = next(blocks)
        transactions -= len(block.transactions)
        yield block


def _simulated_blocks(maker: BlockMaker) -> Iterator[core_pb2.Block]:
    height = 0
    while True:
        height += 1
        yield maker.block(height, (GENESIS_SECONDS + height) * 1_000_000)


def _plays_blocks(txs_per_block: int, transactions: int) -> Iterator[core_pb2.Block]:
    world = BlockMaker(SEED, float(txs_per_block), 1.0, NETWORK).world
    chapters = [Chapter(world, number) for number in range(CHAPTERS)]
    blocks = max(1, transactions // txs_per_block)
    dice, height = Stream(SEED, "bench plays").dice(0), 0
    while True:
        height += 1
        chapter = chapters[min(CHAPTERS - 1, height * CHAPTERS // blocks)]
        now = GENESIS_SECONDS + height
        yield make_block("plays-only", height, [plays_transaction(dice, chapter, now) for _ in range(txs_per_block)])
