"""That the same blocks give the same derived rows, however they are taken up: ``python -m bench.same_rewards``.

Six seeds of a simulated network, 45 days each, in which every reward that follows from blocks is earned, and recordings
(``--recording FILE``), with what these take for granted. Each chain is taken up in several ways: jobs beside blocks in
batches of 400, 25 and 1; once more from zero; jobs a second apart, once an hour of the chain, and only when all blocks
are there; and a program that is killed, fifty times in all. Half-way through, other programs write tips and purchases.
Each table is compared with that of the first way, row by row, and so is a dump that was restored. What judges by the
moment at which a job looks is off. Exits with 1 if anything differs, or a reward was earned by nobody.
"""

import argparse
import asyncio
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString, NamedTuple

from chaos.replay import GENESIS_US, OF_THEIR_TIME

from backbeat.chain.recording import BlockRecordingWriter
from backbeat.db.installation import choose
from backbeat.settings import DatabaseSettings, Settings
from backbeat.settings_layers import load
from bench import by_the_hour, rewarding
from bench.programs import environ
from bench.quiet_log import quiet_log
from bench.rewarding import RewardingMaker
from bench.same_blocks import lines
from bench.same_rows import NO_ROWS, NOTHING, Aside, compare
from bench.server import Server, running

DAY_US = 86_400_000_000
KILL_SECONDS = (0.3, 1.5)  # between a start and its kill: before the first commit as well as amid jobs
LONGER = 1.3  # times as long is waited after a kill before which nothing was committed
GENESIS = datetime.fromtimestamp(GENESIS_US // 1_000_000, UTC).replace(tzinfo=None)
SHORT_LEASES = {"BACKBEAT_INDEX_LEASE_SECONDS": "1", "BACKBEAT_JOBS_LEASE_SECONDS": "2"}
OFF = tuple(
    name for name in OF_THEIR_TIME if name != "scheduled_releases"
)  # to rewards what is released is out by its date
RELEASED: Aside = {"tracks": {"updated_at"}, "playlists": {"updated_at"}, "past_tracks": None, "past_playlists": None}
"""What is dated with the moment at which the job came to a release, as its superseded versions are."""
BETWEEN_BLOCKS: Mapping[str, LiteralString] = {"acts": "place < 0"}
"""What a release is told by stands in front of the block that came next."""


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
    """What is taken up."""

    name: str
    """What it is called in the answer."""
    path: Path
    """The recording."""
    infer_snapshot: bool = False
    """Whether it takes for granted what was before it."""
    txs_per_block: int = 2
    """How many transactions of a bare recording become a block."""
    verifier_address: str = ""
    """Whose verifications count; empty: as the settings have it."""
    days: int = 0
    """Days of other programs that are written behind the block ``half``; 0: none, and the catalogue is as it comes."""
    half: int = 0
    """The block behind which they are written."""


def ways(kills: int) -> Sequence[Way]:
    """Return the ways; all others are held to the first."""
    return (
        Way("jobs beside batches of 400 blocks"),
        Way("the same once more, from zero"),
        Way("batches of 25, jobs a second apart", 25, (("BACKBEAT_JOBS_FOLLOW_SECONDS", "1"),)),
        Way("batches of 1", 1),
        Way("jobs once an hour of the chain", 25, by_the_hour=True),
        Way("all blocks first, as many at once as fit, then jobs", 2_000, blocks_first=True),
        Way(f"batches of 1, {kills} kills", 1, tuple(SHORT_LEASES.items()), kills=kills),
    )


def record(path: Path, seed: int, of: Simulated) -> Chain:
    """Write a simulated chain, whose blocks are evenly apart."""
    maker = RewardingMaker(seed, of.blocks, of.transactions, of.days)
    apart_us = of.days * DAY_US // of.blocks
    with BlockRecordingWriter(path) as writer:
        for height in range(1, of.blocks + 1):
            writer.write(maker.block(height, GENESIS_US + height * apart_us))
    address = maker.verifier_address
    return Chain(f"seed {seed}", path, verifier_address=address, days=of.days, half=of.blocks * 5 // 8)


async def take_up(way: Way, url: str, chain: Chain, source: random.Random) -> str:
    """Index a chain and bring all jobs to rest; say how that went."""
    if not chain.half:
        return f"{way.name}{await _part(way, url, chain, source, None)}"
    await asyncio.to_thread(rewarding.put_in_force, url)
    told = await _part(way._replace(kills=way.kills // 2), url, chain, source, chain.half)
    await asyncio.to_thread(rewarding.write_beside, url, GENESIS, chain.days // 2)
    return f"{way.name}{told}{await _part(way._replace(kills=way.kills - way.kills // 2), url, chain, source, None)}"


async def _part(way: Way, url: str, chain: Chain, source: random.Random, upto: int | None) -> str:
    """Take up a chain to a height, None: to its end; say what happened on the way."""
    if way.by_the_hour:
        settings = _settings(way, chain)
        times = await by_the_hour.take_up(url, settings, infer_snapshot=chain.infer_snapshot, upto=upto)
        return f", {times} times"
    with tempfile.TemporaryDirectory() as folder:
        if way.blocks_first:
            await _ends(way, await _start(way, "index", url, chain, folder, upto))
            if upto is not None:
                return ""
        killed, heights = await _killed(way, url, chain, source, upto, folder)
        await _ends(way, await _start(way, "up", url, chain, folder, upto))
    return f", {killed} killed at {heights} heights" if way.kills else ""


async def _killed(
    way: Way, url: str, chain: Chain, source: random.Random, upto: int | None, folder: str
) -> tuple[int, int]:
    """Kill the program again and again; return how often, and at how many different heights."""
    killed, heights, longest = 0, {0}, KILL_SECONDS[1]
    while killed < way.kills:
        process = await _start(way, "up", url, chain, folder, upto)
        try:
            await asyncio.wait_for(process.wait(), source.uniform(KILL_SECONDS[0], longest))
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            await process.communicate()
            killed += 1
            height = await asyncio.to_thread(rewarding.height, url)
            longest *= 1 if height > max(heights) else LONGER
            heights.add(height)
        else:
            await _ends(way, process)
            break
    return killed, len(heights)


def _settings(way: Way, chain: Chain) -> Settings:
    recorded = {
        "chain.source": "recording",
        "chain.recording": str(chain.path),
        "chain.txs_per_block": chain.txs_per_block,
        "chain.verifier_address": chain.verifier_address,
        "index.batch_blocks_max": way.batch_blocks,
        "jobs.off": OFF,
    }
    return load(recorded, environ={}).settings


async def _start(
    way: Way, verb: str, url: str, chain: Chain, folder: str, upto: int | None
) -> asyncio.subprocess.Process:
    settings = {
        "BACKBEAT_DATABASE_URL": url,
        "BACKBEAT_JOBS_OFF": ",".join(OFF),
        "BACKBEAT_INDEX_BATCH_BLOCKS_MAX": str(way.batch_blocks),
        "BACKBEAT_CHAIN_VERIFIER_ADDRESS": chain.verifier_address,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "backbeat", verb, "--data-dir", folder, "--json", "--recording", chain.path,
        "--txs-per-block", str(chain.txs_per_block), "--exit-at-tip",
        *([] if upto is None else ["--stop-at", str(upto)]),
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
    """Take up one chain in every way and say what differs; return whether nothing does, and all was earned."""
    held, *others = ways(kills)
    async with server.database() as first:
        await take_up(held, first, chain, source)
        same = _earned(chain, first)
        for way in others:
            async with server.database() as url:
                how = await take_up(way, url, chain, source)
                same &= await _compared(f"{chain.name}, {how}", first, url)
        async with server.database(empty=True) as url:
            await asyncio.to_thread(_restore, first, url)
            same &= await _compared(f"{chain.name}, dumped and restored", first, url, aside=NOTHING, rows_aside=NO_ROWS)
    return same


def _earned(chain: Chain, url: str) -> bool:
    """Say how often which challenge was earned; return whether each that should have been was."""
    found = rewarding.earned(url)
    missing = sorted(rewarding.EARNED - found.keys()) if chain.half else []
    told = ", ".join(f"{name} {times:,}" for name, times in found.items())
    _say([f"{chain.name}, earned: {told}", *([f"  earned by nobody: {', '.join(missing)}"] if missing else [])])
    return not missing


async def _compared(
    name: str,
    first: str,
    url: str,
    aside: Aside = RELEASED,
    rows_aside: Mapping[str, LiteralString] = BETWEEN_BLOCKS,
) -> bool:
    found = await asyncio.to_thread(compare, first, url, aside=aside, rows_aside=rows_aside)
    _say(lines(name, found))
    return not found.differences


def _say(told: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in told))
    sys.stdout.flush()


async def _all(options: argparse.Namespace) -> bool:
    simulated = Simulated(options.days, options.blocks, options.transactions / options.blocks)
    same = True
    with tempfile.TemporaryDirectory(dir=options.data_dir) as folder:
        async with running(options.data_dir, durable=False) as server:
            for path in options.recording:
                chain = Chain(path.name, path, infer_snapshot=True, txs_per_block=options.txs_per_block)
                same &= await in_every_way(chain, options.kills, server, random.Random(0))
            for seed in options.seed or range(1, options.seeds + 1):
                chain = record(Path(folder) / f"{seed}.blocks", seed, simulated)
                same &= await in_every_way(chain, options.kills, server, random.Random(seed))
                chain.path.unlink()
    return same


def main() -> int:
    """Print what each way of taking up a chain came to."""
    parser = argparse.ArgumentParser(prog="bench.same_rewards", description=__doc__.splitlines()[0])
    parser.add_argument("--recording", type=Path, nargs="*", default=[], help="recordings beside the simulated chains")
    parser.add_argument("--txs-per-block", type=int, default=2, help="of recordings without blocks")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--seed", type=int, nargs="*", help="these instead of the first ones")
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--blocks", type=int, default=270)
    parser.add_argument("--transactions", type=int, default=2_160)
    parser.add_argument("--kills", type=int, default=9, help="of each chain")
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    same = asyncio.run(_all(options))
    sys.stdout.write(f"off, since they judge by the moment at which they run: {', '.join(OFF)}\n")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
