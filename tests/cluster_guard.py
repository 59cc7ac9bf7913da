"""Waits until standard input ends, then stops whatever server runs in the folder argv[1] and removes the folder.

Standard input ends when the test run does, in whatever way: done, failed, timed out or killed.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

from backbeat.db import postmaster

SECONDS_MAX = 30


def stop(data: Path) -> None:
    running = postmaster.read(data)
    if running and postmaster.runs(running.pid, data):
        os.kill(running.pid, signal.SIGQUIT)
    deadline = time.monotonic() + SECONDS_MAX
    while postmaster.orphans(data) and time.monotonic() < deadline:
        time.sleep(0.01)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdin.read()
    for found in folder.glob("**/data/postmaster.pid"):
        stop(found.parent.resolve())
    shutil.rmtree(folder)
