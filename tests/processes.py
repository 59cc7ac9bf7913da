"""Backbeat's verbs as processes of their own, over one data directory whose database the test looks into."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from clusters import server

PATIENCE_SECONDS = 120.0
DRAIN_SECONDS_MAX = 20.0
LEASE_SECONDS = 2.0
ENVIRON = {
    "BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": "100",
    "BACKBEAT_INDEX_LEASE_SECONDS": f"{LEASE_SECONDS:g}",
    "BACKBEAT_JOBS_LEASE_SECONDS": f"{LEASE_SECONDS:g}",
    "BACKBEAT_JOBS_STAGGER_SECONDS": "0.1",
    "BACKBEAT_DATABASE_IDLE_TIMEOUT_SECONDS": "5",
}


@contextmanager
def backbeat(data_dir: Path, *verb: str, port: int = 0, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one verb until this context ends, whatever happens in it. Its warnings are on its standard error.

    ``settings`` are named as in the environment, without the program's name in front.
    """
    environ = os.environ | ENVIRON | {"BACKBEAT_WEB_PORT": str(port)}
    environ |= {f"BACKBEAT_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "backbeat", *verb, "--data-dir", str(data_dir), "--log-level", "warning"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def database(data_dir: Path) -> Iterator[psycopg.Connection[Any]]:
    """A session on the data directory's server, which stays up beside the processes under test."""
    running = server(data_dir)
    url = asyncio.run(running.start())
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection
    finally:
        asyncio.run(running.stop())


def eventually(what: str, is_so: Callable[[], Any]) -> Any:
    """Wait until something is so, and return what it found."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"it never came that {what}"
        time.sleep(0.05)
    return found


def drain(process: "subprocess.Popen[bytes]", number: signal.Signals) -> str:
    """Ask a process to end, expect it to do so well and soon, and return what it warned of."""
    started = time.monotonic()
    process.send_signal(number)
    _, words = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, time.monotonic() - started < DRAIN_SECONDS_MAX) == (0, True), words.decode()[-2000:]
    return words.decode()


def migrate(data_dir: Path) -> None:
    """Lay out the tables."""
    with backbeat(data_dir, "migrate") as process:
        assert process.wait(PATIENCE_SECONDS) == 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
