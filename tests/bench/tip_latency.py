"""From a committed block to the reward that it earned: ``backbeat up`` at the tip of a busy simulated chain.

Both instants are the server's own commit timestamps, of the transaction that wrote the block and of the one that wrote
the completed row, so nothing polls and nothing is guessed. A commit timestamp is taken just before the commit is
flushed to disk: on both sides what is seen is seen that flush later. Rows that were still missing at the end are made
by running the challenges once more, so a row that got lost counts, with all the time that it was missing.
"""

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from clusters import cluster_folder
from psycopg import AsyncConnection
from rich.console import Console
from rich.table import Table

from backbeat.clock import SystemClock
from backbeat.codes import Phase
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import migrate
from backbeat.db.pool import open_lanes
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings
from bench.meter import Spent, metered, server_seconds
from bench.quiet_log import quiet_log
from bench.server import connect

HERE = Path(__file__).parent
HISTORY = (HERE / "tip_latency_history.sql").read_text()
LATENCIES = (HERE / "tip_latency.sql").read_text()
REWARDING = [job for job in JOBS if job.name.startswith("challenges.")]
BUDGET_SECONDS = 1.0
POLL_SECONDS = 0.25
READY_SECONDS_MAX = 300.0
GRACE = timedelta(seconds=3)  # what was earned just before the end had no time to be seen
WORST = 10


class Options(NamedTuple):
    """How much is measured. ``stagger_seconds``: None for what users have."""

    minutes: float = 10.0
    txs_per_second: float = 200.0
    backlog_blocks: int = 60
    stagger_seconds: float | None = None


class Reward(NamedTuple):
    """A completed row; ``happened_at`` is None where it is not known any more."""

    challenge_id: str
    specifier: str
    happened_at: datetime | None
    seen_at: datetime

    @property
    def seconds(self) -> float:
        """What it took."""
        assert self.happened_at is not None
        return (self.seen_at - self.happened_at).total_seconds()


class Latency(msgspec.Struct, frozen=True):
    """What rewards of one challenge took, in seconds."""

    challenge: str
    count: int
    p50: float
    p99: float
    max: float


class Result(msgspec.Struct, frozen=True):
    """What a run came to."""

    minutes: float
    """How long it was."""
    txs_per_second: float
    """The rate of the chain."""
    blocks: int
    """Blocks in it."""
    server_cpu_seconds: float
    """Processor time of the server."""
    program_cpu_seconds: float
    """Processor time of the program."""
    noise_percent: float
    """How much of the machine other work took."""
    untimed: dict[str, int]
    """Rewards by challenge that no event of known time earned."""
    backwards: int
    """Rewards that came before their supposed event: then the measurement is wrong."""
    all: Latency
    """Latencies of all rewards."""
    challenges: list[Latency]
    """Latencies by challenge."""
    worst: list[tuple[str, str, float, datetime]]
    """The slowest: challenge, specifier, seconds, when it was seen."""

    @property
    def is_kept(self) -> bool:
        """Whether the budget is."""
        return self.all.count > 0 and self.all.p99 < BUDGET_SECONDS and not self.backwards


async def measure(place: Path, options: Options) -> Result:
    """Run everything on a fresh server under ``place`` for the time asked, from when all jobs have run at the tip."""
    configuration = {"track_commit_timestamp": "on"}
    with cluster_folder(place) as folder:
        async with EmbeddedPostgres(folder, configuration=configuration) as postgres:
            await migrate(postgres.url, clock=SystemClock())
            async with await connect(postgres.url) as observer:
                await observer.execute(HISTORY.encode())
                return await _measure(postgres, observer, folder, options)


async def _measure(
    postgres: EmbeddedPostgres, observer: AsyncConnection[Any], folder: Path, options: Options
) -> Result:
    async with _program(postgres.url, folder / "program", options) as program:
        await _all_have_run(observer, program)
        begun, first = await _now(observer)
        with metered(postgres.pid) as spent:
            before = server_seconds(program.pid)
            await _stays_up(program, options.minutes * 60)
            program_seconds = server_seconds(program.pid) - before
        ended, last = await _now(observer)
    async with await open_lanes(postgres.url, DatabaseSettings()) as lanes:
        await Runner(lanes, REWARDING, JobsSettings(), SystemClock()).run_until_idle()
    rows = await (await observer.execute(LATENCIES.encode())).fetchall()
    rewards = [Reward._make(row) for row in rows]
    timed = [it for it in rewards if it.happened_at is not None and begun <= it.happened_at < ended - GRACE]
    untimed = Counter(
        it.challenge_id for it in rewards if it.happened_at is None and begun <= it.seen_at < ended - GRACE
    )
    return _result(options, timed, untimed, last - first, spent, program_seconds)


@asynccontextmanager
async def _program(url: str, data_dir: Path, options: Options) -> AsyncIterator[Process]:
    """Run ``backbeat up`` on the server, as everybody runs it, until the context ends."""
    environ = os.environ | {"BACKBEAT_SIMULATOR_BACKLOG_BLOCKS": str(options.backlog_blocks)}
    if options.stagger_seconds is not None:
        environ["BACKBEAT_JOBS_STAGGER_SECONDS"] = str(options.stagger_seconds)
    command = ["-m", "backbeat", "up", "--simulate", "--database", url, "--data-dir", str(data_dir), "--port", "0"]
    command += ["--rate", str(options.txs_per_second), "--log-level", "error"]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env=environ, stdout=DEVNULL)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        await process.wait()


