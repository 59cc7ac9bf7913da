"""That the same blocks give the same derived rows, however they are taken up: ``python -m bench.same_rewards``.

Six seeds of a simulated network, 45 days each, and recordings (``--recording FILE``), with what these take for granted.
Each chain is taken up in several ways: jobs beside blocks in batches of 400, 25 and 1; once more from zero; jobs that
wait, that run once an hour of the chain, and only when all blocks are there; and a program that is killed fifty times.
Each table is compared with that of the first way, row by row, and so is a dump that was restored. What judges by the
moment at which a job looks is off. Exits with 1 if anything differs.
"""

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chaos.replay import GENESIS_US, OF_THEIR_TIME

from backbeat.chain.networks import PROD
from backbeat.chain.recording import BlockRecordingWriter
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.db.installation import choose
from backbeat.settings import DatabaseSettings, Settings
from backbeat.settings_layers import load
from bench import by_the_hour
from bench.programs import environ
from bench.quiet_log import quiet_log
from bench.same_blocks import lines
from bench.same_rows import compare
from bench.server import Server, running

DAY_US = 86_400_000_000
KILL_SECONDS = (0.3, 1.5)  # between a start and its kill: before the first commit as well as amid jobs
SHORT_LEASES = {"BACKBEAT_INDEX_LEASE_SECONDS": "1", "BACKBEAT_JOBS_LEASE_SECONDS": "2"}


class Way(NamedTuple):
    """How a chain is taken up."""

    name: str
    """What it is called in the report."""
    batch_blocks: int = 400
    """Most blocks that are committed together."""
    environ: tuple[tuple[str, str], ...] = ()
    """Settings beside those of all ways."""
    blocks_first: bool = False
    """No job runs before all blocks are there."""
    kills: int = 0
    """How often the program is killed, at most."""
    by_the_hour: bool = False
    """Jobs run whenever an hour of the chain is there."""


class Simulated(NamedTuple):
    """What is simulated: ``blocks`` of ``transactions`` each over ``days``."""

    days: int
    blocks: int
    transactions: float


class Chain(NamedTuple):
    """What is taken up. ``infer_snapshot``: it takes for granted what was before it."""

    name: str
    path: Path
    infer_snapshot: bool = False
    txs_per_block: int = 2


def ways(kills: int) -> Sequence[Way]:
    """Return the ways; all others are held to the first."""
    return (
        Way("jobs beside batches of 400 blocks"),
        Way("the same once more, from zero"),
        Way("batches of 25, jobs a second apart", 25, (("BACKBEAT_JOBS_FOLLOW_SECONDS", "1"),)),
        Way("batches of 1", 1),
        Way("batches of 25, jobs ten seconds apart", 25, (("BACKBEAT_JOBS_FOLLOW_SECONDS", "10"),)),
        Way("jobs once an hour of the chain", 25, by_the_hour=True),
        Way("all blocks first, then jobs", blocks_first=True),
        Way(f"batches of 1, {kills} kills", 1, tuple(SHORT_LEASES.items()), kills=kills),
    )


def record(path: Path, seed: int, chain: Simulated) -> Path:
    """Write a simulated chain, whose blocks are evenly apart."""
    maker = BlockMaker(seed, chain.transactions, 1.0, PROD)
    apart_us = chain.days * DAY_US // chain.blocks
    with BlockRecordingWriter(path) as writer:
        for height in range(1, chain.blocks + 1):
            writer.write(maker.block(height, GENESIS_US + height * apart_us))
    return path


async def take_up(way: Way, url: str, chain: Chain, source: random.Random) -> str:
    """Index a chain and bring all jobs to rest; say how that went."""
    with tempfile.TemporaryDirectory() as folder:
        if way.by_the_hour:
            times = await by_the_hour.take_up(url, _settings(way, chain), infer_snapshot=chain.infer_snapshot)
            return f"{way.name}, {times} times"
        if way.blocks_first:
            await _ends(way, await _start(way, "index", url, chain, folder))
        killed = 0
        while killed < way.kills:
            process = await _start(way, "up", url, chain, folder)
            try:
                await asyncio.wait_for(process.wait(), source.uniform(*KILL_SECONDS))
            except TimeoutError:
                process.send_signal(signal.SIGKILL)
                await process.communicate()
                killed += 1
            else:
                await _ends(way, process)
                return f"{way.name}, {killed} killed"
        await _ends(way, await _start(way, "up", url, chain, folder))
        return f"{way.name}, {killed} killed" if way.kills else way.name


