"""What one thread spends on decoding and on recovering signatures."""

import time

from backbeat.chain.decode import decode_block
from backbeat.chain.proto import core_pb2
from backbeat.chain.recording import open_recording
from backbeat.chain.signatures import Verifier
from bench.chains import NETWORK, simulated
from bench.figure import Figure
from bench.scope import Scope

BLOCKS_MAX = 500


async def decoding(scope: Scope) -> list[Figure]:
    """Decode the same blocks with and without recovery, in turn."""
    source = open_recording(simulated(scope.size(60_000, 400), 20).path)
    await source.open()
    blocks = [block async for block in source.blocks(0)][:BLOCKS_MAX]
    await source.close()
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
    ]


def _seconds(blocks: list[core_pb2.Block], verifier: Verifier | None) -> float:
    started = time.process_time()
    for block in blocks:
        decode_block(block, verifier)
    return time.process_time() - started
