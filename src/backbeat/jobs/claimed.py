"""One claimed run from start to finish: work in batches, renew the lease beside it, record the end."""

import asyncio
from datetime import timedelta
from typing import NamedTuple

import structlog
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from backbeat.clock import Clock
from backbeat.db.pool import Lanes
from backbeat.errors import BackbeatError
from backbeat.incremental.report import RunReport
from backbeat.jobs import schedule, store
from backbeat.jobs.job import Job
from backbeat.jobs.schedule import Timing
from backbeat.jobs.store import Claim, Outcome

log = structlog.get_logger(__name__)

RENEWALS_PER_LEASE = 3
TURN_SECONDS_MAX = 10.0  # a backlog goes on under one claim for this long, then others of its group get a turn


class Ended(NamedTuple):
    """How a run went; ``report`` covers the batches that were committed."""

    outcome: Outcome
    report: RunReport
    seconds: float
    error: Exception | None = None


class ClaimedRun:
    """A job under a claim of ours. ``timing`` is the schedule as the claim left it."""

    def __init__(
        self, lanes: Lanes, clock: Clock, lease_seconds: float, *, job: Job, claim: Claim, timing: Timing
    ) -> None:
        self._lanes = lanes
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._job = job
        self._claim = claim
        self._timing = timing
        self._report = RunReport(name=job.name)
        self._is_lost = False

    async def perform(self) -> Ended:
        """Run the job and record how it went. A failure is recorded and returned, not raised.

        Cancelled from outside, it cancels the work, records that, and is cancelled itself.
        """
        started = self._clock.monotonic()
        work = asyncio.create_task(self._work(started))
        keeper = asyncio.create_task(self._keep(work))
        outcome: Outcome = "cancelled"
        error: Exception | None = None
        try:
            await work
            outcome = "quiet" if self._report.is_quiet else "changed"
        except asyncio.CancelledError:
            error = store.lost(self._claim) if self._is_lost else None
            log.info("job_cancelled", job=self._job.name)
        except Exception as raised:
            outcome, error = "failed", raised
            log.warning("job_failed", job=self._job.name, failures=self._timing.failures + 1, exc_info=raised)
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
        ended = Ended(outcome, self._report, self._clock.monotonic() - started, error)
        await self._record(ended)
        if outcome == "cancelled" and not self._is_lost:
            raise asyncio.CancelledError
        return ended

    async def _work(self, started: float) -> None:
        fence = store.fence(self._claim)
        async with self._lanes.jobs.connection() as connection:
            while True:
                self._report = self._report.then(await self._job.run(connection, fence))
                if not self._report.more or self._clock.monotonic() - started >= TURN_SECONDS_MAX:
                    return

    async def _keep(self, work: asyncio.Task[None]) -> None:
        """Renew the lease until the work ends; cancel the work once the lease is somebody else's."""
        while True:
            await self._clock.sleep(self._lease_seconds / RENEWALS_PER_LEASE)
            try:
                async with self._lanes.control.connection() as connection:
                    kept = await store.renew(connection, self._claim, self._lease_seconds)
            except (OperationalError, PoolTimeout) as error:
                # an unreachable database cannot give the lease to anybody either; the fence decides
                log.warning("job_lease_not_renewed", job=self._job.name, error=str(error))
                continue
            if not kept:
                log.warning("job_lease_lost", job=self._job.name, term=self._claim.term)
                self._is_lost = True
                work.cancel()
                return

    async def _record(self, ended: Ended) -> None:
        try:
            async with self._lanes.control.connection() as connection:
                await store.finish(
                    connection,
                    self._claim,
                    timing=self._timing_after(ended),
                    outcome=ended.outcome,
                    report=ended.report,
                    seconds=ended.seconds,
                    error=str(ended.error or ""),
                    cure=ended.error.cure if isinstance(ended.error, BackbeatError) else "",
                )
        except (OperationalError, PoolTimeout) as error:
            # the lease runs out by itself, and the run counts as taken over
            log.warning("job_end_not_recorded", job=self._job.name, error=str(error))

    def _timing_after(self, ended: Ended) -> Timing:
        now = self._claim.started_at + timedelta(seconds=ended.seconds)
        if ended.outcome == "failed":
            return schedule.on_failure(now, self._timing)
        if ended.outcome == "cancelled":
            return self._timing  # still due, for whoever comes next
        return schedule.on_success(now, self._timing, more=ended.report.more)
