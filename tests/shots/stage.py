"""Real programs to take pictures of: a server that can be killed, ``backbeat up`` in a terminal, another session."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from chaos.program import Server, server
from processes import eventually, free_port

from backbeat.codes import JobState, Phase
from shots.terminal import Size, Terminal, terminal

PROGRAMS = Path(sys.executable).parent  # where `backbeat` is
TOKEN = "a-long-operator-token"  # noqa: S105 - made up
UP = "backbeat up"

Environ = Mapping[str, str]


def apart(work: Callable[[], object]) -> None:
    """Do what starts an event loop of its own, beside the one in which pictures are taken."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work).result()


AUDITED = {"BACKBEAT_JOBS_VERIFY_SECONDS_PER_HOUR": "3600"}  # a round comes to its end


def environ_of(data_dir: Path, url: str = "") -> dict[str, str]:
    """Return what makes bare verbs speak to one instance, and its page be served on a port of its own."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    chosen = {"DATA_DIR": str(data_dir), "WEB_PORT": str(free_port()), "WEB_TOKEN": TOKEN}
    named = {f"BACKBEAT_{name}": value for name, value in (chosen | ({"DATABASE_URL": url} if url else {})).items()}
    return {"PATH": path, "TERM": "xterm-256color", "LANG": "C.UTF-8"} | named


class Instance(NamedTuple):
    """``backbeat up`` in a terminal, and how others reach what it serves."""

    terminal: Terminal
    environ: Environ

    @property
    def url(self) -> str:
        """The first page's address."""
        return f"http://127.0.0.1:{self.environ['BACKBEAT_WEB_PORT']}/"

    def status(self) -> dict[str, Any]:
        """Return what it says of itself; nothing while it does not answer."""
        try:
            answer = httpx.get(f"{self.url}status", timeout=10)
        except httpx.TransportError:
            return {}
        found: dict[str, Any] = answer.json()
        return found if answer.status_code == httpx.codes.OK else {"error": found}

    def until(self, what: str, is_so: Callable[[dict[str, Any]], Any]) -> None:
        """Wait until something is so of its status."""

        def holds() -> bool:
            found = self.status()
            return bool(found) and bool(is_so(found))

        try:
            eventually(what, holds)
        except AssertionError as error:
            error.add_note(self.terminal.transcript())
            raise

    def until_tip(self) -> None:
        """Wait until it has all blocks and every job that can has run."""
        self.until("it is at the tip", lambda found: (found.get("indexer") or {}).get("phase") == Phase.AT_TIP)
        self.until("all jobs ran", lambda found: all(job["state"] != JobState.WAITING for job in found["jobs"]))

    def run(self, verb: str) -> str:
        """Run a verb, pass its exit status over, and return what it printed."""
        done = subprocess.run(
            ["backbeat", *verb.split()], env={**os.environ, **self.environ}, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    @contextmanager
    def psql(self, statements: str) -> Iterator[None]:
        """Have a session of `backbeat psql` run statements; it stays open meanwhile, and has run them in the end."""
        environ = {**os.environ, **self.environ}
        command = ["backbeat", "psql"]
        with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as session:
            assert session.stdin is not None
            session.stdin.write(statements.encode())
            session.stdin.flush()
            yield
            session.stdin.close()


@contextmanager
def up(size: Size, environ: Environ, command: str = UP) -> Iterator[Instance]:
    """Start the program in a terminal; end it as its user would."""
    with terminal(size, environ) as window:
        window.type(command)
        yield Instance(window, environ)
        window.press("C-c")
        window.until_prompt()


class Stage(NamedTuple):
    """What most scenes share: an instance at the tip, over a server that can be killed; and room for more."""

    folder: Path
    server: Server
    instance: Instance


@contextmanager
def stage(folder: Path, size: Size) -> Iterator[Stage]:
    """Start what scenes share and wait until it is at the tip."""
    with server(folder / "data") as postgres:
        environ = environ_of(folder / "own", postgres.start()) | AUDITED
        with up(size, environ) as instance:
            instance.until_tip()
            yield Stage(folder, postgres, instance)
