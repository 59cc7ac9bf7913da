"""The durable schedule: one row per job, looked at, claimed and renewed by single statements on the database's clock.

A claim raises the row's term. The fence proves the term at the end of the job's own write transactions, under a row
lock, so that a take-over and a commit exclude each other.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from backbeat.codes import FRONTIER_SECONDS_MAX, HEAD_SECONDS_MAX, HEARTBEAT_SECONDS_MAX, Phase, RunOutcome
from backbeat.db.query import every, first, value
from backbeat.db.sql import load
from backbeat.db.together import Write, long_rows, write_if
from backbeat.errors import JobCancelledError, LeaseLostError
from backbeat.incremental.transaction import Fence
from backbeat.jobs.job import Job
from backbeat.jobs.schedule import Timing

REGISTER = load(__package__, "register.sql")
LOOK = load(__package__, "look.sql")
CLAIM = load(__package__, "claim.sql")
RENEW = load(__package__, "renew.sql")
FENCE = load(__package__, "fence.sql")
TICK = load(__package__, "tick.sql")
DEFER = load(__package__, "defer.sql")
PAUSE = load(__package__, "pause.sql")
REQUEST = load(__package__, "request.sql")
CANCEL = load(__package__, "cancel.sql")
CANCEL_ASKED = load(__package__, "cancel_asked.sql")
HAS_FRONTIER = load(__package__, "has_frontier.sql")
IS_BESIDE = load("backbeat.db", "is_beside.sql")

JUDGED_BY = {
    "phase_at_tip": Phase.AT_TIP,
    "phase_stopped": Phase.STOPPED,
    "frontier_seconds_max": FRONTIER_SECONDS_MAX,
    "heartbeat_seconds_max": HEARTBEAT_SECONDS_MAX,
    "head_seconds_max": HEAD_SECONDS_MAX,
}
"""How a look tells what the block loop is doing."""

RUNS_KEPT = 200  # lines of history per job
LOST_ERROR = "The worker died, or could not reach the database, and never recorded the run's end."
LOST_CURE = "Nothing it had not committed counts; see the worker's log if it keeps happening."


class ScheduleRow(msgspec.Struct, frozen=True):
    """A job's schedule row."""

    now: datetime
    """The database's clock."""
    name: str
    """The job."""
    cadence_at: datetime
    """When the cadence is due next."""
    next_run_at: datetime
    """When the next start is due."""
    group_name: str = ""
    """Jobs of one group take turns."""
    paused: bool = False
    """Whether an operator paused it."""
    run_requested: bool = False
    """Whether an operator asked for a run."""
    failures: int = 0
    """Failures in a row."""
    term: int = 0
    """Grows with every claim."""
    leased: bool = False
    """Whether a worker runs it."""
    holder: UUID | None = None
    """The run that is under way, or that never recorded its end."""
    started_at: datetime | None = None
    """When the last run began."""
    succeeded_at: datetime | None = None
    """When the last success began."""
    outcome: str = ""
    """How the last run ended."""
    seconds: float = 0.0
    """How long it took."""
    rows_written: int = 0
    """Rows that it changed."""
    error: str = ""
    """Empty if it succeeded."""
    cure: str = ""
    """What to do about it."""
    deferred_since: datetime | None = None
    """Since when it gives way to the block loop."""
    deferred_reason: str = ""
    """Why."""
    ticks_since_run: int = 0
    """Cadences since its last run at which it ticked instead."""
    news: bool = False
    """Whether the frontier has moved since the last start."""
    at_tip: bool = False
    """Whether the block loop has caught up."""
    moving: bool = False
    """Whether the frontier moved within the last seconds."""
    block_number: int | None = None
    """Where the block loop's cursor stands; None before the first block."""
    play_id: int | None = None
    """The same for plays."""
    is_beside: bool = False
    """Whether another indexer writes the blocks."""
    lag_blocks: int | None = None
    """How far the block loop is behind; None unless an indexer runs and knows the head."""

    @property
    def size(self) -> int:
        """Return what grows as tables do: how many blocks and plays there are."""
        return (self.block_number or 0) + (self.play_id or 0)

    @property
    def timing(self) -> Timing:
        """Return what the schedule's arithmetic works on."""
        return Timing(self.cadence_at, self.next_run_at, self.failures)


class Wanted(NamedTuple):
    """A job to be claimed."""

    row: ScheduleRow
    """What was seen of it: free, and under this term."""

    holder: UUID
    """Names the run that is about to be."""

    timing: Timing
    """The schedule from its start on."""

    paused_too: bool = False
    """Claim it though an operator paused it."""


class Claim(NamedTuple):
    """The right to run a job once. ``taken_over``: the run before never ended, its lease ran out."""

    name: str
    holder: UUID
    term: int
    started_at: datetime
    taken_over: bool


class Tick(NamedTuple):
    """A cadence that passes without a run: the job is due, and a glance found that it has nothing to do."""

    row: ScheduleRow
    """What was seen of it before that glance."""

    cadence_at: datetime
    """When it is due next."""

    waited_seconds: float
    """How long it was due."""


class Ticked(NamedTuple):
    """What a tick left: the job's new term, and how many ticks there were since its last run."""

    name: str
    term: int
    ticks_since_run: int


