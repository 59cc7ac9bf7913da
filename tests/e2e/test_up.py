"""The program as a person starts it: one command, one page, one Ctrl-C."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from clusters import cluster_folder
from shared_dir import shared_file

from backbeat.codes import Phase

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

BACKLOG_BLOCKS = "200"
TIP_SECONDS_MAX = 150.0
DRAIN_SECONDS_MAX = 20.0


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder / "data"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Program:
    """``backbeat up`` over the simulated chain."""

    def __init__(self, data_dir: Path) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "backbeat", "up", "--data-dir", str(data_dir), "--port", str(port)]
        environ = os.environ | {"BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": BACKLOG_BLOCKS}
        self.process = subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def status_at_tip(self) -> dict[str, Any]:
        """Wait for the tip; return what /status says there."""
        deadline = time.monotonic() + TIP_SECONDS_MAX
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the program ended"
            try:
                status: dict[str, Any] = httpx.get(f"{self.url}/status").json()
            except httpx.TransportError:
                status = {}
            if (status.get("indexer") or {}).get("phase") == Phase.AT_TIP:
                return status
            time.sleep(0.2)
        pytest.fail("the tip was not reached")

    def interrupt(self) -> tuple[int, str, float]:
        """Press Ctrl-C; return the exit status, what was printed, and the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=DRAIN_SECONDS_MAX * 3)
        return self.process.returncode, printed, time.monotonic() - started


def test_a_newcomer_watches_a_network_being_indexed_and_can_stop_and_go_on(data_dir: Path) -> None:
    program = Program(data_dir)
    status = program.status_at_tip()
    assert status["indexer"]["lag_blocks"] <= 1
    assert httpx.get(f"{program.url}/readyz").status_code == httpx.codes.OK
    assert "At the tip" in httpx.get(f"{program.url}/").text
    assert "backbeat_lag_blocks" in httpx.get(f"{program.url}/metrics").text
    exit_status, printed, seconds = program.interrupt()
    assert (exit_status, seconds < DRAIN_SECONDS_MAX) == (0, True)
    assert "backbeat-simulated-1" in printed

    again = Program(data_dir)
    resumed = again.status_at_tip()
    assert resumed["indexer"]["height"] >= status["indexer"]["height"]
    assert again.interrupt()[0] == 0


def replay(data_dir: Path, recording: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "backbeat", "up", "--data-dir", str(data_dir), "--no-web", "--exit-at-tip"]
    command += ["--recording", str(recording), "--infer-snapshot", "--json", *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_recorded_transaction_is_applied_or_explained(data_dir: Path) -> None:
    recording = shared_file("recordings/mainnet-a.pb")
    done = replay(data_dir, recording)
    assert done.returncode == 0, done.stderr[-2000:]
    summary = json.loads(done.stdout.splitlines()[-1])
    transactions = summary["transactions"]
    assert transactions["applied"] + transactions["rejected"] + transactions["ignored"] == 4_000
    assert sum(transactions["by_reason"].values()) == transactions["rejected"]
    assert transactions["by_kind"]["plays"] == {"applied": 2_761, "rejected": 0, "ignored": 0}
    assert summary["plays"] == 4_022
    entities = transactions["by_kind"]["manage_entity"]
    assert (entities["applied"] + entities["rejected"], entities["ignored"]) == (663, 0)
    assert "signer_unauthorized" not in transactions["by_reason"]
    assert json.loads(replay(data_dir, recording).stdout.splitlines()[-1]) == summary


def test_a_recording_that_is_not_there_is_told_with_its_cure(data_dir: Path) -> None:
    done = replay(data_dir, data_dir / "nothing.pb")
    assert done.returncode == 78
    assert json.loads(done.stderr.splitlines()[-1])["error"]["code"] == "recording_not_found"
