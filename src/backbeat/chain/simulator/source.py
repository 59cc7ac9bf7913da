"""The simulator as a chain source: a backlog to catch up with, then blocks as time passes."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from backbeat.chain.model import Head
from backbeat.chain.networks import Network
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator import genesis
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.genesis import Genesis
from backbeat.clock import Clock
from backbeat.errors import SourceError
from backbeat.settings import SimulatorSettings

FILE_NAME: Final = "simulator.json"
_CHUNK_TXS: Final = 1_000  # about 40 ms of one thread's work and 0.7 MB
_CHUNK_BLOCKS_MAX: Final = 500
_WAIT_SECONDS_MAX: Final = 1.0  # so that a clock that jumps is noticed
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger()


class SimulatorSource:
    """A Source that makes its blocks up as they are asked for; the same height is always the same block.

    It serves one chain of the made-up network, the first unless ``chain_id`` names another. Raises ConfigError for
    rates that cannot work.
    """

    is_finite = False

    def __init__(
        self, settings: SimulatorSettings, network: Network, clock: Clock, data_dir: Path, chain_id: str = ""
    ) -> None:
        self._settings = settings
        self._network = network
        self._clock = clock
        self._path = data_dir / FILE_NAME
        self._maker = BlockMaker(
            settings.seed, settings.txs_per_second, settings.block_seconds, network, settings.rollover_blocks
        )
        chains = self._maker.chains
        self._span = chains.span(chain_id) or chains.spans[0]
        self._told_before = sum(span.last or 0 for span in chains.before(self._span.chain_id))
        self._making = Lock()
        self._genesis: Genesis | None = None
        self._chunk_blocks = max(
            1, min(_CHUNK_BLOCKS_MAX, int(_CHUNK_TXS / (settings.txs_per_second * settings.block_seconds)))
        )

    @property
    def chain_id(self) -> str:
        """``backbeat-simulated-<seed>``, and of later chains their number."""
        return self._span.chain_id

    @property
    def verifier_address(self) -> str:
        """The checksummed address whose User/Verify transactions are genuine on this network."""
        return self._maker.verifier_address

    async def open(self) -> None:
        """Continue the chain of the data directory or begin one; raises ConfigError if it is not the one set."""
        begun = genesis.begin(self._settings, self._network.name, self._now_us())
        kept = await asyncio.to_thread(genesis.load, self._path, begun)
        self._genesis = kept or begun
        if kept is None:
            await asyncio.to_thread(genesis.save, self._path, begun)

    async def head(self) -> Head | None:
        """Return the newest block that exists by the clock."""
        chain = self._opened()
        height = self.head_height
        time_us = chain.time_us(self._told_before + height)
        return Head(height, (_EPOCH + timedelta(microseconds=time_us)).replace(tzinfo=None))

    async def blocks(self, after: int) -> AsyncIterator[core_pb2.Block]:
        """Yield the blocks behind ``after``, for ever unless the chain ends; makes them ahead by one chunk at most.

        A chain that the clock has left far behind or ahead of ``after`` moves in time first, see :mod:`.genesis`.
        """
        chain = await self._anchor(self._told_before + after)
        while after != self._span.last:
            last = min(self._head(chain), after + self._chunk_blocks)
            if last <= after:
                await self._clock.sleep(self._wait_seconds(chain.time_us(self._told_before + after + 1)))
                continue
            for block in await asyncio.to_thread(self._make, chain, after + 1, last):
                yield block
            after = last

    @property
    def head_height(self) -> int:
        """Height of the newest block of this chain by the clock, 0 before the first; known once open."""
        return self._head(self._opened())

    def block(self, height: int) -> core_pb2.Block | None:
        """Return one block, None if there is none yet: an open simulator is a BlockStore."""
        return self._make(self._opened(), height, height)[0] if 1 <= height <= self.head_height else None

    async def close(self) -> None:
        """Nothing is held open."""

    def _make(self, chain: Genesis, first: int, last: int) -> list[core_pb2.Block]:
        places = range(self._told_before + first, self._told_before + last + 1)
        with self._making:
            return [self._maker.block(place, chain.time_us(place)) for place in places]

    def _head(self, chain: Genesis) -> int:
        told = max(chain.head(self._now_us()) - self._told_before, 0)
        return told if self._span.last is None else min(told, self._span.last)

    async def _anchor(self, after: int) -> Genesis:
        chain = self._opened()
        ahead_max = max(genesis.CATCH_UP_BLOCKS_MAX, self._settings.backlog_blocks)
        anchored = chain.anchored(after, self._now_us(), ahead_max)
        if anchored != chain:
            log.info("simulator_moved_in_time", seconds=(anchored.genesis_us - chain.genesis_us) / 1e6, after=after)
            await asyncio.to_thread(genesis.save, self._path, anchored)
            self._genesis = anchored
        return anchored

    def _wait_seconds(self, until_us: int) -> float:
        return min(max((until_us - self._now_us()) / 1e6, 0.001), _WAIT_SECONDS_MAX)

    def _now_us(self) -> int:
        return (self._clock.now() - _EPOCH) // timedelta(microseconds=1)

    def _opened(self) -> Genesis:
        if self._genesis is None:
            raise SourceError("simulator_not_open", "The simulator was not opened.", cure="Open it first.")
        return self._genesis
