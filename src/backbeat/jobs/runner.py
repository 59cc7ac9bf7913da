"""One worker: looks at the durable schedule and at what feeds tell, claims what is due and fits, and lets it run.

::

    a block is committed ─► glance: the feeds of all jobs ─┬► none moved: nothing more
    (or the rows show one)                                 └► claim those that follow, in one statement
    a cadence is due ─────► glance ─┬► quiet: tick, in one statement for all
                                    └► claim
    poll_seconds_max ─────► look: the schedule's rows, for pauses, requests, other workers,
                            unless a glance has shown that they are as they were

Groups are serial and independent of each other; nothing overlaps itself, in this process or any other.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from math import inf
from uuid import UUID, uuid4

import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.codes import Part
from backbeat.db.failures import failure_of
from backbeat.db.outage import log_if_unreachable
from backbeat.db.pool import Lanes
from backbeat.errors import JobError
from backbeat.incremental.glance import Glance, Seen
from backbeat.incremental.report import RunReport
from backbeat.jobs import cancellation, readiness, schedule, store, yielding
from backbeat.jobs.claimed import ClaimedRun
from backbeat.jobs.claims import CANCEL_SECONDS, Claims
from backbeat.jobs.job import Job, left_to_them, unknown, without_frontier
from backbeat.jobs.outlook import Outlook, Want
from backbeat.jobs.record import Ended
from backbeat.jobs.store import ScheduleRow, Tick
from backbeat.service import until
from backbeat.settings import JobsSettings

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0  # what running jobs get to finish in before they are cancelled
IDLE_TRIES_MAX = 1_000
ROUNDS_MAX = 20  # what reads what is five jobs deep; a job that finds work in each of so many always will
REST_SECONDS_MIN = 1e-6  # so that the clock moves on: less may be lost where instants are added up
STAGGER_SECONDS_MAX = 10.0  # so long after the start the last group opens, however many there are


class Left(Enum):
    """How a job that ran until it was done left things."""

    QUIET = auto()
    CHANGED = auto()
    FAILED = auto()


class Runner:
    """The service that runs the jobs of one process.

    ``identity`` makes the random name that each run is claimed under. ``committed`` is set whenever a block of this
    process is committed; without it the worker looks for blocks itself.
    """

    name = Part.JOBS

    def __init__(
        self,
        lanes: Lanes,
        jobs: Sequence[Job],
        settings: JobsSettings,
        clock: Clock,
        *,
        identity: Callable[[], UUID] = uuid4,
        committed: asyncio.Event | None = None,
    ) -> None:
        self._lanes = lanes
        self._jobs = {job.name: job for job in jobs}
        groups = list(dict.fromkeys(job.group for job in jobs))
        step_seconds = min(settings.stagger_seconds, STAGGER_SECONDS_MAX / max(len(groups), 1))
        self._opens_at = {group: place * step_seconds for place, group in enumerate(groups)}  # after the start
        self._settings = settings
        self._clock = clock
        self._committed = committed
        followed = {job.name: job.feeds for job in jobs if job.feeds}
        self._glance = Glance(followed, rules=("backbeat", "rules_in_force"), scheduled=self._jobs)
        self._outlook = Outlook(self._jobs, settings, is_told=committed is not None)
        self._running: dict[str, asyncio.Task[Ended]] = {}
        self._claims = Claims(lanes, clock, settings, identity)
        self._is_registered = False
        self._drained = asyncio.Event()
        self._news = asyncio.Event()  # one of our runs ended, and something may start in its place

    async def run(self) -> None:
        """Run what is due until drained or cancelled; then let running jobs finish within a bound, and cancel the rest.

        Cancelled once more, it cancels them at once.
        """
        if self._drained.is_set():
            return
        try:
            await until(self._follow_schedule(), self._drained)
        finally:
            await self._finish()

    def drain(self) -> None:
        """Start nothing more."""
        self._drained.set()

    async def _follow_schedule(self) -> None:
        opened_at = self._clock.monotonic()
        while True:
            cancellation.raise_if_cancelled()
            has_ended = self._news.is_set()
            self._news.clear()
            rest_seconds = self._settings.poll_seconds
            with log_if_unreachable("job_schedule_unreachable"):
                rest_seconds = await self._step(self._clock.monotonic() - opened_at, has_ended=has_ended)
            await self._rest(max(rest_seconds, REST_SECONDS_MIN))

    async def run_once(self, name: str) -> RunReport:
        """Run one job now until nothing is left, paused or not.

        Raises JobError if there is no such job, another worker runs it or no block is indexed yet, else what the job
        fails with; an error of the driver becomes one of ours.
        """
        job = self._named(name)
        report = RunReport(name=name)
        while True:
            ended = await self._run_now(job)
            if ended is None:
                raise JobError(
                    "job_running",
                    f"The job {name!r}, or one that it takes turns with, is running in another worker.",
                    cure="Wait for it to end; `backbeat jobs list` shows it.",
                )
            if ended.error is not None:
                raise failure_of(ended.error, ended.lock_holder) or ended.error
            report = report.then(ended.report)
            if not report.more:
                return report

    async def run_until_idle(self) -> list[str]:
        """Run every job that is not paused until nothing is left; return those that failed, or found no end.

        It waits where another worker holds one. Some jobs read what others write, so all run in rounds until a whole
        round finds nothing to do. A job that fails is left where it is, with its failure on record; so is one that
        finds work in every round.
        """
        await self._finish()
        busy = jobs = list(self._jobs.values())
        failed: list[str] = []
        for _ in range(ROUNDS_MAX):
            ended = {job.name: await self._run_until_done(job) for job in jobs}
            failed += [job.name for job in jobs if ended[job.name] is Left.FAILED]
            jobs = [job for job in jobs if ended[job.name] is not Left.FAILED]
            busy = [job for job in jobs if ended[job.name] is Left.CHANGED]
            if not busy:
                return failed
        log.warning("jobs_not_settled", rounds=ROUNDS_MAX, jobs=[job.name for job in busy])
        return failed + [job.name for job in busy]

    async def _run_until_done(self, job: Job) -> Left:
        """Run a job until nothing is left for it; say how it left things."""
        left = Left.QUIET
        for _ in range(IDLE_TRIES_MAX):
            if await self._is_held(job):
                break
            ended = await self._run_now(job)
            if ended is None:
                await self._clock.sleep(self._settings.poll_seconds)
                continue
            if ended.error is not None:
                return Left.FAILED
            left = left if ended.report.is_quiet else Left.CHANGED
            if not ended.report.more:
                break
        return left

    async def _step(self, open_seconds: float, *, has_ended: bool) -> float:
        """Do what is to be done now, if anything; return after how many seconds to come again."""
        at, own = self._clock.monotonic(), self._own_groups()
        outlook = self._outlook
        has_looked = outlook.wants_look(at)
        try:
            if has_looked:
                await self._look(open_seconds)
            elif outlook.wants_glance(at) or self._follow_in(at) <= 0:
                await self._act(open_seconds, with_glance=True)
            elif outlook.wants_start(at) or (has_ended and outlook.has_due(at, own)):
                await self._act(open_seconds, with_glance=outlook.has_due_tick(at))
            elif has_ended and outlook.follow_in(at, own, only_named=True) <= 0:
                await self._act(open_seconds, with_glance=outlook.is_in_doubt)
            elif not has_ended:  # and so nothing has changed
                return self._rest_seconds()
        except BaseException:
            outlook.look_again()  # what was claimed or ticked is not known
            raise
        self._plan(open_seconds, has_looked=has_looked)
        return self._rest_seconds()

    def _rest_seconds(self) -> float:
        at = self._clock.monotonic()
        return min(self._outlook.rest_seconds(at), max(self._follow_in(at), 0.0))

    async def _look(self, open_seconds: float) -> None:
        """Look at the schedule's rows, and at the feeds if that can spare a run; start what is due and fits."""
        async with self._lanes.control.connection(user=self.name) as connection:
            rows = await self._rows(connection)
            at = self._clock.monotonic()
            self._outlook.saw({job.name: row for job, row in rows}, at)
            cancellation.raise_if_cancelled()
            seen = await self._seen(connection) if self._outlook.needs_glance(at) else None
            await self._start_due(connection, seen, open_seconds)

    async def _act(self, open_seconds: float, *, with_glance: bool) -> None:
        """Start what is due, or what the feeds tell, by the rows as they were seen last."""
        async with self._lanes.control.connection(user=self.name) as connection:
            seen = await self._seen(connection) if with_glance else None
            if not await self._start_due(connection, seen, open_seconds):
                self._outlook.look_again()

    async def _seen(self, connection: AsyncConnection[object]) -> Seen:
        if self._committed is not None:
            self._committed.clear()  # first, so that a block of this moment is not missed
        at = self._clock.monotonic()
        seen = await self._glance.look(connection, self._outlook.ticking(at))
        self._outlook.glanced(seen, at, self._own_groups())
        cancellation.raise_if_cancelled()
        return seen

    async def _start_due(self, connection: AsyncConnection[object], seen: Seen | None, open_seconds: float) -> bool:
        """Record ticks; start what is due and fits, the longest overdue first. False if a claim was refused."""
        rows = self._outlook.rows(self._clock.monotonic())
        taken = {job.group for job, row in rows if row.leased} | self._own_groups()
        ticks: list[Tick] = []
        picked: list[tuple[Job, ScheduleRow]] = []
        for job, row in sorted(rows, key=_by_turn):
            want = self._outlook.want(job, row, seen)
            if want is Want.TICK:
                ticks.append(_tick(job, row))
            elif want is Want.RUN and job.group not in taken:
                if not row.run_requested and (reason := yielding.reason(job, row, self._settings)):
                    await self._defer(connection, row, reason)
                elif self._has_room(job, open_seconds, [other for other, _ in picked]):
                    picked.append((job, row))
                    taken.add(job.group)
        if ticks:
            self._outlook.ticked(ticks, await store.tick(connection, ticks))
        runs = await self._claims.take(connection, picked) if picked else []
        for run in runs:
            self._start(run)
        return len(runs) == len(picked)

    async def _defer(self, connection: AsyncConnection[object], row: ScheduleRow, reason: str) -> None:
        if row.deferred_since is None:
            log.info("job_deferred", job=row.name, reason=reason)
            await store.defer(connection, row, reason)

    def _plan(self, open_seconds: float, *, has_looked: bool) -> None:
        self._outlook.plan(
            self._clock.monotonic(),
            self._own_groups(),
            {group: opens_at - open_seconds for group, opens_at in self._opens_at.items()},
            has_looked=has_looked,
        )

    def _own_groups(self) -> set[str]:
        return {self._jobs[name].group for name in self._running}

    def _follow_in(self, at: float) -> float:
        """Return how soon a block that we heard of may start a job."""
        if self._committed is None or not self._committed.is_set():
            return inf
        return self._outlook.follow_in(at, self._own_groups())

    async def _rest(self, seconds: float) -> None:
        """Wait until then, or until one of our runs ends or a block is committed that a job may follow."""
        cancellation.raise_if_cancelled()
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._news.wait())]
        if self._committed is not None and not self._committed.is_set():
            waits.append(asyncio.ensure_future(self._committed.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _start(self, run: ClaimedRun) -> None:
        task = asyncio.create_task(run.perform(), name=run.claim.name)
        self._running[run.claim.name] = task
        self._outlook.claimed(run.claim, run.timing)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Ended]) -> None:
        name = task.get_name()
        self._running.pop(name, None)
        self._news.set()
        run = self._claims.last(name)
        if run.ended is None:
            self._outlook.look_again()
        else:
            self._outlook.ended(name, run.timing_after(run.ended), run.ended)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job_end_not_recorded", job=name, exc_info=error)

    async def _rows(self, connection: AsyncConnection[object]) -> list[tuple[Job, ScheduleRow]]:
        if not self._is_registered:
            await store.register(connection, self._jobs.values())
            self._is_registered = True
        rows = await store.look(connection, list(self._jobs))
        if len(rows) < len(self._jobs):  # the table was emptied under us
            await store.register(connection, self._jobs.values())
            rows = await store.look(connection, list(self._jobs))
        if await self._claims.record_again(connection, rows):
            rows = await store.look(connection, list(self._jobs))
        return [(job, rows[name]) for name, job in self._jobs.items()]

    def _has_room(self, job: Job, open_seconds: float, picked: Sequence[Job]) -> bool:
        places = self._settings.concurrent_max
        busy = [*(self._jobs[name] for name in self._running), *picked]
        return (
            open_seconds >= self._opens_at[job.group]
            and all(other.group != job.group for other in busy)
            and sum(other.weight.slots for other in busy) + min(job.weight.slots, places) <= places
        )

    async def _run_now(self, job: Job) -> Ended | None:
        """Claim and run a job whatever its schedule says; None if it, or one of its group, runs elsewhere."""
        cancellation.raise_if_cancelled()
        async with self._lanes.control.connection() as connection:
            row = dict(await self._rows(connection))[job]
            if readiness.lacks_frontier(job, row):
                raise without_frontier(job)
            if readiness.is_left(job, row):
                raise left_to_them(job)
            runs = [] if row.leased else await self._claims.take(connection, [(job, row)], paused_too=True)
        return await runs[0].perform() if runs else None

    async def _is_held(self, job: Job) -> bool:
        async with self._lanes.control.connection() as connection:
            return readiness.is_held(job, dict(await self._rows(connection))[job], self._settings)

    async def _finish(self) -> None:
        """Let running jobs finish within a bound; cancel those that do not, and give them time to record it."""
        running = list(self._running.values())
        if not running:
            return
        try:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)
        finally:
            late = [task for task in running if not task.done()]
            for task in late:
                task.cancel()
            await _recorded(late)

    def _named(self, name: str) -> Job:
        if name not in self._jobs:
            raise unknown(name, self._jobs)
        return self._jobs[name]


async def _recorded(cancelled: Sequence[asyncio.Task[Ended]]) -> None:
    """Wait until cancelled runs have recorded their end, even if the waiting is cancelled meanwhile."""
    if not cancelled:
        return
    waiting = asyncio.ensure_future(asyncio.wait(cancelled, timeout=CANCEL_SECONDS))
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        await waiting
        raise


def _tick(job: Job, row: ScheduleRow) -> Tick:
    """Return the tick of a job whose feeds are quiet; the next is due one interval from now."""
    cadence_at = row.now + timedelta(seconds=job.every_seconds)
    return Tick(row, cadence_at, schedule.waited_seconds(row.now, readiness.due_at(job, row)))


def _by_turn(found: tuple[Job, ScheduleRow]) -> tuple[bool, datetime]:
    """Order by who waits longest; what an operator asked for comes first."""
    _, row = found
    return not row.run_requested, row.next_run_at
