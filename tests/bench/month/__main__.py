"""Thirty days of a network with every job on, in simulated time: is all fresh, exact, told once, and memory flat?

``python -m bench.month --away 12 15`` has the program down from the twelfth day to the fifteenth in a second month and
says what became of what users are told. The real runner and SQL run on a clock that jumps from one start to the next;
cadences are ``--slower`` times as long as the network's, and so is what a job promises.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from psycopg import AsyncConnection
from virtual_time import Stage, install, stage

from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.jobs.catalog import JOBS, catalog
from backbeat.jobs.job import Job
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings, Settings
from bench.month.story import DAY_SECONDS, HOUR_SECONDS, Plan, Story
from bench.quiet_log import quiet_log
from bench.server import Server, running

INSTANTS = """
CREATE FUNCTION held.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE RETURN (SELECT at FROM held.clock);
CREATE FUNCTION held.now() RETURNS timestamptz LANGUAGE sql STABLE RETURN (SELECT at FROM held.clock);
"""
TOLD = "SELECT type, group_id, specifier, user_ids, count(*) FROM public.notification GROUP BY 1, 2, 3, 4"
LOOK_SECONDS = 60.0  # nobody asks for a run meanwhile
RUNS = "SELECT name, quiet_runs + changed_runs, failed_runs + lost_runs FROM backbeat.jobs"
SETTLED_SECONDS = 2 * HOUR_SECONDS  # behind the last block

Told = dict[tuple[str, str, str], int]
"""How often users were told: type, group and specifier."""


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What one simulated month came to."""

    plan: Plan
    """What happened in it."""
    transactions: int
    """Transactions indexed."""
    runs: dict[str, int]
    """Runs of each job."""
    failures: dict[str, int]
    """Runs that failed, of each job."""
    late: dict[str, int]
    """How often a look, once an hour, found a job late while the program was up."""
    differing: dict[str, int]
    """Rows in which an audit at the end differs, of each job."""
    audits: int
    """How many audits there were."""
    memory_mb: tuple[float, float]
    """The most memory it had taken after a third of the time, and at the end."""
    types: dict[str, int]
    """Notifications of each type."""


async def month(server: Server, plan: Plan, slower: float) -> tuple[Month, Told]:
    """Live through a month in a fresh database of ``server``."""
    async with server.database() as url:
        held_url = await install(url)
        every_seconds = {job.name: job.every_seconds * slower for job in JOBS}
        settings = JobsSettings(every_seconds=every_seconds, poll_seconds=LOOK_SECONDS, poll_seconds_max=LOOK_SECONDS)
        async with stage(held_url, settings) as on, await open_lanes(held_url, DatabaseSettings()) as lanes:
            await on.connection.execute(INSTANTS.encode())
            on.jobs = catalog(Settings(jobs=settings))
            with patch.object(SystemClock, "now", lambda _: on.clock.now()):
                return await _lived(on, Story(plan, lanes, on.connection))


async def _lived(on: Stage, story: Story) -> tuple[Month, Told]:
    plan = story.plan
    await story.begin()
    on.hire()
    end = plan.days * DAY_SECONDS
    events = [(at, story.index) for at in _steps(plan.block_seconds, end)]
    events += [(at + 1.0, story.others_write) for at in _steps(HOUR_SECONDS, end)]
    events += [(at + 2.0, story.look) for at in _steps(HOUR_SECONDS, end)]
    if plan.away is not None:
        events += [(plan.away[0] * DAY_SECONDS, story.go_away), (plan.away[1] * DAY_SECONDS, story.come_back)]
    await on.play(end + SETTLED_SECONDS, events)
    await story.go_away(on)
    await Runner(story.lanes, on.jobs, on.settings, on.clock).run_until_idle()
    differing = {job.name: await _differs(on.connection, job) for job in on.jobs if job.audit}
    told = await _told(on.connection)
    ran = await (await on.connection.execute(RUNS)).fetchall()
    types: Counter[str] = Counter()
    for (kind, _, _), times in told.items():
        types[kind] += times
    found = Month(
        plan=plan,
        transactions=story.transactions,
        runs={name: runs for name, runs, _ in ran},
        failures={name: failed for name, _, failed in ran if failed},
        late=dict(story.late),
        differing={name: rows for name, rows in differing.items() if rows},
        audits=len(differing),
        memory_mb=(story.memory_mb[len(story.memory_mb) // 3], story.memory_mb[-1]),
        types=dict(sorted(types.items())),
    )
    return found, told


def _steps(step: float, end: float) -> list[float]:
    return [step * number for number in range(1, int(end / step) + 1)]


async def _differs(connection: AsyncConnection[Any], job: Job) -> int:
    assert job.audit is not None
    report = await job.audit(connection)
    if not report.is_clean:
        sys.stderr.write(f"{job.name} differs: {report.samples}\n")
    return report.missing + report.extra + report.pending


async def _told(connection: AsyncConnection[Any]) -> Told:
    rows = await (await connection.execute(TOLD)).fetchall()
    told: Told = {}
    for kind, group_id, specifier, _, times in rows:
        told[kind, group_id, specifier] = told.get((kind, group_id, specifier), 0) + times
    return told


def between(up: Told, away: Told) -> dict[str, tuple[int, int]]:
    """Return of each type how many only the first month told, and how many only the second, where they differ."""
    lost, gained = Counter(key[0] for key in up.keys() - away), Counter(key[0] for key in away.keys() - up)
    return {kind: (lost[kind], gained[kind]) for kind in sorted({*lost, *gained})}


async def _months(options: argparse.Namespace) -> dict[str, Any]:
    plan = Plan(days=options.days, block_seconds=options.block_seconds, txs_per_block=options.txs, away=None)
    async with running(options.data_dir) as server:
        found, told = await month(server, plan, options.slower)
        if options.away is None:
            return {"up": found, "told_twice": _twice(told)}
        broken = msgspec.structs.replace(plan, away=tuple(options.away))
        away, told_away = await month(server, broken, options.slower)
    differences = between(told, told_away)
    return {
        "up": found,
        "away": away,
        "only_told_when": {kind: {"up": lost, "away": more} for kind, (lost, more) in differences.items()},
        "told_twice": _twice(told) + _twice(told_away),
    }


def _twice(told: Told) -> int:
    return sum(times > 1 for times in told.values())


def main() -> None:
    """Print what came of it as JSON."""
    parser = argparse.ArgumentParser(prog="bench.month", description=__doc__)
    parser.add_argument("--days", type=float, default=30.0)
    parser.add_argument("--block-seconds", type=float, default=1_800.0)
    parser.add_argument("--txs", type=float, default=40.0, help="transactions in a block")
    parser.add_argument("--slower", type=float, default=30.0, help="how much slower than the network's cadences are")
    parser.add_argument("--away", type=float, nargs=2, metavar=("FROM", "TO"), help="days of a second month, down")
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    found = asyncio.run(_months(options))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")


if __name__ == "__main__":
    main()
