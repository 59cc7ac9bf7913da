"""What runs did: a line each in a bounded history, and totals since the job was first seen."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from backbeat.codes import RunOutcome
from backbeat.db.query import every
from backbeat.db.sql import compose, load
from backbeat.db.together import long_rows
from backbeat.incremental.report import RunReport
from backbeat.jobs.cost import UNKNOWN, Cost, Since
from backbeat.jobs.failure import failure_of_run
from backbeat.jobs.schedule import Timing
from backbeat.jobs.store import RUNS_KEPT, Claim
from backbeat.lock_holder import LockHolder
from backbeat.masking import mask

FINISH = compose(__package__, "finish.sql", used=SQL(load(__package__, "used_known.sql"))).as_bytes()
FINISH_SINCE = compose(__package__, "finish.sql", used=SQL(load(__package__, "used_since.sql"))).as_bytes()
HISTORY = load(__package__, "history.sql")
TOTALS = load(__package__, "totals.sql")

ENDS = {
    "changed": RunOutcome.CHANGED,
    "quiet": RunOutcome.QUIET,
    "failed": RunOutcome.FAILED,
    "cancelled": RunOutcome.CANCELLED,
}
"""What the statement that records a run compares its outcome with."""

ERROR_CHARACTERS_MAX = 1_000
BUCKET_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 10.0, 60.0, 600.0)  # upper bounds; the table has one more, for the rest


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went."""

    outcome: RunOutcome
    """How it ended."""
    report: RunReport
    """What the committed batches did."""
    waited_seconds: float
    """From due to start."""
    seconds: float
    """From start to end."""
    cost: Cost = UNKNOWN
    """What it cost the server."""
    is_flushed: bool = True
    """Whether what it committed waited for the disk."""
    deferred_reason: str = ""
    """Why it left work; empty if it left none."""
    error: Exception | None = None
    """What it failed with."""
    lock_holder: LockHolder | None = None
    """Who kept it from a lock when that was looked at last."""


class JobRun(msgspec.Struct, frozen=True):
    """One line of a job's history; quiet runs in a row share a line."""

    run: int
    """The number of the run."""
    ticks: int
    """Quiet runs in this line; 1 for others."""
    started_at: datetime
    """When the first of them began."""
    finished_at: datetime
    """When the last of them ended."""
    waited_seconds: float
    """From due to start, of all ticks together."""
    seconds: float
    """From start to end, of all ticks together."""
    outcome: str
    """How it ended."""
    keys: int
    """By the job's own count."""
    rows_read: int
    """By the job's own count."""
    inserted: int
    """By the job's own count."""
    updated: int
    """By the job's own count."""
    deleted: int
    """By the job's own count."""
    blocks_hit: int | None
    """By the server's count; None where it cannot tell and for quiet runs."""
    blocks_read: int | None
    """By the server's count; None likewise."""
    wal_bytes: int | None
    """By the server's count; None likewise."""
    moved: dict[str, list[int]]
    """Where positions stood and went, by name."""
    error: str
    """Empty if it succeeded."""
    cure: str
    """What to do about it."""


class Totals(msgspec.Struct, frozen=True):
    """Everything that a job's runs did since it was first seen here."""

    name: str
    """The job."""
    changed: int = 0
    """Runs that changed rows."""
    quiet: int = 0
    """Runs that found nothing to do."""
    failed: int = 0
    """Runs that failed."""
    cancelled: int = 0
    """Runs that were cancelled."""
    seconds: float = 0.0
    """Time that runs took."""
    rows_written: int = 0
    """Rows that runs changed."""
    wal_bytes: int = 0
    """WAL of the runs for which it is known."""
    deferred_seconds: float = 0.0
    """Time that the job gave way to the block loop."""
    seconds_buckets: Sequence[int] = (0,) * (len(BUCKET_SECONDS) + 1)
    """Runs that took up to each of ``BUCKET_SECONDS`` and longer than the one before; the last of longer ones."""
    lost: int = 0
    """Runs that never ended: another worker took them over."""


async def finish(
    connection: AsyncConnection[Any], held: Claim, timing: Timing, ended: Ended, since: Since | None = None
) -> Cost | None:
    """Record the run and give up the lease; None, and nothing happens, if it is no longer ours.

    Returns what the run cost, which is read of the session that it has used ``since``, if there is one.
    """
    values = _values(held, timing, ended)
    if since is None:
        found = await long_rows(connection, Cost, FINISH, {**values, **ended.cost._asdict()})
    else:
        read = {**values, **since.before._asdict(), "pid": since.pid}
        found = await long_rows(connection, Cost, FINISH_SINCE, read)
    return found[0] if found else None


def _values(held: Claim, timing: Timing, ended: Ended) -> dict[str, Any]:
    report = ended.report
    failure = failure_of_run(ended.error, ended.lock_holder) if ended.error else None
    return {
        "name": held.name,
        "term": held.term,
        "holder": held.holder,
        **timing._asdict(),
        "outcome": ended.outcome,
        "eased": ended.outcome is RunOutcome.QUIET or (ended.outcome is RunOutcome.CHANGED and ended.is_flushed),
        "waited_seconds": ended.waited_seconds,
        "seconds": ended.seconds,
        "bucket": bisect_left(BUCKET_SECONDS, ended.seconds) + 1,
        "keys": report.keys,
        "rows_read": report.rows_read,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "rows_written": report.rows_written,
        **ENDS,
        "moved": Jsonb({move.checkpoint: [move.before, move.after] for move in report.moved}),
        "more": report.more,
        "deferred_reason": ended.deferred_reason,
        "error": mask(str(failure or ""))[:ERROR_CHARACTERS_MAX],
        "cure": failure.cure if failure else "",
        "runs_kept": RUNS_KEPT,
    }


async def history(connection: AsyncConnection[Any], name: str, limit: int) -> list[JobRun]:
    """Return the newest runs, newest first."""
    return await every(connection, JobRun, HISTORY, {"name": name, "limit": limit})


async def totals(connection: AsyncConnection[Any], names: Sequence[str]) -> dict[str, Totals]:
    """Return the totals of the named jobs that were ever seen."""
    return {row.name: row for row in await every(connection, Totals, TOTALS, {"names": list(names)})}
