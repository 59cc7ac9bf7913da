"""The made-up network as one node serves it: the chain that it is on by the clock, and no other."""

from pathlib import Path

from backbeat.chain.networks import Network
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.blocks import simulated_chains
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.clock import Clock
from backbeat.settings import SimulatorSettings


class SimulatedNetwork:
    """A BlockStore, once open, that goes over to the next chain when the one before has ended."""

    def __init__(self, settings: SimulatorSettings, network: Network, clock: Clock, data_dir: Path) -> None:
        ids = simulated_chains(settings).ids
        self._chains = [SimulatorSource(settings, network, clock, data_dir, chain_id) for chain_id in ids]

    @property
    def chain_id(self) -> str:
        """The chain that the network is on."""
        return self._current().chain_id

    @property
    def verifier_address(self) -> str:
        """The checksummed address whose User/Verify transactions are genuine on this network."""
        return self._chains[0].verifier_address

    @property
    def head_height(self) -> int:
        """Height of the newest block by the clock."""
        return self._current().head_height

    def block(self, height: int) -> core_pb2.Block | None:
        """Return one block of the chain that the network is on, None if there is none yet."""
        return self._current().block(height)

    async def open(self) -> None:
        """Continue the network of the data directory or begin one; raises ConfigError if it is not the one set."""
        for chain in self._chains:
            await chain.open()

    def _current(self) -> SimulatorSource:
        """Return the newest chain that has a block, or the first."""
        return next((chain for chain in reversed(self._chains) if chain.head_height), self._chains[0])
