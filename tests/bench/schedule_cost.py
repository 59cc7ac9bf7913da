"""What the jobs of the schedule cost, ours and the network's, on a made-up database with a tenth of its rows.

``python -m bench.schedule_cost`` prints the tables of docs/measurements/schedule.md. Measured are

* an idle tick of every job of the catalog, when a block went by that no job cares about: the median of many;
* for each job that :mod:`bench.schedule.cases` lists a change of the kind that it follows: the network's own statements
  over it, rolled back, and then our job until it is quiet.

The network's statements run twice, and the job lives through one such change before it is measured: both have their
buffers and plans. What the network lacks of our indexes is dropped while its statements run.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from scripted_http import scripted

from backbeat.clock import SystemClock
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import everything
from backbeat.jobs.job import Job
from backbeat.settings import JobsSettings, Settings
from bench.expense import Expense, Purse
from bench.quiet_log import quiet_log
from bench.schedule.cases import CASES, PLAYS_DAYS, SECOND, WEEK, Case, Key
from bench.schedule.others import PRIVATE_KEY, Others
from bench.synthetic.chain import Chain
from bench.synthetic.clock import connect_at, turn
from bench.synthetic.fill import fill_past
from bench.synthetic.library import DEFAULT, opened
from bench.synthetic.settle import settled, until_quiet, work_through
from bench.synthetic.sizes import ENDING, Sizes, sizes
from bench.ways import number
from harness.connections import ScriptedConnection

T = TypeVar("T")

OLD = Path(__file__).with_name("schedule") / "old"
TICKS = 50
IDLE_TOTAL_MS_MAX = 30.0
# Who lacked something for long was asked about in vain, and is asked about again some day.
ASKED_IN_VAIN = "UPDATE backbeat.track_repairs SET attempts = 9, next_attempt_at = 'infinity'"
WRITTEN = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables"
FLUSH = "SELECT pg_stat_force_next_flush()"


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """A tick of a job that has nothing to do."""

    job: str
    """Its name."""
    ms: float
    """The median of the ticks."""
    processor_ms: float
    """Of a tick, ours and the server's together: what other work on the machine disturbs least."""
    buffers: float
    """Of a tick."""
    rows_read: float
    """Of a tick."""
    exchanges: float
    """With the server, of a tick."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What some work cost, and how many rows it wrote, those of triggers too."""

    cost: Expense
    rows_written: int


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A change, the network's way and ours."""

    job: str
    """The job."""
    a_key: str
    """What a key is."""
    keys: int
    """How many our job dealt with."""
    old: Work | None
    """The network's statements; None: they are measured with another job."""
    ours: Work
    """Our job until it is quiet."""


class Found(msgspec.Struct, frozen=True):
    """All figures."""

    idle: list[Idle]
    cases: list[Measured]

    @property
    def idle_ms(self) -> float:
        """One tick of every job."""
        return sum(one.ms for one in self.idle)


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """A database at rest, who writes its blocks, and the session that works."""

    chain: Chain
    """Goes on."""
    writer: AsyncConnection[Any]
    """Its session; the network's statements run there, too."""
    session: ScriptedConnection
    """Where our jobs run."""
    purse: Purse
    """What that costs."""
    old_purse: Purse
    """What the writer's session costs."""
    others: Others
    """Whom jobs ask."""
    jobs: Mapping[str, Job]
    """All of the catalog, by name; they ask the others."""
    resting: Sequence[Job]
    """The same, but they ask no notifier: to ask is no idle tick."""

    async def commit(self, case: Case) -> None:
        """Let the case's change happen, and what the job's work follows."""
        gone_by = self.chain.at - ENDING
        after = WEEK - gone_by % WEEK if case.after == WEEK else case.after
        await self.chain.commit(after, case.changes)
        for session in (self.writer, self.session):
            await turn(session, self.chain.at)
        if case.taken_down:
            await self.others.take_down(self.writer, case.taken_down, self.chain.at)
        for name in case.first:
            await until_quiet(self.jobs[name].run, self.session)

    async def quiet(self) -> None:
        """Run every job until all are quiet."""
        for job in self.resting:
            await until_quiet(job.run, self.session)


async def measure(
    url: str, of: Sizes, *, ticks: int = TICKS, only: Sequence[str] = (), say: Callable[[str], None]
) -> Found:
    """Measure on the database at rest at ``url``, which is used up."""
    await fill_past(url, of, say)
    async with _bench(url) as bench:
        with patch.object(SystemClock, "now", lambda _: bench.chain.at.replace(tzinfo=UTC)):
            await _settle(bench, say)
            await bench.chain.commit(SECOND, {})
            for session in (bench.writer, bench.session):
                await turn(session, bench.chain.at)
            await bench.quiet()
            idle = [await _idle(bench, job, ticks) for job in bench.resting]
            chosen = [case for case in CASES if case.job in bench.jobs and (not only or case.job in only)]
            cases = [await _case(bench, case, say) for case in chosen]
    return Found(idle, cases)