async def has_frontier(connection: AsyncConnection[Any]) -> bool:
    """Say whether a block was indexed here, so that positions have somewhere to begin."""
    return bool(await value(connection, HAS_FRONTIER))


async def is_beside(connection: AsyncConnection[Any]) -> bool:
    """Say whether another indexer writes the blocks, and jobs run beside it."""
    return bool(await value(connection, IS_BESIDE))


async def register(connection: AsyncConnection[Any], jobs: Collection[Job]) -> None:
    """Make sure that every job has a schedule row; rows that exist keep their place in time."""
    values = {"names": [job.name for job in jobs], "groups": [job.group for job in jobs]}
    await connection.execute(REGISTER, values)


async def look(connection: AsyncConnection[Any], names: Sequence[str]) -> dict[str, ScheduleRow]:
    """Return the rows of the named jobs that have one."""
    return {row.name: row for row in await every(connection, ScheduleRow, LOOK, {"names": list(names), **JUDGED_BY})}


async def claim(connection: AsyncConnection[Any], wanted: Sequence[Wanted], lease_seconds: float) -> list[Claim]:
    """Take the runs that the rows showed as free, at most one of a group; without those where another was quicker.

    A run before it that never ended is told as lost in the history. A crash of the server right after may undo claims.
    """
    values = {
        "names": [each.row.name for each in wanted],
        "group_names": [each.row.group_name for each in wanted],
        "seen_terms": [each.row.term for each in wanted],
        "holders": [each.holder for each in wanted],
        "cadences_at": [each.timing.cadence_at for each in wanted],
        "next_runs_at": [each.timing.next_run_at for each in wanted],
        "failures": [each.timing.failures for each in wanted],
        "paused_too": [each.paused_too for each in wanted],
        "lease_seconds": lease_seconds,
        "runs_kept": RUNS_KEPT,
        "lost": RunOutcome.LOST,
        "lost_error": LOST_ERROR,
        "lost_cure": LOST_CURE,
    }
    return await long_rows(connection, Claim, CLAIM, values)


async def tick(connection: AsyncConnection[Any], ticks: Sequence[Tick]) -> list[Ticked]:
    """Record for each job what a quiet run would leave; without those that changed since their rows were seen."""
    values = {
        "names": [each.row.name for each in ticks],
        "seen_terms": [each.row.term for each in ticks],
        "looked_at": [each.row.now for each in ticks],
        "cadences_at": [each.cadence_at for each in ticks],
        "waited_seconds": [each.waited_seconds for each in ticks],
        "quiet": RunOutcome.QUIET,
        "runs_kept": RUNS_KEPT,
    }
    return await long_rows(connection, Ticked, TICK, values)


async def renew(connection: AsyncConnection[Any], held: Claim, lease_seconds: float) -> bool:
    """Extend the lease; False if it is no longer ours."""
    values = {"name": held.name, "term": held.term, "holder": held.holder, "lease_seconds": lease_seconds}
    return await first(connection, tuple, RENEW, values) is not None


def fence(held: Claim) -> Fence:
    """Return what ends the job's write transactions."""
    proof = Write(FENCE, {"name": held.name, "term": held.term, "holder": held.holder})

    async def prove(connection: AsyncConnection[Any], writes: Sequence[Write] = (), /) -> None:
        if not await write_if(connection, writes, proof):
            raise lost(held)

    return prove


def lost(held: Claim) -> LeaseLostError:
    """Return the error for a claim that is no longer ours."""
    return LeaseLostError(
        "job_lease_lost",
        f"Another worker took over the job {held.name!r}.",
        cure="Nothing was written twice. A run that often loses its lease needs a longer jobs.lease_seconds.",
    )


async def defer(connection: AsyncConnection[Any], row: ScheduleRow, reason: str) -> None:
    """Note that the job gives way from now on; a note that is there stays."""
    await connection.execute(DEFER, {"name": row.name, "seen_term": row.term, "reason": reason})


async def set_paused(connection: AsyncConnection[Any], name: str, *, paused: bool) -> None:
    """Stop a job from starting, or let it start again; a run under way goes on."""
    await connection.execute(PAUSE, {"name": name, "paused": paused})


async def request_end(connection: AsyncConnection[Any], name: str) -> bool:
    """Ask the run under way to end, which its worker sees when it renews its lease; False if there is none."""
    return await first(connection, tuple, CANCEL, {"name": name}) is not None


async def is_to_end(connection: AsyncConnection[Any], held: Claim) -> bool:
    """Say whether an operator asked the run to end."""
    return bool(await value(connection, CANCEL_ASKED, {"name": held.name, "term": held.term}))


def cancelled(held: Claim) -> JobCancelledError:
    """Return the error for a run that an operator ended."""
    return JobCancelledError(
        "job_cancelled",
        f"An operator cancelled the run of the job {held.name!r}.",
        cure=f"It starts again by its schedule, unless `backbeat jobs pause {held.name}` forbids that.",
    )


async def request_run(connection: AsyncConnection[Any], name: str) -> None:
    """Ask for one run at the next opportunity, paused or not; the cadence stays where it is."""
    await connection.execute(REQUEST, {"name": name})
