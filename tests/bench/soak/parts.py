"""The program under test: an indexer, a worker and a page as processes of their own, over one database."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

VERBS = {"index": ("index", "--simulate"), "jobs": ("jobs", "run"), "web": ("web",)}
DRAIN_SECONDS_MAX = 15.0
TOLD_CHARACTERS = 2_000


class PartEndedError(Exception):
    """A part ended that was to go on, or did not end well when asked."""


class Part:
    """One process; what it says is in a file."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, said: IO[bytes]) -> None:
        self.name = name
        self.pid = process.pid
        self._process = process
        self._said = said

    def check(self) -> None:
        """Raise PartEndedError unless the process is alive."""
        if self._process.returncode is not None:
            raise self._error()

    async def stop(self) -> None:
        """Ask it to end, and raise PartEndedError unless it does so well and soon."""
        self.check()
        self._process.terminate()
        async with asyncio.timeout(DRAIN_SECONDS_MAX):
            if await self._process.wait() != 0:
                raise self._error()

    async def kill(self) -> None:
        """End it now, whatever it does."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _error(self) -> PartEndedError:
        self._said.seek(0)
        words = self._said.read().decode(errors="replace")[-TOLD_CHARACTERS:]
        return PartEndedError(f"{self.name} ended with {self._process.returncode}: {words}")


@asynccontextmanager
async def started(url: str, folder: Path, *, rate: float, port: int) -> AsyncIterator[dict[str, Part]]:
    """Run the three parts until the context ends."""
    environ = os.environ | {
        "BACKBEAT_DATABASE_URL": url,
        "BACKBEAT_DATA_DIR": str(folder),
        "BACKBEAT_SIMULATOR_TXS_PER_SECOND": str(rate),
        "BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": "100",
        "BACKBEAT_WEB_PORT": str(port),
    }
    parts: dict[str, Part] = {}
    try:
        for name, verb in VERBS.items():
            said = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the part keeps it, it goes with the folder
            command = (sys.executable, "-m", "backbeat", *verb, "--log-level", "warning")
            process = await asyncio.create_subprocess_exec(
                *command, env=environ, stdout=asyncio.subprocess.DEVNULL, stderr=said
            )
            parts[name] = Part(name, process, said)
        yield parts
    finally:
        for part in parts.values():
            await part.kill()