async def _stays_up(program: Process, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            raise RuntimeError(f"the program ended with {await program.wait()}")


async def _all_have_run(observer: AsyncConnection[Any], program: Process) -> None:
    """Wait until the chain's tip is reached and every job has succeeded."""
    query = """
        SELECT coalesce((SELECT phase = %(at_tip)s FROM backbeat.indexer), false)
            AND EXISTS (SELECT FROM backbeat.jobs) AND NOT EXISTS (SELECT FROM backbeat.jobs WHERE succeeded_at IS NULL)
    """
    async with asyncio.timeout(READY_SECONDS_MAX):
        while not await _one(observer, query, at_tip=Phase.AT_TIP):
            await _stays_up(program, POLL_SECONDS)


async def _now(observer: AsyncConnection[Any]) -> tuple[datetime, int]:
    """Return the server's time and the height that is indexed."""
    query = b"SELECT clock_timestamp(), height FROM backbeat.cursor"
    row = await (await observer.execute(query)).fetchone()
    assert row is not None
    return row[0], row[1]


async def _one(observer: AsyncConnection[Any], query: str, **values: str) -> Any:
    row = await (await observer.execute(query.encode(), values)).fetchone()
    return row[0] if row else None


def _result(
    options: Options,
    rewards: Sequence[Reward],
    untimed: Counter[str],
    blocks: int,
    spent: Spent,
    program_seconds: float,
) -> Result:
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for reward in rewards:
        seconds[reward.challenge_id].append(reward.seconds)
    worst = sorted(rewards, key=lambda reward: reward.seconds, reverse=True)[:WORST]
    return Result(
        minutes=options.minutes,
        txs_per_second=options.txs_per_second,
        blocks=blocks,
        server_cpu_seconds=round(spent.server, 1),
        program_cpu_seconds=round(program_seconds, 1),
        noise_percent=round(
            (spent.machine - spent.server - program_seconds) / spent.wall / (os.cpu_count() or 1) * 100
        ),
        untimed=dict(untimed),
        backwards=sum(it.seconds < 0 for it in rewards),
        all=_latency("all", [reward.seconds for reward in rewards]),
        challenges=[_latency(challenge, each) for challenge, each in sorted(seconds.items())],
        worst=[(it.challenge_id, it.specifier, round(it.seconds, 3), it.seen_at) for it in worst],
    )


def _latency(challenge: str, seconds: list[float]) -> Latency:
    if not seconds:
        return Latency(challenge, 0, 0.0, 0.0, 0.0)
    ordered = sorted(seconds)
    p99 = ordered[-(-99 * len(ordered) // 100) - 1]  # the nearest rank: never less than 99 in 100 took
    return Latency(challenge, len(ordered), *(round(it, 3) for it in (statistics.median(ordered), p99, ordered[-1])))


def show(result: Result, console: Console) -> None:
    """Print the figures as a table."""
    table = Table("challenge", "rewards", "p50 s", "p99 s", "max s", title="From a committed block to the reward")
    for row in (*result.challenges, result.all):
        table.add_row(row.challenge, f"{row.count:,}", *(f"{it:.3f}" for it in (row.p50, row.p99, row.max)))
    console.print(table)
    console.print(
        f"{result.minutes:g} min at {result.txs_per_second:g} transactions/s, {result.blocks} blocks; processor "
        f"seconds: server {result.server_cpu_seconds}, program {result.program_cpu_seconds}; "
        f"others took {result.noise_percent} %; not timed: {_told(result.untimed)}; backwards: {result.backwards}",
        style="dim",
    )
    for challenge, specifier, seconds, at in result.worst:
        console.print(f"{seconds:8.3f} s  {challenge} {specifier}  {at:%H:%M:%S.%f}", style="dim", highlight=False)


def _told(untimed: dict[str, int]) -> str:
    return ", ".join(f"{count} {challenge}" for challenge, count in sorted(untimed.items())) or "none"


def main() -> int:
    """Measure; exit with 1 if the budget is missed in a run that is not a smoke run."""
    parser = argparse.ArgumentParser(prog="python -m bench.tip_latency", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=Options().minutes, help="how long, once everything is at the tip"
    )
    parser.add_argument("--rate", type=float, default=Options().txs_per_second, help="transactions per second")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--quick", action="store_true", help="a smoke run of seconds; its figures mean nothing")
    parser.add_argument(
        "--data-dir", type=Path, default=Path(tempfile.gettempdir()), help="where the server's files go"
    )
    chosen = parser.parse_args()
    quiet_log()
    options = Options(minutes=chosen.minutes, txs_per_second=chosen.rate)
    if chosen.quick:
        options = options._replace(minutes=0.12, backlog_blocks=5, stagger_seconds=0.02)
    result = asyncio.run(measure(chosen.data_dir, options))
    if chosen.json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    else:
        show(result, Console(width=130))
    return int(not (result.is_kept or chosen.quick))


if __name__ == "__main__":
    sys.exit(main())
