"""Servers that a test stops and starts, and the program over one of them, watched from outside."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit

import httpx
import msgspec
import psycopg
import structlog
from clusters import chosen, tcp_url

from backbeat.db.embedded import EmbeddedPostgres
from chaos.replay import SMALL_BATCHES, Replay

BRIEF_SECONDS = 4.0
OUTAGE_SECONDS = float(os.environ.get("BACKBEAT_CHAOS_OUTAGE_SECONDS", BRIEF_SECONDS))
SILENCE_SECONDS = float(os.environ.get("BACKBEAT_CHAOS_SILENCE_SECONDS", "3"))
RECOVERY_SECONDS_MAX = 15.0
PATIENCE_SECONDS = 120.0
ENVIRON = {
    "BACKBEAT_DATABASE_SILENCE_SECONDS": f"{SILENCE_SECONDS:g}",
    "BACKBEAT_JOBS_EVERY_SECONDS": "user_listening_history=0.2",
    "BACKBEAT_JOBS_LEASE_SECONDS": "2",
}

log = structlog.get_logger(__name__)


class Server:
    """A server that the test stops and starts, and that is reached by TCP."""

    def __init__(self, data_dir: Path) -> None:
        settings = msgspec.structs.replace(chosen(), port=free_port())
        self._postgres = EmbeddedPostgres(data_dir, settings, configuration={"fsync": "off"})

    def start(self) -> str:
        asyncio.run(self._postgres.start())
        return tcp_url(self._postgres)

    def stop(self) -> None:
        asyncio.run(self._postgres.stop())

    def promote(self) -> None:
        """Make a standby the primary."""
        status, words = asyncio.run(self._postgres._run("pg_ctl", "promote", "-w"))
        assert status == 0, words

    @property
    def bootstrap_url(self) -> str:
        """The address for a superuser: the program's own role makes no tablespace."""
        return self._postgres.bootstrap_url

    @property
    def port(self) -> int:
        return urlsplit(tcp_url(self._postgres)).port or 0


@contextmanager
def server(data_dir: Path) -> Iterator[Server]:
    made = Server(data_dir)
    try:
        yield made
    finally:
        made.stop()


def copy_cluster(like: Path, copied: Path) -> None:
    """Copy a stopped server's files, and their owners: a root process' copies would be root's."""
    shutil.copytree(like, copied, symlinks=True)
    for path in copied.rglob("*"):
        of = (like / path.relative_to(copied)).lstat()
        os.chown(path, of.st_uid, of.st_gid, follow_symlinks=False)


class Program:
    """``backbeat up`` over a recording and a database that it did not start; it stays at the end of the recording."""

    def __init__(self, folder: Path, recording: Path, url: str) -> None:
        environ = ENVIRON | {"BACKBEAT_DATABASE_URL": url, "BACKBEAT_WEB_PORT": str(port := free_port())}
        self._page = f"http://127.0.0.1:{port}"
        self._replay = Replay(folder / "own", recording, environ)
        command = [sys.executable, "-m", "backbeat", "up", "--data-dir", str(folder / "own"), "--json"]
        command += ["--recording", str(recording), "--infer-snapshot"]
        self._log = folder / "up.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=os.environ | SMALL_BATCHES | environ, stdout=subprocess.DEVNULL, stderr=log
            )

    def page_shows(self, since: datetime) -> bool:
        """Say whether the page knows the database's state of a moment after ``since``."""
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"{self._page}/status", timeout=2)
            return answer.status_code == httpx.codes.OK and datetime.fromisoformat(answer.json()["at"]) > since
        return False

    def wait_for_progress(self, url: str) -> None:
        """Wait until it is under way, with blocks committed and a page that shows them."""
        begun = datetime.now(UTC)
        self._replay.wait_for_progress(url, self.process)
        eventually("the page answers", lambda: self.page_shows(begun))

    @property
    def log(self) -> str:
        """Return the end of what it said."""
        return self._log.read_text()[-5000:]

    def answer(self, path: str) -> httpx.Response:
        """Ask its page."""
        return httpx.get(f"{self._page}/{path}", timeout=10)

    def has_said(self, words: str) -> bool:
        """Say whether its log has these words, and that it runs."""
        assert self.process.poll() is None, self.log
        return words in self._log.read_text()

    def forget(self) -> None:
        """Begin its log again."""
        os.truncate(self._log, 0)

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait()

    def run_until_idle(self) -> None:
        """Stop it as a person would, then run to the tip and expect success."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log
        self._replay.finish()


@contextmanager
def program(folder: Path, recording: Path, url: str) -> Iterator[Program]:
    under_test = Program(folder, recording, url)
    try:
        yield under_test
    finally:
        under_test.process.kill()
        under_test.process.wait()


def recovery(name: str, under_test: Program, url: str, *, seconds_max: float) -> None:
    """Expect blocks, jobs and page to come back from now on; keep what each took."""
    since = datetime.now(UTC)
    before = one(url, "SELECT height FROM backbeat.cursor")
    is_back: dict[str, Callable[[], bool]] = {
        "blocks": lambda: one(url, "SELECT height FROM backbeat.cursor") > before,
        "jobs": lambda: one(url, "SELECT max(succeeded_at) FROM backbeat.jobs") > since,
        "page": lambda: under_test.page_shows(since),
    }
    took: dict[str, float] = {}
    while len(took) < len(is_back):
        seconds = (datetime.now(UTC) - since).total_seconds()
        assert seconds < seconds_max, f"only {took} came back\n{under_test.log}"
        took |= {part: round(seconds, 2) for part, check in is_back.items() if part not in took and check()}
        time.sleep(0.02)
    figure(name, took)


def figure(name: str, took: dict[str, float]) -> None:
    log.info("recovered", outage=name, **took)
    if path := os.environ.get("BACKBEAT_CHAOS_FIGURES"):
        with Path(path).open("a") as file:
            file.write(json.dumps({"outage": name, "recovery_seconds": took}) + "\n")


def one(url: str, query: LiteralString) -> Any:
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(query).fetchone()
        assert row is not None
        return row[0]


def eventually(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"it never came that {what}"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
