"""The claims of one worker: which runs are its own, and how those went that the database knows nothing of."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock
from backbeat.db.pool import Lanes
from backbeat.jobs import readiness, schedule, store
from backbeat.jobs.claimed import ClaimedRun
from backbeat.jobs.job import Job
from backbeat.jobs.store import ScheduleRow, Wanted
from backbeat.settings import JobsSettings

log = structlog.get_logger(__name__)

CANCEL_SECONDS = 2.0  # what a cancelled job gets to record its end in
RUNS_KNOWN = 8  # of a job: two seconds at the shortest gap; what is not flushed is on the disk after 0.6 s by default

Picked = tuple[Job, ScheduleRow]


class Claims:
    """Takes claims, under names that ``identity`` makes, and keeps the last runs of each job, under way or over."""

    def __init__(self, lanes: Lanes, clock: Clock, settings: JobsSettings, identity: Callable[[], UUID]) -> None:
        self._lanes = lanes
        self._clock = clock
        self._settings = settings
        self._identity = identity
        self._runs: dict[str, deque[ClaimedRun]] = defaultdict(lambda: deque(maxlen=RUNS_KNOWN))

    def last(self, name: str) -> ClaimedRun:
        """Return the last run of a job that has run."""
        return self._runs[name][-1]

    async def take(
        self, connection: AsyncConnection[Any], picked: Sequence[Picked], *, paused_too: bool = False
    ) -> list[ClaimedRun]:
        """Claim these runs, in one statement; return those that are ours now."""
        wanted = [
            Wanted(row, self._identity(), schedule.on_start(row.now, row.timing, job.every_seconds), paused_too)
            for job, row in picked
        ]
        claiming = asyncio.ensure_future(self._taken(connection, picked, wanted))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            await _abandon(claiming)
            raise

    async def _taken(
        self, connection: AsyncConnection[Any], picked: Sequence[Picked], wanted: Sequence[Wanted]
    ) -> list[ClaimedRun]:
        claims = {claim.name: claim for claim in await store.claim(connection, wanted, self._settings.lease_seconds)}
        asked = zip(picked, wanted, strict=True)
        runs = [self._run(job, claims[job.name], each) for (job, _), each in asked if job.name in claims]
        for run in runs:
            self._runs[run.claim.name].append(run)
        return runs

    def _run(self, job: Job, claim: store.Claim, wanted: Wanted) -> ClaimedRun:
        if claim.taken_over:
            log.warning("job_taken_over", job=job.name, term=claim.term)
        return ClaimedRun(
            self._lanes,
            self._clock,
            self._settings,
            job=job,
            claim=claim,
            timing=wanted.timing,
            size=wanted.row.size,
            waited_seconds=schedule.waited_seconds(claim.started_at, readiness.due_at(job, wanted.row)),
        )

    async def record_again(self, connection: AsyncConnection[Any], rows: Mapping[str, ScheduleRow]) -> bool:
        """Record ends of ours that the database never heard of, or lost in a crash; say whether there were any.

        A crash may undo the end of a run together with the claims of those after it.
        """
        unknown = [
            run
            for name, runs in self._runs.items()
            for run in runs
            if run.is_over and name in rows and rows[name].holder == run.claim.holder
        ]
        for run in unknown:
            await run.record_again(connection)
        return bool(unknown)


async def _abandon(claiming: asyncio.Future[list[ClaimedRun]]) -> None:
    """Give up what is being claimed; otherwise no worker could run the jobs until the lease runs out."""
    await asyncio.wait([claiming], timeout=CANCEL_SECONDS)
    if not claiming.done():
        claiming.cancel()
    elif claiming.exception() is None:
        for run in claiming.result():
            await run.abandon()
