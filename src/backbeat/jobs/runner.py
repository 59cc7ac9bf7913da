"""One worker: looks at the durable schedule, claims what is due and fits, and lets it run.

Groups are serial and independent of each other; nothing overlaps itself, in this process or any other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import Enum, auto
from uuid import UUID, uuid4

import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.codes import Part
from backbeat.db.outage import log_if_unreachable
from backbeat.db.pool import Lanes
from backbeat.errors import JobError
from backbeat.incremental.report import RunReport
from backbeat.jobs import cancellation, readiness, schedule, store, yielding
from backbeat.jobs.claimed import ClaimedRun
from backbeat.jobs.job import Job, unknown
from backbeat.jobs.record import Ended
from backbeat.jobs.store import ScheduleRow
from backbeat.service import until
from backbeat.settings import JobsSettings

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0  # what running jobs get to finish in before they are cancelled
CANCEL_SECONDS = 2.0  # what a cancelled job gets to record its end in
IDLE_TRIES_MAX = 1_000
ROUNDS_MAX = 20  # what reads what is five jobs deep; a job that finds work in each of so many always will
STAGGER_SECONDS_MAX = 10.0  # so long after the start the last group opens, however many there are


class Left(Enum):
    """How a job that ran until it was done left things."""

    QUIET = auto()
    CHANGED = auto()
    FAILED = auto()


class Runner:
    """The service that runs the jobs of one process.

    ``identity`` makes the random name that each run is claimed under.
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
    ) -> None:
        self._lanes = lanes
        self._jobs = {job.name: job for job in jobs}
        self._groups = list(dict.fromkeys(job.group for job in jobs))
        self._settings = settings
        self._clock = clock
        self._identity = identity
        self._running: dict[str, asyncio.Task[Ended]] = {}
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
            self._news.clear()
            rest_seconds = self._settings.poll_seconds
            with log_if_unreachable("job_schedule_unreachable"):
                rest_seconds = await self._turn(self._clock.monotonic() - opened_at)
            await self._rest(rest_seconds)

    async def run_once(self, name: str) -> RunReport:
        """Run one job now until nothing is left, paused or not.

        Raises JobError if there is no such job or another worker runs it, else whatever the job raises.
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
                raise ended.error
            report = report.then(ended.report)
            if not report.more:
                return report

    async def run_until_idle(self) -> None:
        """Run every job that is not paused until nothing is left, waiting where another worker holds one.

        Some jobs read what others write, so all run in rounds until a whole round finds nothing to do. A job that
        fails is left where it is, with its failure on record; so is one that finds work in every round.
        """
        await self._finish()
        busy = jobs = list(self._jobs.values())
        for _ in range(ROUNDS_MAX):
            ended = {job.name: await self._run_until_done(job) for job in jobs}
            jobs = [job for job in jobs if ended[job.name] is not Left.FAILED]
            busy = [job for job in jobs if ended[job.name] is Left.CHANGED]
            if not busy:
                return
        log.warning("jobs_not_settled", rounds=ROUNDS_MAX, jobs=[job.name for job in busy])

    async def _run_until_done(self, job: Job) -> Left:
        """Run a job until nothing is left for it; say how it left things."""
        left = Left.QUIET
        for _ in range(IDLE_TRIES_MAX):
            if await self._is_paused(job):
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

    async def _turn(self, open_seconds: float) -> float:
        """Start what is due and fits, the longest overdue first; return after how many seconds to look again."""
        async with self._lanes.control.connection() as connection:
            rows = await self._rows(connection)
            cancellation.raise_if_cancelled()
            taken = {job.group for job, row in rows if row.leased}
            for job, row in sorted(rows, key=_by_turn):
                if job.group in taken or not readiness.wants_run(job, row, self._settings):
                    continue
                if not row.run_requested and (reason := yielding.reason(job, row, self._settings)):
                    await self._defer(connection, row, reason)
                elif self._has_room(job, open_seconds):
                    run = await self._claim(connection, job, row)
                    if run is not None:
                        self._start(job, run)
        return self._rest_seconds(rows, open_seconds)

    async def _defer(self, connection: AsyncConnection[object], row: ScheduleRow, reason: str) -> None:
        if row.deferred_since is None:
            log.info("job_deferred", job=row.name, reason=reason)
            await store.defer(connection, row, reason)

    def _rest_seconds(self, rows: Sequence[tuple[Job, ScheduleRow]], open_seconds: float) -> float:
        """Return how long nothing can happen that would start a job, as far as the rows tell."""
        own = {self._jobs[name].group for name in self._running}
        rests = [
            max(readiness.look_again_seconds(job, row, self._settings), self._opens_at(job) - open_seconds)
            for job, row in rows
            if job.group not in own  # the end of our own runs wakes us
        ]
        return min([*rests, self._settings.poll_seconds_max])

    async def _rest(self, seconds: float) -> None:
        """Wait until then, or until one of our runs ends."""
        cancellation.raise_if_cancelled()
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._news.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _start(self, job: Job, run: ClaimedRun) -> None:
        task = asyncio.create_task(run.perform(), name=job.name)
        self._running[job.name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Ended]) -> None:
        self._running.pop(task.get_name(), None)
        self._news.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job_end_not_recorded", job=task.get_name(), exc_info=error)

    async def _rows(self, connection: AsyncConnection[object]) -> list[tuple[Job, ScheduleRow]]:
        if not self._is_registered:
            await store.register(connection, self._jobs.values())
            self._is_registered = True
        rows = await store.look(connection, list(self._jobs))
        if len(rows) < len(self._jobs):  # the table was emptied under us
            await store.register(connection, self._jobs.values())
            rows = await store.look(connection, list(self._jobs))
        return [(job, rows[name]) for name, job in self._jobs.items()]

    def _has_room(self, job: Job, open_seconds: float) -> bool:
        places = self._settings.concurrent_max
        busy = [self._jobs[name] for name in self._running]
        return (
            open_seconds >= self._opens_at(job)
            and all(other.group != job.group for other in busy)
            and sum(other.weight.slots for other in busy) + min(job.weight.slots, places) <= places
        )

    def _opens_at(self, job: Job) -> float:
        step_seconds = min(self._settings.stagger_seconds, STAGGER_SECONDS_MAX / len(self._groups))
        return self._groups.index(job.group) * step_seconds

    async def _claim(self, connection: AsyncConnection[object], job: Job, row: ScheduleRow) -> ClaimedRun | None:
        timing = schedule.on_start(row.now, row.timing, job.every_seconds)
        asked = store.claim(connection, row, self._identity(), timing, self._settings.lease_seconds)
        claiming = asyncio.ensure_future(self._claimed(asked, job, row, timing))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await _abandon(claiming)
            raise

    async def _claimed(
        self, asked: Awaitable[store.Claim | None], job: Job, row: ScheduleRow, timing: schedule.Timing
    ) -> ClaimedRun | None:
        claim = await asked
        if claim is None:
            return None
        if claim.taken_over:
            log.warning("job_taken_over", job=job.name, term=claim.term)
        return ClaimedRun(
            self._lanes,
            self._clock,
            self._settings,
            job=job,
            claim=claim,
            timing=timing,
            waited_seconds=schedule.waited_seconds(claim.started_at, readiness.due_at(job, row)),
        )

    async def _run_now(self, job: Job) -> Ended | None:
        """Claim and run a job whatever its schedule says; None if it, or one of its group, runs elsewhere."""
        cancellation.raise_if_cancelled()
        async with self._lanes.control.connection() as connection:
            row = dict(await self._rows(connection))[job]
            run = None if row.leased else await self._claim(connection, job, row)
        return None if run is None else await run.perform()

    async def _is_paused(self, job: Job) -> bool:
        async with self._lanes.control.connection() as connection:
            return dict(await self._rows(connection))[job].paused or job.name in self._settings.paused

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


async def _abandon(claiming: asyncio.Future[ClaimedRun | None]) -> None:
    """Give up what is being claimed; otherwise nobody could run the job until the lease runs out."""
    await asyncio.wait([claiming], timeout=CANCEL_SECONDS)
    if not claiming.done():
        claiming.cancel()
    elif claiming.exception() is None and (run := claiming.result()):
        await run.abandon()


def _by_turn(found: tuple[Job, ScheduleRow]) -> tuple[bool, datetime]:
    """Order by who waits longest; what an operator asked for comes first."""
    _, row = found
    return not row.run_requested, row.next_run_at
