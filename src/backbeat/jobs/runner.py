"""One worker: looks at the durable schedule, claims what is due and fits, and lets it run.

Groups are serial and independent of each other; nothing overlaps itself, in this process or any other.
"""

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

import structlog
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import PoolTimeout

from backbeat.clock import Clock
from backbeat.db.pool import Lanes
from backbeat.errors import JobError
from backbeat.incremental.report import RunReport
from backbeat.jobs import schedule, store
from backbeat.jobs.claimed import ClaimedRun, Ended
from backbeat.jobs.job import Job, unknown
from backbeat.jobs.store import Row
from backbeat.settings import JobsSettings

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 5.0  # what running jobs get to finish in before they are cancelled
CANCEL_SECONDS = 2.0  # what a cancelled job gets to record its end in
SETTLE_TRIES_MAX = 1_000


class Runner:
    """Runs the jobs of one process. ``identity`` makes the random name that each run is claimed under."""

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

    async def run(self) -> None:
        """Run until cancelled; then let running jobs finish within a bound, and cancel the rest."""
        opened_at = self._clock.monotonic()
        try:
            while True:
                try:
                    await self._turn(self._clock.monotonic() - opened_at)
                except (OperationalError, PoolTimeout) as error:
                    log.warning("job_schedule_unreachable", error=str(error))
                await self._clock.sleep(self._settings.poll_seconds)
        finally:
            await self._drain()

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
                    f"The job {name!r} is running in another worker.",
                    cure="Wait for it to end; `backbeat jobs list` shows it.",
                )
            if ended.error is not None:
                raise ended.error
            report = report.then(ended.report)
            if not report.more:
                return report

    async def settle(self) -> None:
        """Run every job that is not paused until nothing is left, waiting where another worker holds one.

        A job that fails is left where it is, with its failure on record.
        """
        await self._drain()
        for job in self._jobs.values():
            for _ in range(SETTLE_TRIES_MAX):
                if await self._is_paused(job):
                    break
                ended = await self._run_now(job)
                if ended is None:
                    await self._clock.sleep(self._settings.poll_seconds)
                elif not ended.report.more:
                    break

    async def _turn(self, open_seconds: float) -> None:
        """Start what is due and fits: one of each group, as many as there are places."""
        async with self._lanes.control.connection() as connection:
            for job, row in await self._rows(connection):
                if self._has_room(job, open_seconds) and self._wants_run(job, row):
                    run = await self._claim(connection, job, row)
                    if run is not None:
                        self._start(job, run)

    def _start(self, job: Job, run: ClaimedRun) -> None:
        task = asyncio.create_task(run.perform(), name=job.name)
        self._running[job.name] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Ended]) -> None:
        self._running.pop(task.get_name(), None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job_end_not_recorded", job=task.get_name(), exc_info=error)

    async def _rows(self, connection: AsyncConnection[object]) -> list[tuple[Job, Row]]:
        rows = await store.look(connection, list(self._jobs))
        if len(rows) < len(self._jobs):
            await store.register(connection, self._jobs.values())
            rows = await store.look(connection, list(self._jobs))
        return [(job, rows[name]) for name, job in self._jobs.items()]

    def _has_room(self, job: Job, open_seconds: float) -> bool:
        places = self._settings.concurrent_max
        busy = [self._jobs[name] for name in self._running]
        return (
            open_seconds >= self._groups.index(job.group) * self._settings.stagger_seconds
            and all(other.group != job.group for other in busy)
            and sum(other.weight for other in busy) + min(job.weight, places) <= places
        )

    def _wants_run(self, job: Job, row: Row) -> bool:
        if row.leased:
            return False
        if row.run_requested:
            return True
        if row.paused or job.name in self._settings.paused:
            return False
        if schedule.is_due(row.now, row.timing, job.every_seconds):
            return True
        gap_seconds = job.run_soon_seconds
        is_news = gap_seconds is not None and row.news and row.at_tip and not row.failures
        return is_news and schedule.is_soon(row.now, row.started_at, gap_seconds or 0.0)

    async def _claim(self, connection: AsyncConnection[object], job: Job, row: Row) -> ClaimedRun | None:
        timing = schedule.on_start(row.now, row.timing, job.every_seconds)
        claim = await store.claim(connection, row, self._identity(), timing, self._settings.lease_seconds)
        if claim is None:
            return None
        if claim.taken_over:
            log.warning("job_taken_over", job=job.name, term=claim.term)
        return ClaimedRun(self._lanes, self._clock, self._settings.lease_seconds, job=job, claim=claim, timing=timing)

    async def _run_now(self, job: Job) -> Ended | None:
        """Claim and run a job whatever its schedule says; None if somebody else runs it."""
        async with self._lanes.control.connection() as connection:
            row = dict(await self._rows(connection))[job]
            run = None if row.leased else await self._claim(connection, job, row)
        return None if run is None else await run.perform()

    async def _is_paused(self, job: Job) -> bool:
        async with self._lanes.control.connection() as connection:
            return dict(await self._rows(connection))[job].paused or job.name in self._settings.paused

    async def _drain(self) -> None:
        running = list(self._running.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=CANCEL_SECONDS)

    def _named(self, name: str) -> Job:
        if name not in self._jobs:
            raise unknown(name, self._jobs)
        return self._jobs[name]
