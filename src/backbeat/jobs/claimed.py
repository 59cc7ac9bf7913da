"""One claimed run from start to finish: work in batches, renew the lease beside it, record the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.codes import RunOutcome
from backbeat.db.lock_waits import LockSights
from backbeat.db.outage import log_if_unreachable, trouble_of
from backbeat.db.pool import Lanes, plan_for
from backbeat.db.together import Write
from backbeat.errors import BackbeatError, JobTimeoutError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence, Session
from backbeat.jobs import cancellation, cost, record, schedule, store, yielding
from backbeat.jobs.failure import DEFECT, failure_of_run
from backbeat.jobs.job import Job, Weight
from backbeat.jobs.record import Ended
from backbeat.jobs.schedule import Timing
from backbeat.jobs.store import Claim
from backbeat.settings import JobsSettings

log = structlog.get_logger(__name__)

RENEWALS_PER_LEASE = 3
TURN_SECONDS_MAX = 10.0  # a backlog goes on under one claim for this long, then others of its group get a turn


class ClaimedRun:
    """A job under a claim of ours. ``timing`` is the schedule as the claim left it.

    ``size`` tells how large the database is, so that its plans are those of tables of that size. Once the run
    ``is_over``, ``ended`` tells how it went; whether the database knows is another matter.
    """

    def __init__(
        self,
        lanes: Lanes,
        clock: Clock,
        settings: JobsSettings,
        *,
        job: Job,
        claim: Claim,
        timing: Timing,
        waited_seconds: float,
        size: int,
    ) -> None:
        self._lanes = lanes
        self._clock = clock
        self._settings = settings
        self._job = job
        self.claim = claim
        self.timing = timing
        self.ended: Ended | None = None
        self.is_over = False
        self._waited_seconds = waited_seconds
        self._size = size
        self._started = clock.monotonic()
        self._report = RunReport(name=job.name)
        self._has_begun = False
        self._cost = cost.UNKNOWN
        self._is_flushed = True
        self._since: cost.Since | None = None  # of the session that is held until the end is recorded
        self._deferred_reason = ""
        self._pid: int | None = None  # of the session that works
        self._locks = LockSights(settings.lease_seconds / RENEWALS_PER_LEASE, clock)
        self._is_to_end = False  # an operator asked for that
        self._stopped_by: BackbeatError | None = None

    async def perform(self) -> Ended:
        """Run the job and record how it went. A failure is recorded and returned, not raised.

        Cancelled from outside, it cancels the work, records that, and is cancelled itself.
        """
        async with AsyncExitStack() as held:
            outcome, error = await self._worked(held)
            ended = await self._end(outcome, error)
        if outcome is RunOutcome.CANCELLED and error is None:
            log.info("job_cancelled", job=self._job.name)
            raise asyncio.CancelledError
        return ended

    async def _worked(self, held: AsyncExitStack) -> tuple[RunOutcome, Exception | None]:
        """Do the work beside a lease that is renewed; return how that went."""
        work = asyncio.create_task(self._work(held))
        keeper = asyncio.create_task(self._keep(work))
        try:
            await work
        except asyncio.CancelledError:
            error = self._stopped_by
            return (RunOutcome.FAILED if isinstance(error, JobTimeoutError) else RunOutcome.CANCELLED), error
        except Exception as raised:  # noqa: BLE001 - whatever a run fails with is told and recorded
            self._tell_of_failure(raised)
            return RunOutcome.FAILED, raised
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
        return (RunOutcome.QUIET if self._report.is_quiet else RunOutcome.CHANGED), None

    def _tell_of_failure(self, raised: Exception) -> None:
        """Log a failure by its code and cure; of a defect where it came from as well."""
        failure = failure_of_run(raised, self._locks.holder())
        log.warning(
            "job_failed",
            job=self._job.name,
            failures=self.timing.failures + 1,
            code=failure.code,
            error=failure.message,
            cure=failure.cure,
            **({"exc_info": raised} if failure.code == DEFECT else {}),
        )

    async def abandon(self) -> None:
        """Give up the claim before anything was done under it; the run is recorded as cancelled."""
        await self._end(RunOutcome.CANCELLED, None)

    async def _work(self, held: AsyncExitStack) -> None:
        """Do the work. A session that knows what it cost is ``held`` for the statement that records the end."""
        if self._job.run_apart is not None:
            await self._batches(partial(self._job.run_apart, self._lend))
            return
        async with AsyncExitStack() as lent:
            session, meter = await lent.enter_async_context(self._metered())
            await self._batches(partial(self._job.run, session))
            self._is_flushed = meter.connection.is_flushed
            if self._report.is_quiet or session.connection.closed:
                return
            self._since = await self._resting(meter)
            if self._since is not None:
                held.push_async_callback(lent.pop_all().aclose)

    @asynccontextmanager
    async def _metered(self) -> AsyncIterator[tuple[Session, cost.Meter]]:
        """Lend a connection and what measures the work on it; work that fails is counted."""
        async with self._lanes.jobs.connection(user=self._job.name) as connection:
            self._pid = connection.info.backend_pid
            await plan_for(connection, self._size)
            meter = cost.meter(connection)
            await meter.begin()
            meter.connection.is_flushed = True
            try:
                yield Session(connection, meter.fence(store.fence(self.claim))), meter
            except BaseException:
                if not connection.closed:
                    self._cost = self._cost.plus(await self._counted(meter))
                raise

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[Session]:
        """Lend a connection, and count what work on it costs."""
        async with self._metered() as ((connection, check), meter):
            assert check is not None  # noqa: S101 - a claimed run has a fence
            fence = Noted(check)
            yield Session(connection, fence)
            self._is_flushed &= meter.connection.is_flushed
            if fence.was_met and not connection.closed:
                self._cost = self._cost.plus(await self._counted(meter))

    async def _batches(self, step: Callable[[], Awaitable[RunReport]]) -> None:
        while True:
            cancellation.raise_if_cancelled()
            report = await step()
            self._report = self._report.then(report) if self._has_begun else report
            self._has_begun = True
            if not self._report.more or self._seconds() >= TURN_SECONDS_MAX:
                return
            self._deferred_reason = await self._must_yield()
            if self._deferred_reason:
                return

    async def _must_yield(self) -> str:
        if self._job.weight is not Weight.HEAVY:
            return ""
        async with self._lanes.control.connection() as connection:
            row = (await store.look(connection, [self._job.name]))[self._job.name]
        return yielding.reason(self._job, row, self._settings)

    async def _counted(self, meter: cost.Meter) -> cost.Cost:
        """Return what the run cost; a session that cannot tell any more must not hide how the run ended."""
        try:
            return await meter.end()
        except psycopg.Error as error:
            self._tell_of_no_cost(error)
            return cost.UNKNOWN

    async def _resting(self, meter: cost.Meter) -> cost.Since | None:
        """Return where the statement that records the end reads what the run cost; None if it cannot."""
        try:
            since = await meter.rest()
            if since is None:
                self._cost = await meter.end()
        except psycopg.Error as error:
            self._tell_of_no_cost(error)
            return None
        return since

    def _tell_of_no_cost(self, error: psycopg.Error) -> None:
        log.warning("job_cost_unknown", job=self._job.name, error=str(error))

    async def _keep(self, work: asyncio.Task[None]) -> None:
        """Renew the lease until the work ends; stop the work once another worker has the lease or its time is up.

        Work that does not hear of it, see :mod:`backbeat.jobs.cancellation`, is told again.
        """
        pause_seconds = self._settings.lease_seconds / RENEWALS_PER_LEASE
        while not (work.done() or cancellation.is_cancelled()):
            rest_seconds = pause_seconds if self._stopped_by else self._job.timeout_seconds - self._seconds()
            await self._clock.sleep(max(min(pause_seconds, rest_seconds), 0.0))
            if self._stopped_by is None:
                self._stopped_by = await self._reason_to_stop()
            if self._stopped_by is not None:
                log.warning("job_stopped", job=self._job.name, term=self.claim.term, code=self._stopped_by.code)
                work.cancel()

    async def _reason_to_stop(self) -> BackbeatError | None:
        if self._seconds() >= self._job.timeout_seconds:
            return _timed_out(self._job)
        if not await self._renewed():
            return store.lost(self.claim)
        return store.cancelled(self.claim) if self._is_to_end else None

    async def _renewed(self) -> bool:
        renewed = True  # a database that cannot be used cannot give the lease to anybody either; the fence decides
        with log_if_unreachable("job_lease_not_renewed", job=self._job.name):
            async with self._lanes.control.connection() as connection:
                renewed = await store.renew(connection, self.claim, self._settings.lease_seconds)
                if self._pid:
                    await self._locks.look(connection, self._pid)
                self._is_to_end = await store.is_to_end(connection, self.claim)
        return renewed

    async def _end(self, outcome: RunOutcome, error: Exception | None) -> Ended:
        self.ended = Ended(
            outcome=outcome,
            report=self._report,
            waited_seconds=self._waited_seconds,
            seconds=self._seconds(),
            cost=self._cost,
            is_flushed=self._is_flushed,
            deferred_reason=self._deferred_reason,
            error=error,
            lock_holder=self._locks.holder(),
        )
        try:
            with log_if_unreachable("job_end_not_recorded", job=self._job.name):  # then again, once that is seen
                async with self._lanes.control.connection() as connection:
                    timing = self.timing_after(self.ended)
                    found = await record.finish(connection, self.claim, timing, self.ended, self._since)
                self._take(found)
        finally:
            self.is_over = True
        return self.ended

    def _take(self, found: cost.Cost | None) -> None:
        """Take note of what the statement that recorded the end found the run to have cost."""
        if self.ended is not None and self._since is not None and found is not None:
            self.ended = msgspec.structs.replace(self.ended, cost=found)
            self._since.take(found)

    async def record_again(self, connection: AsyncConnection[Any]) -> None:
        """Record how a run that is over went, which the database does not know, or not any more."""
        assert self.ended is not None  # noqa: S101 - it is over
        if await record.finish(connection, self.claim, self.timing_after(self.ended), self.ended):
            log.warning("job_end_recorded_again", job=self._job.name, term=self.claim.term)

    def timing_after(self, ended: Ended) -> Timing:
        """Return the schedule as the end of the run leaves it."""
        now = self.claim.started_at + timedelta(seconds=ended.seconds)
        if ended.outcome is RunOutcome.FAILED:
            trouble = trouble_of(ended.error) if ended.error else None
            if trouble and trouble.kind.of_server:
                return schedule.on_outage(now, self.timing)
            return schedule.on_failure(now, self.timing)
        if ended.outcome is RunOutcome.CANCELLED:
            return self.timing  # still due, for the next worker
        return schedule.on_success(now, self.timing, more=ended.report.more)

    def _seconds(self) -> float:
        return self._clock.monotonic() - self._started


class Noted:
    """A fence, and whether a transaction met it."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence
        self.was_met = False

    async def __call__(self, connection: AsyncConnection[Any], writes: Sequence[Write] = (), /) -> None:
        """Meet the fence."""
        self.was_met = True
        await self._fence(connection, writes)


def _timed_out(job: Job) -> JobTimeoutError:
    return JobTimeoutError(
        "job_timeout",
        f"The job {job.name!r} ran for more than {job.timeout_seconds:g} seconds and was cancelled.",
        cure=f"See in the server's log what it waited for; to allow it more, set jobs.timeout_seconds for {job.name}.",
    )