@asynccontextmanager
async def _bench(url: str) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(await connect_at(url))
        session = await stack.enter_async_context(await connect_at(url, kind=ScriptedConnection))
        assert isinstance(session, ScriptedConnection)
        others = Others()
        nodes = [(await stack.enter_async_context(scripted(others.script))).address for _ in range(2)]
        purses = [await Purse.of(each, url) for each in (session, writer)]
        for purse in purses:
            stack.push_async_callback(purse.close)
        yield Bench(
            chain=await Chain.on(writer),
            writer=writer,
            session=session,
            purse=purses[0],
            old_purse=purses[1],
            others=others,
            jobs={job.name: job for job in everything(_settings(nodes, notifier=nodes[0]))},
            resting=everything(_settings(nodes)),
        )


def _settings(nodes: Sequence[str], notifier: str = "") -> Settings:
    key = PRIVATE_KEY if notifier else ""
    return Settings(
        jobs=JobsSettings(
            content_nodes=tuple(nodes), plays_days=PLAYS_DAYS, notifier_url=notifier, delegate_private_key=key
        )
    )


async def _settle(bench: Bench, say: Callable[[str], None]) -> None:
    """Bring the other jobs to rest, those of trending and challenges being there; no node is asked meanwhile."""
    resting = {job.name for job in settled()}
    await bench.session.execute("SET work_mem = '256MB'")
    clock = asyncio.get_running_loop()
    for job in everything(_settings([])):
        if job.name not in resting:
            began = clock.time()
            rows = await work_through(job, bench.session)
            say(f"{job.name}: {rows:,} rows, {clock.time() - began:.1f} s")
    await bench.session.execute("RESET work_mem")
    await bench.writer.execute(ASKED_IN_VAIN)
    await bench.writer.execute("VACUUM (ANALYZE)")


async def _idle(bench: Bench, job: Job, ticks: int) -> Idle:
    await _run(job, bench.session)
    times: list[float] = []
    before = bench.session.exchanges

    async def tick() -> None:
        clock = asyncio.get_running_loop()
        for _ in range(ticks):
            began = clock.time()
            report = await _run(job, bench.session)
            times.append(1e3 * (clock.time() - began))
            if not report.is_quiet:
                raise RuntimeError(f"{job.name} is not quiet: {report}")

    processor = _processor_seconds(bench.session)
    _, cost = await bench.purse.spend(tick)
    processor = _processor_seconds(bench.session) - processor
    exchanges = bench.session.exchanges - before - FLUSHES
    return Idle(
        job=job.name,
        ms=statistics.median(times),
        processor_ms=1e3 * processor / ticks,
        buffers=cost.buffers / ticks,
        rows_read=cost.rows_read / ticks,
        exchanges=exchanges / ticks,
    )


def _processor_seconds(session: AsyncConnection[Any]) -> float:
    """Return the processor time that this process and the session's have had; 0 of the latter where /proc lacks it."""
    try:
        nanoseconds = int(Path(f"/proc/{session.info.backend_pid}/schedstat").read_text(encoding="ascii").split()[0])
    except OSError:
        nanoseconds = 0
    return time.process_time() + nanoseconds / 1e9


FLUSHES = 4  # exchanges of the purse itself on the session, two before the work and two behind it


async def _run(job: Job, session: AsyncConnection[Any]) -> RunReport:
    return await job.run(Session(session))


async def _case(bench: Bench, case: Case, say: Callable[[str], None]) -> Measured:
    """Measure the network's way of a change, and our way of the next one like it."""
    say(case.job)
    job = bench.jobs[case.job]
    await until_quiet(job.run, bench.session)
    await bench.commit(case)
    old = await _old(bench, case) if case.old else None
    await until_quiet(job.run, bench.session)
    await bench.commit(case)
    await bench.writer.execute("VACUUM notification")  # the network's rows were taken back
    report, ours = await _work(bench, bench.purse, lambda: until_quiet(job.run, bench.session))
    return Measured(job=case.job, a_key=case.a_key, keys=_keys(case, report), old=old, ours=ours)


