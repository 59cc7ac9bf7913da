"""What one thread spends on decoding, by either reader of blocks, and on recovering signatures."""

import time

from backbeat.chain.decode import decode_block
from backbeat.chain.native import NativeReader, installed_reader
from backbeat.chain.proto import core_pb2
from backbeat.chain.recording import open_recording
from backbeat.chain.signatures import Verifier
from bench.chains import NETWORK, Chain, plays_only, simulated
from bench.figure import Figure
from bench.scope import Scope

BLOCKS_MAX = 500


async def decoding(scope: Scope) -> list[Figure]:
    """Decode the same blocks with and without recovery, in turn; plays also in C, if that is installed."""
    blocks = await _blocks(simulated(scope.size(60_000, 400), 20))
    entities = sum(tx.transaction.HasField("manage_entity") for block in blocks for tx in block.transactions)
    verifier, transactions = Verifier(NETWORK), sum(len(block.transactions) for block in blocks)
    plain, recovered = [], []
    for _ in range(scope.rounds):
        plain.append(_seconds(blocks, None))
        recovered.append(_seconds(blocks, verifier))
    signing = [with_it - without for with_it, without in zip(recovered, plain, strict=True)]
    return [
        Figure("decode without recovery", "us per tx", [1e6 * each / transactions for each in plain]),
        Figure("decode and recover", "us per tx", [1e6 * each / transactions for each in recovered]),
        Figure("recover one signature", "us", [1e6 * each / entities for each in signing]),
        *await _of_plays(scope),
    ]


async def _of_plays(scope: Scope) -> list[Figure]:
    blocks = await _blocks(plays_only(scope.size(200_000, 400), 20))
    plays = sum(len(tx.transaction.plays.plays) for block in blocks for tx in block.transactions)
    readers: dict[str, NativeReader | None] = {"Python": None}
    if native := installed_reader():
        readers["C"] = native
    spent: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(scope.rounds):
        for name, native in readers.items():
            spent[name].append(1e6 * _seconds(blocks, None, native) / plays)
    return [Figure(f"decode plays in {name}", "us per play", values) for name, values in spent.items()]


async def _blocks(chain: Chain) -> list[core_pb2.Block]:
    source = open_recording(chain.path)
    await source.open()
    blocks = [block async for block in source.blocks(0)][:BLOCKS_MAX]
    await source.close()
    return blocks


def _seconds(blocks: list[core_pb2.Block], verifier: Verifier | None, native: NativeReader | None = None) -> float:
    started = time.process_time()
    for block in blocks:
        decode_block(block, verifier, native=native)
    return time.process_time() - started