def _settings(way: Way, chain: Chain) -> Settings:
    recorded = {
        "chain.source": "recording",
        "chain.recording": str(chain.path),
        "chain.txs_per_block": chain.txs_per_block,
        "index.batch_blocks_max": way.batch_blocks,
        "jobs.off": OF_THEIR_TIME,
    }
    return load(recorded, environ={}).settings


async def _start(way: Way, verb: str, url: str, chain: Chain, folder: str) -> asyncio.subprocess.Process:
    settings = {
        "BACKBEAT_DATABASE_URL": url,
        "BACKBEAT_JOBS_OFF": ",".join(OF_THEIR_TIME),
        "BACKBEAT_INDEX_BATCH_BLOCKS_MAX": str(way.batch_blocks),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "backbeat", verb, "--data-dir", folder, "--json", "--recording", chain.path,
        "--txs-per-block", str(chain.txs_per_block), "--exit-at-tip",
        *(["--infer-snapshot"] if chain.infer_snapshot else []), *(["--no-web"] if verb == "up" else []),
        env=environ() | settings | dict(way.environ),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def _ends(way: Way, process: asyncio.subprocess.Process) -> None:
    _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{way.name}: {said.decode()[-2_000:]}")


def _restore(source: str, target: str) -> None:
    """Dump a database into an empty one."""
    programs = choose(DatabaseSettings(), Path()).bin
    dump = subprocess.run([programs / "pg_dump", "--format=custom", source], check=True, capture_output=True)
    subprocess.run([programs / "pg_restore", "--no-owner", f"--dbname={target}"], input=dump.stdout, check=True)


async def in_every_way(chain: Chain, kills: int, server: Server, source: random.Random) -> bool:
    """Take up one chain in every way and say what differs; return whether nothing does."""
    same = True
    held, *others = ways(kills)
    async with server.database() as first:
        await take_up(held, first, chain, source)
        for way in others:
            async with server.database() as url:
                how = await take_up(way, url, chain, source)
                same &= await _compared(f"{chain.name}, {how}", first, url)
        async with server.database(empty=True) as url:
            await asyncio.to_thread(_restore, first, url)
            same &= await _compared(f"{chain.name}, dumped and restored", first, url)
    return same


async def _compared(name: str, first: str, url: str) -> bool:
    found = await asyncio.to_thread(compare, first, url)
    sys.stdout.write("".join(f"{line}\n" for line in lines(name, found)))
    sys.stdout.flush()
    return not found.differences


async def _all(options: argparse.Namespace) -> bool:
    simulated = Simulated(options.days, options.blocks, options.transactions / options.blocks)
    same = True
    with tempfile.TemporaryDirectory(dir=options.data_dir) as folder:
        async with running(options.data_dir) as server:
            for path in options.recording:
                chain = Chain(path.name, path, infer_snapshot=True, txs_per_block=options.txs_per_block)
                same &= await in_every_way(chain, options.kills, server, random.Random(0))
            for seed in range(1, options.seeds + 1):
                chain = Chain(f"seed {seed}", record(Path(folder) / f"{seed}.blocks", seed, simulated))
                same &= await in_every_way(chain, options.kills, server, random.Random(seed))
                chain.path.unlink()
    return same


def main() -> int:
    """Print what each way of taking up a chain came to."""
    parser = argparse.ArgumentParser(prog="bench.same_rewards", description=__doc__.splitlines()[0])
    parser.add_argument("--recording", type=Path, nargs="*", default=[], help="recordings beside the simulated chains")
    parser.add_argument("--txs-per-block", type=int, default=2, help="of recordings without blocks")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--blocks", type=int, default=2_000)
    parser.add_argument("--transactions", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    same = asyncio.run(_all(options))
    sys.stdout.write(f"off, since they judge by the moment at which they run: {', '.join(OF_THEIR_TIME)}\n")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
