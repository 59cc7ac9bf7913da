"""The programs that are measured in turn: this checkout's own and, where one is given, that of another checkout."""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from bench.chains import Chain
from bench.meter import Spent

BEFORE = "before"
AFTER = "after"
RUN = Path(__file__).with_name("one_run.py")
WHERE_IT_LIES = "import backbeat; print(backbeat.__path__[0])"


class Indexed(Spent):
    """What indexing a chain took in a process of its own, and what it came to."""

    transactions: int = 0
    blocks: int = 0
    plays: int = 0


class Program:
    """One version of the program, and the tests that belong to it.

    ``folder`` is the ``bin`` folder of the virtual environment that its checkout is installed in.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.backbeat = folder / "backbeat"
        self.python = folder / "python"

    @cached_property
    def source(self) -> Path:
        """The folder of its package."""
        asked = [str(self.python), "-c", WHERE_IT_LIES]
        answer = subprocess.run(asked, env=environ(), check=True, capture_output=True, text=True)
        return Path(answer.stdout.strip())

    async def prepare(self, url: str) -> None:
        """Make an empty database this program's own."""
        await self._one_run("prepare", url=url)

    async def index(self, chain: Chain, url: str, server_pid: int) -> Indexed:
        """Index a chain to its end; start-up of the process is not counted."""
        found = await self._one_run("index", url=url, chain=_given(chain), server_pid=server_pid)
        return msgspec.convert(found, Indexed)

    async def commit(self, chain: Chain, url: str, blocks: int) -> list[float]:
        """Commit the first blocks one by one; return the milliseconds of all but the first, in order of size."""
        found = await self._one_run("commit", url=url, chain=_given(chain), blocks=blocks)
        return list(found["milliseconds"])

    async def _one_run(self, what: str, **named: Any) -> dict[str, Any]:
        return dict(msgspec.json.decode(await self.answer(RUN, what, msgspec.json.encode(named).decode())))

    async def answer(self, script: Path, *arguments: str) -> bytes:
        """Run a script with this version's interpreter and tests; return the last line that it writes.

        Raises RuntimeError if it fails.
        """
        tests = self.source.parents[1] / "tests"
        process = await asyncio.create_subprocess_exec(
            self.python, "-P", script, *arguments,
            env=environ() | {"PYTHONPATH": str(tests)}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{self.name}: {script.name} {' '.join(arguments)} failed")
        return said.splitlines()[-1]


OURS = Program(AFTER, Path(sys.executable).parent)


def in_turn(before: Path | None) -> Sequence[Program]:
    """Return the program of another checkout, whose virtual environment's ``bin`` folder is given, and ours."""
    return [OURS] if before is None else [Program(BEFORE, before.absolute()), OURS]


def add_before(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """Add the option that names the other checkout's program."""
    parser.add_argument(
        "--before",
        type=Path,
        required=required,
        metavar="BIN",
        help="another checkout's .venv/bin, whose program takes turns with this one",
    )


def environ() -> dict[str, str]:
    """Return this process's environment for another program's."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def _given(chain: Chain) -> dict[str, Any]:
    return {**chain._asdict(), "path": str(chain.path)}
