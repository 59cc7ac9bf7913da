"""Indexes a recording to its end, as the program would. Also a program of its own, for what needs a whole process."""

import asyncio
import resource
import sys
from pathlib import Path
from typing import Any

import msgspec

from backbeat.chain.native import installed_reader
from backbeat.chain.recording import open_recording
from backbeat.chain.signatures import Verifier
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.progress import Progress
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import DatabaseSettings, IndexSettings
from bench.chains import NETWORK, Chain
from bench.quiet_log import quiet_log

BYTES_PER_RSS_UNIT = 1024 if sys.platform == "linux" else 1


async def replay(chain: Chain, url: str, **settings: Any) -> Progress:
    """Index ``chain`` with signatures verified; settings as in IndexSettings."""
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        followed = FollowedChain(
            source=open_recording(chain.path, txs_per_block=chain.txs_per_block),
            rules=EntityRules(verifier_address=chain.verifier_address),
            verifier=Verifier(NETWORK),
            exit_at_tip=True,
            native=installed_reader(),
        )
        loop = BlockLoop(followed, lanes, IndexSettings(**settings), SystemClock())
        await loop.run()
        return loop.progress


async def replay_elsewhere(chain: Chain, url: str, *wrapper: str | Path) -> dict[str, float]:
    """Index ``chain`` in a process of its own, under the program ``wrapper`` if given; return what it said."""
    process = await asyncio.create_subprocess_exec(
        *wrapper, sys.executable, "-m", "bench.replay", chain.path, url, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"indexing {chain.name} in another process failed")
    last = next(line for line in reversed(said.splitlines()) if line.startswith(b"{"))  # the wrapper talks, too
    return dict(msgspec.json.decode(last, type=dict[str, float]))


async def _main(path: str, url: str) -> None:
    quiet_log()
    progress = await replay(Chain("given", Path(path)), url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * BYTES_PER_RSS_UNIT
    sys.stdout.write(msgspec.json.encode({"transactions": progress.transactions, "peak_bytes": peak}).decode() + "\n")


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:3]))
