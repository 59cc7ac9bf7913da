"""What every challenge costs, ours and the old way, on a made-up database with a tenth of the main network's rows.

``python -m bench.challenges_cost`` prints the tables of docs/measurements/challenges.md. The old way is the
full recompute of the challenge: the same definition over all keys, compared with what is stored, as a rebuild does it.
It is what a tick cost that did not know what had changed. Three things are measured:

* an idle tick, when blocks went by that a challenge does not care about: the median of many;
* 1,000 changes of every kind that challenges follow, written in one block, and then each challenge run until quiet;
* 200,000 plays to catch up with, for the challenges that follow plays.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.job import Job
from bench.expense import Expense, Purse
from bench.quiet_log import quiet_log
from bench.synthetic.chain import Chain
from bench.synthetic.clock import connect_at
from bench.synthetic.library import DEFAULT, opened
from bench.synthetic.settle import until_quiet

TICKS = 50
IDLE_TOTAL_MS_MAX = 30.0
PLAYS = 200_000
CHANGES = 1_000
KINDS = (
    "plays", "follows", "saves", "reposts", "uploads", "profiles", "playlists", "comments", "pins", "arrivals",
    "purchases", "tips", "contests",
)  # fmt: skip
FOLLOWS_PLAYS = ("challenges.listen_streak", "challenges.play_count_milestones")
SECOND = timedelta(seconds=1)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """One challenge's figures."""

    name: str
    """The challenge's job without its area."""
    idle_ms: float
    """The median of idle ticks."""
    idle_buffers: float
    """Per idle tick."""
    idle_rows: float
    """Rows read per idle tick."""
    full: Expense | None
    """A full recompute; None where the past cannot be judged again."""
    changed: Expense
    """Catching up with a thousand changes."""
    changed_keys: int
    """Keys recomputed for them."""
    caught_up: Expense | None
    """Catching up with a backlog of plays; None where the challenge follows none."""


async def measure(url: str, *, ticks: int = TICKS, changes: int = CHANGES, plays: int = PLAYS) -> list[Cost]:
    """Measure every challenge on the database at rest at ``url``, which is used up."""
    jobs = [job for job in JOBS if job.name.startswith("challenges.")]
    async with await connect_at(url) as writer, await connect_at(url) as session:
        chain = await Chain.on(writer)
        purse = await Purse.of(session, url)
        try:
            await chain.commit(SECOND, {})
            idle = {job.name: await _idle(job, session, purse, ticks) for job in jobs}
            full = {job.name: await _full(job, session, purse) for job in jobs}
            await chain.commit(SECOND, dict.fromkeys(KINDS, changes))
            changed = {job.name: await _until_quiet(job, session, purse) for job in jobs}
            await chain.commit(timedelta(hours=1), {"plays": plays})
            followers = [job for job in jobs if job.name in FOLLOWS_PLAYS]
            caught_up = {job.name: (await _until_quiet(job, session, purse))[0] for job in followers}
        finally:
            await purse.close()
    return [
        Cost(
            name=job.name.removeprefix("challenges."),
            idle_ms=idle[job.name][0],
            idle_buffers=idle[job.name][1].buffers / ticks,
            idle_rows=idle[job.name][1].rows_read / ticks,
            full=full[job.name],
            changed=changed[job.name][0],
            changed_keys=changed[job.name][1],
            caught_up=caught_up.get(job.name),
        )
        for job in jobs
    ]


async def _idle(job: Job, session: AsyncConnection[Any], purse: Purse, ticks: int) -> tuple[float, Expense]:
    """Return the median of quiet ticks in milliseconds, and what all of them cost."""
    await until_quiet(job.run, session)
    times: list[float] = []

    async def tick() -> None:
        clock = asyncio.get_running_loop()
        for _ in range(ticks):
            began = clock.time()
            report = await job.run(Session(session))
            times.append(1e3 * (clock.time() - began))
            if not report.is_quiet:
                raise RuntimeError(f"{job.name} is not quiet: {report}")

    _, cost = await purse.spend(tick)
    return statistics.median(times), cost


async def _full(job: Job, session: AsyncConnection[Any], purse: Purse) -> Expense | None:
    if job.rebuild is None:
        return None
    rebuild = job.rebuild
    await rebuild(Session(session))  # once for warm buffers: the old way ran every few seconds, too
    _, cost = await purse.spend(lambda: rebuild(Session(session)))
    return cost


async def _until_quiet(job: Job, session: AsyncConnection[Any], purse: Purse) -> tuple[Expense, int]:
    report, cost = await purse.spend(lambda: until_quiet(job.run, session))
    return cost, report.keys


def tables(costs: Sequence[Cost]) -> Iterator[str]:
    """Yield the lines of the tables."""
    yield "| challenge | idle tick, ms | buffers | rows | 1,000 changes, ms | keys | rows | buffers | WAL, kB |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for cost in costs:
        yield (
            f"| {cost.name} | {cost.idle_ms:.2f} | {cost.idle_buffers:.0f} | {cost.idle_rows:.0f} |"
            f" {_columns(cost.changed, cost.changed_keys)} |"
        )
    total = sum(cost.idle_ms for cost in costs)
    yield f"| all together | {total:.1f} | {sum(cost.idle_buffers for cost in costs):.0f} | | | | | | |"
    yield ""
    yield "| challenge | full recompute, ms | rows | buffers | WAL, kB | ours for 1,000 changes |"
    yield "|---|---|---|---|---|---|"
    for cost in costs:
        if cost.full is not None:
            share = f"1/{cost.full.ms / cost.changed.ms:,.0f}" if cost.full.ms > cost.changed.ms else "more"
            yield f"| {cost.name} | {_columns(cost.full)} | {share} |"
    yield ""
    yield "| catching up with 200,000 plays | ms | rows | buffers | WAL, kB |"
    yield "|---|---|---|---|---|"
    for cost in costs:
        if cost.caught_up is not None:
            yield f"| {cost.name} | {_columns(cost.caught_up)} |"


def _columns(cost: Expense, keys: int | None = None) -> str:
    figures = [cost.ms, *([] if keys is None else [keys]), cost.rows_read, cost.buffers, cost.wal_bytes / 1024]
    return " | ".join(f"{figure:,.1f}" if figure < 10 else f"{figure:,.0f}" for figure in figures)


async def _alone(place: Path, scale: float) -> list[Cost]:
    async with opened(place, scale) as library, library.copy() as url:
        return await measure(url)


def main() -> int:
    """Print the tables; exit with 1 if the idle budget is missed."""
    parser = argparse.ArgumentParser(prog="bench.challenges_cost", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    costs = asyncio.run(_alone(options.data, options.scale))
    sys.stdout.write("\n".join((*tables(costs), "")))
    return int(sum(cost.idle_ms for cost in costs) > IDLE_TOTAL_MS_MAX)


if __name__ == "__main__":
    sys.exit(main())
