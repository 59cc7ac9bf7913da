"""That two programs make the same rows of the same blocks: every table, row by row, jobs on.

``python -m bench.same_blocks --before OTHER/.venv/bin --recording mainnet.pb`` takes ten minutes. Both programs run
whole, ``backbeat up`` until the tip and until no job has anything left, over the simulator's first 60,000 transactions
and over each recording. Differences that may be are those of time, not of blocks: they are listed and left out.
Exits with 1 if there is another one.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from chaos.content import LEFT_OUT, NOT_CONTENT
from chaos.replay import OF_THEIR_TIME, simulated

from bench.programs import Program, add_before, environ, in_turn
from bench.quiet_log import quiet_log
from bench.same_rows import OF_THE_VERSION, Comparison, compare
from bench.server import running

TXS_PER_BLOCK = 2
BATCH_BLOCKS_MAX = 100  # some hundreds of commits, between which jobs run
SHOWN = 5  # rows of a table on either side


async def compared(recording: Path, programs: Sequence[Program], place: Path) -> Comparison:
    """Run both programs over a recording, one after the other."""
    async with running(place) as server:
        urls: list[str] = []
        for program in programs:
            urls.append(await server.kept(program))
            await _run(program, recording, urls[-1])
        before, after = urls
        return await asyncio.to_thread(compare, before, after)


async def _run(program: Program, recording: Path, url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "BACKBEAT_DATABASE_URL": url,
            "BACKBEAT_JOBS_OFF": ",".join(OF_THEIR_TIME),
            "BACKBEAT_INDEX_BATCH_BLOCKS_MAX": str(BATCH_BLOCKS_MAX),
        }
        process = await asyncio.create_subprocess_exec(
            program.python, "-P", "-m", "backbeat", "up", "--data-dir", folder, "--no-web", "--json",
            "--recording", recording, "--infer-snapshot", "--exit-at-tip",
            env=environ() | settings, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{program.name} failed over {recording.name}: {said.decode()[-2_000:]}")


def allowed() -> Iterator[str]:
    """Yield what is left out, and so may differ."""
    yield f"jobs that judge by the moment at which they run, and are off: {', '.join(OF_THEIR_TIME)}"
    yield f"tables that tell when runs were: {', '.join(sorted(NOT_CONTENT))}"
    yield f"tables that tell of the version: {', '.join(map('.'.join, OF_THE_VERSION))}"
    for table, names in LEFT_OUT.items():
        yield f"times of processing, and ids of a sequence: {table}: {', '.join(sorted(names))}"


def lines(name: str, found: Comparison) -> Iterator[str]:
    """Yield what came of one recording."""
    yield f"{name}: {found.rows:,} rows of {found.tables} tables are the same, {len(found.differences)} tables differ"
    for one in found.differences:
        yield f"  {one.table}: {len(one.only_before):,} rows only before, {len(one.only_after):,} only after"
        for side, rows in (("before", one.only_before), ("after", one.only_after)):
            yield from (f"    {side}: {row[:300]}" for row in rows[:SHOWN])
    yield from (f"  not compared, {column}" for column in found.columns)


async def _all(options: argparse.Namespace) -> Mapping[str, Comparison]:
    programs, found = in_turn(options.before), {}
    with tempfile.TemporaryDirectory(dir=options.data_dir) as folder:
        made = simulated(
            Path(folder) / "simulated.blocks",
            blocks=options.transactions // TXS_PER_BLOCK,
            txs_per_second=float(TXS_PER_BLOCK),
        )
        for recording in (made, *options.recording):
            found[recording.name] = await compared(recording, programs, options.data_dir)
            sys.stdout.write("".join(f"{line}\n" for line in lines(recording.name, found[recording.name])))
    return found


def main() -> int:
    """Print what differs, and what may."""
    parser = argparse.ArgumentParser(prog="bench.same_blocks", description=__doc__.splitlines()[0])
    add_before(parser, required=True)
    parser.add_argument("--recording", type=Path, nargs="*", default=[], help="recordings beside the simulated one")
    parser.add_argument("--transactions", type=int, default=60_000, help="of the simulated chain")
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    found = asyncio.run(_all(options))
    sys.stdout.write("".join(f"may differ: {line}\n" for line in allowed()))
    return int(any(one.differences for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
