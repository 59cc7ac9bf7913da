"""A network that goes on under another chain id, served by one process and followed by two others."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clusters import cluster_folder
from processes import backbeat, database, drain, eventually, free_port, migrate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FIRST, SECOND, THIRD = "backbeat-simulated-9", "backbeat-simulated-9-2", "backbeat-simulated-9-3"
NETWORK = {
    "BACKBEAT_SIMULATOR_SEED": "9",
    "BACKBEAT_SIMULATOR_BLOCK_SECONDS": "0.1",
    "BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": "1",
    "BACKBEAT_SIMULATOR_ROLLOVER_BLOCKS": "80,40",
}
FOLLOWING = {
    "BACKBEAT_CHAIN_SOURCE": "node",
    "BACKBEAT_CHAIN_CHAIN_IDS": f"{FIRST}@1-80,{SECOND}@1-40,{THIRD}",
    "BACKBEAT_CHAIN_EXPLORER_BLOCKS": "30",
}
HELD = "SELECT chain_id, count(*), max(height) FROM core_indexed_blocks GROUP BY 1 ORDER BY 1"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


@contextmanager
def served(folder: Path, port: int) -> Iterator[None]:
    """Serve the network of :data:`NETWORK` at a port."""
    command = [sys.executable, "-m", "backbeat", "simulate", "--serve", f"127.0.0.1:{port}", "--data-dir", str(folder)]
    process = subprocess.Popen(command, env=os.environ | NETWORK, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert FIRST in process.stdout.readline().decode()
        yield
    finally:
        process.kill()
        process.communicate()


def held(conn: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    return {chain_id: (count, height) for chain_id, count, height in conn.execute(HELD).fetchall()}


def test_two_indexers_follow_a_network_over_two_rollovers(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (FOLLOWING | {"BACKBEAT_CHAIN_NODE_URL": f"grpc://127.0.0.1:{(port := free_port())}"}).items():
        monkeypatch.setenv(name, value)
    with database(data_dir) as conn, ExitStack() as running:
        migrate(data_dir)
        running.enter_context(served(tmp_path, port))
        leader, standby = (running.enter_context(backbeat(data_dir, "index")) for _ in range(2))
        eventually("the first chain is indexed", lambda: held(conn).get(FIRST))
        leader.kill()
        eventually("the third chain is indexed", lambda: held(conn).get(THIRD, (0, 0))[1] > 5)
        assert held(conn)[FIRST] == (80, 80)
        assert held(conn)[SECOND] == (40, 40)
        begun = conn.execute("SELECT chain_id, first_height FROM backbeat.chains ORDER BY position").fetchall()
        assert begun == [(FIRST, 1), (SECOND, 1), (THIRD, 1)]
        drain(standby, signal.SIGTERM)
        numbers = "SELECT count(*) = max(number) FROM blocks"
        assert conn.execute(numbers).fetchone() == (True,)
        audited = "SELECT count(*) = least((SELECT height FROM backbeat.cursor), 30) FROM etl_blocks"
        assert conn.execute(audited).fetchone() == (True,)
