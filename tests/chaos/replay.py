"""Replays a recording in a process of its own that may be killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from shared_dir import SHARED

from backbeat.chain.networks import PROD
from backbeat.chain.recording import BlockRecordingWriter
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.jobs.catalog import JOBS

# These judge by what stood in a ranking when its hour or its Friday passed: by when they ran, not by the blocks alone.
# So does one that asks for scores as they are when it looks; without it, every act is there in the end. And so does one
# that tells of a reward if nothing was told within an hour of it: here all rewards are of one hour. What is released is
# dated with the moment at which it came out.
OF_THEIR_TIME = [
    job.name
    for job in JOBS
    if job.name.startswith(("trending.", "challenges.trending_", "notifications"))
    or job.name in {"engagement_notifications", "scheduled_releases", "weekly_rotation"}
]
SMALL_BATCHES = {
    "BACKBEAT_JOBS_OFF": ",".join(OF_THEIR_TIME),
    "BACKBEAT_INDEX_BATCH_BLOCKS_MAX": "1",  # many commits, so that a kill finds one under way
    "BACKBEAT_INDEX_LEASE_SECONDS": "1",
    "BACKBEAT_JOBS_LEASE_SECONDS": "2",
}
PATIENCE_SECONDS = 180.0  # a busy machine takes ten times as long
GENESIS_US = 1_767_323_045_000_000
SPAN_US = 170_000_000
"""Rewards are dated when jobs ran, and those of a user's first three minutes make a score: here all are of those."""


class Replay:
    """One data directory, one recording, one process after the other."""

    def __init__(self, data_dir: Path, recording: Path, environ: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._recording = recording
        self._environ = os.environ | SMALL_BATCHES | (environ or {})

    def start(self) -> "subprocess.Popen[bytes]":
        """Start ``backbeat up`` until the tip."""
        command = [sys.executable, "-m", "backbeat", "up", "--data-dir", str(self.data_dir), "--no-web", "--json"]
        command += ["--recording", str(self._recording), "--infer-snapshot", "--exit-at-tip"]
        with (self.data_dir.parent / "replay.log").open("ab") as log:
            return subprocess.Popen(command, env=self._environ, stdout=subprocess.DEVNULL, stderr=log)

    def finish(self) -> None:
        """Run to the end and expect success."""
        self.ends(self.start())

    def ends(self, process: "subprocess.Popen[bytes]", *, settled: bool = True) -> None:
        """Expect a process to end well; unless ``settled``, a job that was cut off may be left to the next one."""
        status = process.wait(timeout=PATIENCE_SECONDS)
        log = (self.data_dir.parent / "replay.log").read_text()
        traceback = "\n".join(line for line in log.splitlines() if not line.startswith("{"))
        if not settled and status == 1 and '"code":"jobs_unsettled"' in log.splitlines()[-1]:
            return
        assert status == 0, f"exit status {status}\n{log[-3000:]}\n{traceback[-6000:]}"

    def height(self, url: str) -> int:
        """Return the committed height, 0 while there is none or no server answers."""
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=2) as conn:
                row = conn.execute("SELECT height FROM backbeat.cursor").fetchone()
        except psycopg.Error:
            return 0
        return row[0] if row else 0

    def wait_for_progress(self, url: str, process: "subprocess.Popen[bytes]") -> None:
        """Wait until the process has committed a block, or has ended."""
        before = self.height(url)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and self.height(url) <= before:
            assert time.monotonic() < deadline, "no progress"
            time.sleep(0.01)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill without a word of warning."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def a_recording(path: Path) -> Path:
    """Return the recorded main network where it is at hand, else a simulated one."""
    shared = SHARED / "recordings" / "mainnet-a.pb"
    return shared if shared.is_file() else simulated(path, blocks=400, txs_per_second=10.0)


def simulated(path: Path, *, blocks: int, txs_per_second: float) -> Path:
    """Write a recording of a simulated network and return its path; its blocks are a second apart at most."""
    maker = BlockMaker(1, txs_per_second, 1.0, PROD)
    apart_us = min(1_000_000, SPAN_US // blocks)
    with BlockRecordingWriter(path) as writer:
        for height in range(1, blocks + 1):
            writer.write(maker.block(height, GENESIS_US + height * apart_us))
    return path