def _keys(case: Case, report: RunReport) -> int:
    match case.key:
        case Key.TAKEN:
            return report.keys
        case Key.TOLD:
            return report.inserted
        case Key.GONE:
            return report.deleted
        case Key.MADE:
            return next(iter(case.changes.values()))


async def _old(bench: Bench, case: Case) -> Work:
    """Run the network's statements twice, each time taken back, and return what the second time cost."""
    found = None
    for _ in range(2):
        ms, found = await _work(bench, bench.old_purse, lambda: _taken_back(bench, case))
        found = msgspec.structs.replace(found, cost=msgspec.structs.replace(found.cost, ms=ms))
    assert found is not None
    return found


async def _taken_back(bench: Bench, case: Case) -> float:
    """Run the network's statements and take back what they wrote; return their milliseconds."""
    clock, values = asyncio.get_running_loop(), {"now": bench.chain.at, "track_ids": bench.others.track_ids}
    async with bench.writer.transaction(force_rollback=True):
        await bench.writer.execute("SET LOCAL session_replication_role = replica")  # triggers are not its statements
        for index in case.without:
            await bench.writer.execute(SQL("DROP INDEX {}").format(Identifier(index)))
        began = clock.time()
        for name in case.old:
            await bench.writer.execute(OLD.joinpath(f"{name}.sql").read_bytes(), values)
        return 1e3 * (clock.time() - began)


async def _work(bench: Bench, purse: Purse, work: Callable[[], Awaitable[T]]) -> tuple[T, Work]:
    for session in (bench.writer, bench.session):
        await session.execute(FLUSH)  # what they did before is counted by then
        await session.execute("SELECT 1")
    before = await _written(bench.writer)
    done, cost = await purse.spend(work)
    return done, Work(cost=cost, rows_written=await _written(bench.writer) - before)


async def _written(connection: AsyncConnection[Any]) -> int:
    row = await (await connection.execute(WRITTEN)).fetchone()
    assert row is not None
    return int(row[0])


def tables(found: Found) -> Iterator[str]:
    """Yield the lines of the tables."""
    ours_are = ("ours for", "ms", "rows read", "of each", "rows written", "buffers")
    yield f"| job | {' | '.join(ours_are)} | the network's, ms | rows read | buffers |"
    yield f"|---|{'---|' * (len(ours_are) + 3)}"
    for one in found.cases:
        ours = one.ours.cost
        each = number(ours.rows_read / one.keys) if one.keys else "-"
        yield (
            f"| {one.job} | {one.keys:,} x {one.a_key} | {number(ours.ms)} | {ours.rows_read:,} | {each} |"
            f" {one.ours.rows_written:,} | {ours.buffers:,} | {' | '.join(_of_network(one.old))} |"
        )
    yield ""
    yield "| an idle tick of | ms | of a processor, ms | buffers | rows read | exchanges |"
    yield "|---|---|---|---|---|---|"
    for idle in found.idle:
        times, counts = (idle.ms, idle.processor_ms), (idle.buffers, idle.rows_read, idle.exchanges)
        cells = (*(f"{one:.2f}" for one in times), *(f"{one:.0f}" for one in counts))
        yield f"| {idle.job} | {' | '.join(cells)} |"
    sums = [sum(getattr(idle, name) for idle in found.idle) for name in ("buffers", "rows_read", "exchanges")]
    processor_ms = sum(idle.processor_ms for idle in found.idle)
    ms = f"{found.idle_ms:.1f} | {processor_ms:.1f}"
    yield f"| all {len(found.idle)} together | {ms} | {' | '.join(f'{one:,.0f}' for one in sums)} |"


def _of_network(old: Work | None) -> tuple[str, str, str]:
    if old is None:
        return "", "", ""
    return number(old.cost.ms), f"{old.cost.rows_read:,}", f"{old.cost.buffers:,}"


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")


async def _alone(place: Path, scale: float, only: Sequence[str]) -> Found:
    async with opened(place, scale, {"autovacuum": "off"}) as library, library.copy() as url:
        return await measure(url, sizes(scale), only=only, say=_say)


def main() -> int:
    """Print the tables; exit with 1 if the idle budget is missed."""
    parser = argparse.ArgumentParser(prog="bench.schedule_cost", description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    parser.add_argument("--only", nargs="*", choices=[case.job for case in CASES], help="changes of these jobs alone")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    found = asyncio.run(_alone(options.data, options.scale, options.only or ()))
    lines = [msgspec.json.encode(found).decode()] if options.json else tables(found)
    sys.stdout.write("\n".join((*lines, "")))
    return int(found.idle_ms > IDLE_TOTAL_MS_MAX)


if __name__ == "__main__":
    sys.exit(main())
