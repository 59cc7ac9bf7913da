"""The durable schedule: one row per job, claimed, renewed and finished by single statements on the database's clock.

A claim raises the row's term. The fence proves the term at the end of the job's own write transactions, under a row
lock, so that a take-over and a commit exclude each other.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from backbeat.db.sql import load
from backbeat.errors import LeaseLostError
from backbeat.incremental.report import RunReport
from backbeat.incremental.transaction import Fence
from backbeat.jobs.job import Job
from backbeat.jobs.schedule import Timing

REGISTER = load(__package__, "register.sql")
LOOK = load(__package__, "look.sql")
CLAIM = load(__package__, "claim.sql")
RENEW = load(__package__, "renew.sql")
FENCE = load(__package__, "fence.sql")
FINISH = load(__package__, "finish.sql")
HISTORY = load(__package__, "history.sql")
PAUSE = load(__package__, "pause.sql")
REQUEST = load(__package__, "request.sql")

RUNS_KEPT = 200  # per job

Outcome = Literal["changed", "quiet", "failed", "cancelled"]


class Row(msgspec.Struct, frozen=True):
    """A job's schedule row, with the database's ``now``.

    ``news``: the frontier has moved since the last start. ``at_tip``: the block loop has caught up.
    """

    now: datetime
    name: str
    cadence_at: datetime
    next_run_at: datetime
    paused: bool = False
    run_requested: bool = False
    failures: int = 0
    term: int = 0
    leased: bool = False
    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    outcome: str = ""
    seconds: float = 0.0
    rows_written: int = 0
    error: str = ""
    cure: str = ""
    news: bool = False
    at_tip: bool = False

    @property
    def timing(self) -> Timing:
        """Return what the schedule's arithmetic works on."""
        return Timing(self.cadence_at, self.next_run_at, self.failures)


class Claim(NamedTuple):
    """The right to run a job once. ``taken_over``: the run before never ended, its lease ran out."""

    name: str
    holder: UUID
    term: int
    started_at: datetime
    taken_over: bool


class JobRun(msgspec.Struct, frozen=True):
    """One line of a job's history; quiet runs in a row share a line and are counted in ``ticks``."""

    run: int
    ticks: int
    started_at: datetime
    finished_at: datetime
    seconds: float
    outcome: str
    keys: int
    rows_read: int
    inserted: int
    updated: int
    deleted: int
    moved: dict[str, list[int]]
    error: str


async def register(connection: AsyncConnection[Any], jobs: Iterable[Job]) -> None:
    """Make sure that every job has a schedule row; rows that exist keep their place in time."""
    await connection.execute(REGISTER, {"names": [job.name for job in jobs]})


async def look(connection: AsyncConnection[Any], names: Sequence[str]) -> dict[str, Row]:
    """Return the rows of the named jobs that have one."""
    async with connection.cursor(row_factory=class_row(Row)) as cursor:
        return {row.name: row for row in await (await cursor.execute(LOOK, {"names": list(names)})).fetchall()}


async def claim(
    connection: AsyncConnection[Any], row: Row, holder: UUID, timing: Timing, lease_seconds: float
) -> Claim | None:
    """Take the run that ``row`` showed as free; None if somebody else was quicker."""
    values = {
        "name": row.name,
        "seen_term": row.term,
        "holder": holder,
        "lease_seconds": lease_seconds,
        **timing._asdict(),
    }
    async with connection.cursor(row_factory=class_row(Claim)) as cursor:
        return await (await cursor.execute(CLAIM, values)).fetchone()


async def renew(connection: AsyncConnection[Any], held: Claim, lease_seconds: float) -> bool:
    """Extend the lease; False if it is no longer ours."""
    values = {"name": held.name, "term": held.term, "lease_seconds": lease_seconds}
    return await (await connection.execute(RENEW, values)).fetchone() is not None


def fence(held: Claim) -> Fence:
    """Return the check that ends the job's write transactions."""

    async def check(connection: AsyncConnection[Any]) -> None:
        if not await (await connection.execute(FENCE, {"name": held.name, "term": held.term})).fetchone():
            raise lost(held)

    return check


def lost(held: Claim) -> LeaseLostError:
    """Return the error for a claim that is no longer ours."""
    return LeaseLostError(
        "job_lease_lost",
        f"Another worker took over the job {held.name!r}.",
        cure="Nothing was written twice. A run that often loses its lease needs a longer jobs.lease_seconds.",
    )


async def finish(
    connection: AsyncConnection[Any],
    held: Claim,
    *,
    timing: Timing,
    outcome: Outcome,
    report: RunReport,
    seconds: float,
    error: str = "",
    cure: str = "",
) -> None:
    """Record the run and give up the lease; nothing happens if it is no longer ours."""
    values = {
        "name": held.name,
        "term": held.term,
        **timing._asdict(),
        "outcome": outcome,
        "seconds": seconds,
        "keys": report.keys,
        "rows_read": report.rows_read,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "rows_written": report.rows_written,
        "moved": Jsonb({move.checkpoint: [move.before, move.after] for move in report.moved}),
        "error": error[:1000],
        "cure": cure,
        "runs_kept": RUNS_KEPT,
    }
    await connection.execute(FINISH, values)


async def history(connection: AsyncConnection[Any], name: str, limit: int) -> list[JobRun]:
    """Return the newest runs, newest first."""
    async with connection.cursor(row_factory=class_row(JobRun)) as cursor:
        return await (await cursor.execute(HISTORY, {"name": name, "limit": limit})).fetchall()


async def set_paused(connection: AsyncConnection[Any], name: str, *, paused: bool) -> None:
    """Stop a job from starting, or let it start again; a run under way goes on."""
    await connection.execute(PAUSE, {"name": name, "paused": paused})


async def request_run(connection: AsyncConnection[Any], name: str) -> None:
    """Ask for one run at the next opportunity, paused or not; the cadence stays where it is."""
    await connection.execute(REQUEST, {"name": name})
