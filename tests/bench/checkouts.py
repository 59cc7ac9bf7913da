"""The programs that are measured in turn: this checkout's own and, where one is given, what it was before."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from bench.chains import Chain
from bench.meter import Spent
from bench.programs import AFTER, BEFORE, Program

RUN = Path(__file__).with_name("one_run.py")


class Indexed(Spent):
    """What indexing a chain took in a process of its own, and what it came to."""

    transactions: int = 0
    blocks: int = 0
    plays: int = 0


class Checkout(Program):
    """A version of the program, and the tests that belong to it."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, folder)
        self._tests = folder.parents[1] / "tests"

    async def prepare(self, url: str) -> None:
        """Make an empty database this program's own."""
        await self._run("prepare", url=url)

    async def index(self, chain: Chain, url: str, server_pid: int) -> Indexed:
        """Index a chain to its end; start-up of the process is not counted."""
        return msgspec.convert(await self._run("index", url=url, chain=_given(chain), server_pid=server_pid), Indexed)

    async def commit(self, chain: Chain, url: str, blocks: int) -> list[float]:
        """Commit the first blocks one by one; return the milliseconds of all but the first, in order of size."""
        found: list[float] = (await self._run("commit", url=url, chain=_given(chain), blocks=blocks))["milliseconds"]
        return found

    async def _run(self, what: str, **named: Any) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            self.python, "-P", RUN, what, msgspec.json.encode(named).decode(),
            env={**os.environ, "PYTHONPATH": str(self._tests)}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{self.name}: {what} failed in another process")
        return dict(msgspec.json.decode(said.splitlines()[-1]))


OURS = Checkout(AFTER, Path(sys.executable).parent)


def in_turn(before: Path | None) -> Sequence[Checkout]:
    """Return the program of another checkout, whose virtual environment's ``bin`` folder is given, and ours."""
    return [OURS] if before is None else [Checkout(BEFORE, before.absolute()), OURS]


def _given(chain: Chain) -> dict[str, Any]:
    return {**chain._asdict(), "path": str(chain.path)}
