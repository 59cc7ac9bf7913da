"""Made-up chains for tests: blocks, stores of them, and sources over them."""

from collections.abc import AsyncIterator, Iterable
from hashlib import sha256

from backbeat.chain.model import Head
from backbeat.chain.proto import core_pb2

CHAIN = "test-chain"
START_SECONDS = 1_767_323_045  # 2026-01-02 03:04:05 UTC


def make_block(height: int, *, plays: int = 1, chain_id: str = CHAIN, padding: int = 0) -> core_pb2.Block:
    """Return a block with one plays transaction of ``plays`` plays; ``padding`` makes each of them bigger."""
    block = core_pb2.Block(height=height, hash=f"{height:064x}", chain_id=chain_id, proposer="ab")
    block.timestamp.seconds = START_SECONDS + height
    if plays:
        served = block.transactions.add()
        for number in range(plays):
            served.transaction.plays.plays.add(user_id=str(height), track_id=str(number), signature="s" * padding)
        served.hash = sha256(served.transaction.SerializeToString()).hexdigest().upper()
    return block


class ListSource:
    """A finite source over a list; raises ``error`` behind the last block if there is one."""

    is_finite = True
    chain_id = CHAIN

    def __init__(self, blocks: Iterable[core_pb2.Block], error: Exception | None = None) -> None:
        self._blocks = blocks
        self._error = error
        self.served = 0
        self.closed = False

    async def open(self) -> None:
        """Nothing to open."""

    async def head(self) -> Head | None:
        """Not known."""
        return None

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield what follows ``after``."""
        try:
            for block in self._blocks:
                if block.height > after:
                    self.served += 1
                    yield block
            if self._error is not None:
                raise self._error
        finally:
            self.closed = True

    async def close(self) -> None:
        """Nothing to close."""
