"""The programs that are measured in turn: this checkout's own and, where one is given, what it was before."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from bench.chains import Chain
from bench.meter import Spent

TESTS = Path(__file__).parents[1]
RUN = Path(__file__).with_name("one_run.py")


class Indexed(Spent):
    """What indexing a chain took in a process of its own, and what it came to."""

    transactions: int = 0
    blocks: int = 0
    plays: int = 0


class Checkout(msgspec.Struct, frozen=True):
    """An interpreter that has the program installed, and the tests that belong to it."""

    name: str
    python: Path
    tests: Path

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
            env={**os.environ, "PYTHONPATH": str(self.tests)}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{self.name}: {what} failed in another process")
        return dict(msgspec.json.decode(said.splitlines()[-1]))


NOW = Checkout("now", Path(sys.executable), TESTS)


def before(bin_folder: Path) -> Checkout:
    """Return the program of another checkout, given the ``bin`` folder of its virtual environment."""
    place = bin_folder.absolute()
    return Checkout("before", place / "python", place.parents[1] / "tests")


def _given(chain: Chain) -> dict[str, Any]:
    return {**chain._asdict(), "path": str(chain.path)}
