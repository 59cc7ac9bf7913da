"""A network that goes on under another chain id, followed by two processes, one of which is killed."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clusters import cluster_folder
from processes import backbeat, database, drain, eventually, migrate

from backbeat.chain.networks import PROD
from backbeat.chain.node_server import NodeServer
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.blocks import BlockMaker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

GENESIS_US = 1_767_323_045_000_000
BLOCKS = (30, 10, 20)
HELD = "SELECT chain_id, count(*), max(height) FROM core_indexed_blocks GROUP BY 1"


class Network:
    """A BlockStore of the chain that a test has put the network on."""

    def __init__(self) -> None:
        self._maker = BlockMaker(9, 10.0, 1.0, PROD, BLOCKS[:-1])
        self.ids = self._maker.chains.ids
        self.at = 0

    @property
    def chain_id(self) -> str:
        return self.ids[self.at]

    @property
    def head_height(self) -> int:
        return BLOCKS[self.at]

    def block(self, height: int) -> core_pb2.Block | None:
        place = sum(BLOCKS[: self.at]) + height
        return self._maker.block(place, GENESIS_US + place * 1_000_000) if 1 <= height <= self.head_height else None


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


@contextmanager
def served(network: Network) -> Iterator[str]:
    """Serve a network from a thread; lend its address."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    node = NodeServer(network)
    asyncio.run_coroutine_threadsafe(node.start(), loop).result()
    try:
        yield node.url
    finally:
        asyncio.run_coroutine_threadsafe(node.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def held(conn: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    return {chain_id: (count, height) for chain_id, count, height in conn.execute(HELD).fetchall()}


def test_two_indexers_follow_a_network_over_two_rollovers(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network()
    first, second, third = network.ids
    with database(data_dir) as conn, served(network) as url, ExitStack() as running:
        for name, value in {
            "BACKBEAT_CHAIN_SOURCE": "node",
            "BACKBEAT_CHAIN_NODE_URL": url,
            "BACKBEAT_CHAIN_CHAIN_IDS": f"{first}@1-{BLOCKS[0]},{second}@1-{BLOCKS[1]},{third}",
            "BACKBEAT_CHAIN_EXPLORER_BLOCKS": "15",
        }.items():
            monkeypatch.setenv(name, value)
        migrate(data_dir)
        leader, standby = (running.enter_context(backbeat(data_dir, "index")) for _ in range(2))
        eventually("the first chain is indexed", lambda: held(conn).get(first) == (30, 30))
        network.at = 1
        leader.kill()
        eventually("the second chain is indexed", lambda: held(conn).get(second) == (10, 10))
        network.at = 2
        eventually("the third chain is indexed", lambda: held(conn).get(third) == (20, 20))
        assert held(conn) == {first: (30, 30), second: (10, 10), third: (20, 20)}
        begun = conn.execute("SELECT chain_id, first_height FROM backbeat.chains ORDER BY position").fetchall()
        assert begun == [(first, 1), (second, 1), (third, 1)]
        drain(standby, signal.SIGTERM)
        assert conn.execute("SELECT count(*) = max(number) FROM blocks").fetchone() == (True,)
        assert conn.execute("SELECT count(*), min(block_height) FROM etl_blocks").fetchone() == (15, 6)
