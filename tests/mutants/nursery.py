"""Runs pytest in copies of one process that has loaded the libraries, which take longer than most tests, and nothing
of the program: each line of its input is a run; it answers with the run's process and then with its exit status.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from select import select
from typing import Any

import pytest

LIBRARIES = ("httpx", "hypothesis.strategies", "msgspec", "pglast", "psycopg_pool", "starlette", "structlog", "uvicorn")
COLUMNS = "500"  # lines of the summary are cut to it
# they were loaded before pytest, which would like to rewrite their assertions
LOADED_BEFORE = ("-W", "ignore::pytest.PytestAssertRewriteWarning")


class Nursery:
    """The process, seen by who wants runs of it, in ``tree``; it prints to ``said``."""

    def __init__(self, tree: Path, said: Path) -> None:
        self._said = said
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mutants.nursery"],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree / 'tests'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], seconds_max: float
    ) -> tuple[int | None, str]:
        """Return pytest's exit status, None if it took too long, and what it printed."""
        assert self._process.stdin
        assert self._process.stdout
        run = {"arguments": [*LOADED_BEFORE, *arguments], "environment": environment, "said": str(self._said)}
        self._process.stdin.write(json.dumps(run).encode() + b"\n")
        pid = int(self._process.stdout.readline())
        ended, _, _ = select([self._process.stdout], [], [], seconds_max)
        if not ended:
            os.killpg(pid, signal.SIGKILL)
        status = int(self._process.stdout.readline())
        return status if ended else None, self._said.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def main() -> None:
    """Serve until the input ends."""
    for name in LIBRARIES:
        import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _run(json.loads(line))
        _answer(pid)
        _answer(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _run(run: dict[str, Any]) -> None:
    status = 1
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        said = os.open(Path(run["said"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        os.environ |= {"COLUMNS": COLUMNS, **run["environment"]}
        status = pytest.main(run["arguments"])
        sys.stdout.flush()
    finally:
        os._exit(status)


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
