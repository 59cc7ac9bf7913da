"""That the same blocks give the same derived rows, however they are taken up: ``python -m bench.same_rewards``.

Six seeds of a simulated network, 45 days each. Each chain is taken up in several ways: jobs beside blocks in batches of
400, 25 and 1; jobs that wait; jobs only when all blocks are there; and a program that is killed fifty times. Each table
is compared with that of the first way, row by row, and so is a dump that was restored. What judges by the moment at
which a job looks is off. Exits with 1 if anything differs.
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
from backbeat.settings import DatabaseSettings
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
    batch_blocks: int = 400
    environ: tuple[tuple[str, str], ...] = ()
    blocks_first: bool = False
    kills: int = 0


class Chain(NamedTuple):
    """What is simulated: ``blocks`` of ``transactions`` each over ``days``."""

    days: int
    blocks: int
    transactions: float


def ways(kills: int) -> Sequence[Way]:
    """Return the ways; all others are held to the first."""
    return (
        Way("jobs beside batches of 400 blocks"),
        Way("batches of 25", 25),
        Way("batches of 1", 1),
        Way("batches of 25, jobs ten seconds apart", 25, (("BACKBEAT_JOBS_FOLLOW_SECONDS", "10"),)),
        Way("all blocks first, then jobs", blocks_first=True),
        Way(f"batches of 1, {kills} kills", 1, tuple(SHORT_LEASES.items()), kills=kills),
    )


def record(path: Path, seed: int, chain: Chain) -> Path:
    """Write a simulated chain, whose blocks are evenly apart."""
    maker = BlockMaker(seed, chain.transactions, 1.0, PROD)
    apart_us = chain.days * DAY_US // chain.blocks
    with BlockRecordingWriter(path) as writer:
        for height in range(1, chain.blocks + 1):
            writer.write(maker.block(height, GENESIS_US + height * apart_us))
    return path


async def take_up(way: Way, url: str, recording: Path, source: random.Random) -> int:
    """Index the recording and bring all jobs to rest; return how often the program was killed."""
    with tempfile.TemporaryDirectory() as folder:
        if way.blocks_first:
            await _ends(way, await _start(way, "index", url, recording, folder))
        for killed in range(way.kills):
            process = await _start(way, "up", url, recording, folder)
            try:
                await asyncio.wait_for(process.wait(), source.uniform(*KILL_SECONDS))
            except TimeoutError:
                process.send_signal(signal.SIGKILL)
                await process.communicate()
            else:
                await _ends(way, process)
                return killed
        await _ends(way, await _start(way, "up", url, recording, folder))
        return way.kills


async def _start(way: Way, verb: str, url: str, recording: Path, folder: str) -> asyncio.subprocess.Process:
    settings = {
        "BACKBEAT_DATABASE_URL": url,
        "BACKBEAT_JOBS_OFF": ",".join(OF_THEIR_TIME),
        "BACKBEAT_INDEX_BATCH_BLOCKS_MAX": str(way.batch_blocks),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "backbeat", verb, "--data-dir", folder, "--json", "--recording", recording,
        "--exit-at-tip", *(["--no-web"] if verb == "up" else []),
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


async def one_seed(seed: int, chain: Chain, kills: int, server: Server, folder: Path) -> bool:
    """Take up one chain in every way and say what differs; return whether nothing does."""
    recording, source, same = record(folder / f"{seed}.blocks", seed, chain), random.Random(seed), True
    held, *others = ways(kills)
    async with server.database() as first:
        await take_up(held, first, recording, source)
        for way in others:
            async with server.database() as url:
                killed = await take_up(way, url, recording, source)
                same &= await _compared(f"seed {seed}, {way.name}, {killed} killed", first, url)
        async with server.database(empty=True) as url:
            await asyncio.to_thread(_restore, first, url)
            same &= await _compared(f"seed {seed}, dumped and restored", first, url)
    recording.unlink()
    return same


async def _compared(name: str, first: str, url: str) -> bool:
    found = await asyncio.to_thread(compare, first, url)
    sys.stdout.write("".join(f"{line}\n" for line in lines(name, found)))
    sys.stdout.flush()
    return not found.differences


async def _all(options: argparse.Namespace) -> bool:
    chain, same = Chain(options.days, options.blocks, options.transactions / options.blocks), True
    with tempfile.TemporaryDirectory(dir=options.data_dir) as folder:
        async with running(options.data_dir) as server:
            for seed in range(1, options.seeds + 1):
                same &= await one_seed(seed, chain, options.kills, server, Path(folder))
    return same


def main() -> int:
    """Print what each way of taking up a chain came to."""
    parser = argparse.ArgumentParser(prog="bench.same_rewards", description=__doc__.splitlines()[0])
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
