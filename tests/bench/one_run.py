"""One run of a program, in a process of its own: what it took, as one line of JSON.

The interpreter of another checkout runs this very file too, with that checkout's ``tests`` in PYTHONPATH. What is
imported here is then the other's, and has to be there in both.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec

from backbeat.clock import SystemClock
from backbeat.db.migrate import migrate
from backbeat.db.pool import open_lanes
from backbeat.settings import DatabaseSettings
from bench.chains import Chain
from bench.meter import metered
from bench.one_block import commit_one_by_one, decoded
from bench.quiet_log import quiet_log
from bench.replay import replay


async def prepare(url: str) -> dict[str, Any]:
    """Make an empty database the program's own."""
    await migrate(url, clock=SystemClock())
    return {}


async def index(url: str, chain: dict[str, Any], server_pid: int) -> dict[str, Any]:
    """Index a chain to its end; return what was spent and what was done."""
    with metered(server_pid) as spent:
        done = await replay(_chain(chain), url)
    counts = {"transactions": done.transactions, "blocks": done.blocks, "plays": done.plays}
    return {**msgspec.structs.asdict(spent), **counts}


async def commit(url: str, chain: dict[str, Any], blocks: int) -> dict[str, Any]:
    """Commit a chain's first blocks one by one, decoded before; return the milliseconds of each but the first."""
    given = _chain(chain)
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        times, _statements = await commit_one_by_one(given, lanes, (await decoded(given))[:blocks])
    return {"milliseconds": times}


def _chain(given: dict[str, Any]) -> Chain:
    return Chain(**{**given, "path": Path(given["path"])})


RUNS: dict[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = {
    "prepare": prepare,
    "index": index,
    "commit": commit,
}

if __name__ == "__main__":
    quiet_log()
    found = asyncio.run(RUNS[sys.argv[1]](**json.loads(sys.argv[2])))
    sys.stdout.write("\n" + json.dumps(found) + "\n")  # the last line, whatever was said before
