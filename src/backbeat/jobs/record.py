"""What runs did: a line each in a bounded history, and totals since the job was first seen."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from backbeat.codes import RunOutcome
from backbeat.db.outage import trouble_of
from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.errors import BackbeatError
from backbeat.incremental.report import RunReport
from backbeat.jobs.cost import UNKNOWN, Cost
from backbeat.jobs.schedule import Timing
from backbeat.jobs.store import RUNS_KEPT, Claim
from backbeat.masking import mask

FINISH = load(__package__, "finish.sql")
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
    """How a run went; ``report`` covers the batches that were committed, ``deferred_reason`` why it left a rest."""

    outcome: RunOutcome
    report: RunReport
    waited_seconds: float
    seconds: float
    cost: Cost = UNKNOWN
    deferred_reason: str = ""
    error: Exception | None = None


class JobRun(msgspec.Struct, frozen=True):
    """One line of a job's history; quiet runs in a row share a line and are counted in ``ticks``.

    ``waited_seconds``: from due to start. ``seconds``: from start to end. Both of all ticks together. ``keys`` and rows
    are the job's own count of its work; blocks and WAL are the server's (see :mod:`backbeat.jobs.cost`), None where it
    cannot tell and for quiet runs.
    """

    run: int
    ticks: int
    started_at: datetime
    finished_at: datetime
    waited_seconds: float
    seconds: float
    outcome: str
    keys: int
    rows_read: int
    inserted: int
    updated: int
    deleted: int
    blocks_hit: int | None
    blocks_read: int | None
    wal_bytes: int | None
    moved: dict[str, list[int]]
    error: str
    cure: str


class Totals(msgspec.Struct, frozen=True):
    """Everything that a job's runs did since it was first seen here.

    ``lost`` runs never ended; another worker took them over. ``wal_bytes`` counts runs whose WAL is known.
    ``seconds_buckets``: runs that took up to each of ``BUCKET_SECONDS`` and no less than the one before, the last for
    longer ones.
    """

    name: str
    changed: int = 0
    quiet: int = 0
    failed: int = 0
    cancelled: int = 0
    seconds: float = 0.0
    rows_written: int = 0
    wal_bytes: int = 0
    deferred_seconds: float = 0.0
    seconds_buckets: Sequence[int] = (0,) * (len(BUCKET_SECONDS) + 1)
    lost: int = 0


async def finish(connection: AsyncConnection[Any], held: Claim, timing: Timing, ended: Ended) -> None:
    """Record the run and give up the lease; nothing happens if it is no longer ours."""
    report = ended.report
    values = {
        "name": held.name,
        "term": held.term,
        **timing._asdict(),
        "outcome": ended.outcome,
        "waited_seconds": ended.waited_seconds,
        "seconds": ended.seconds,
        "bucket": bisect_left(BUCKET_SECONDS, ended.seconds) + 1,
        "keys": report.keys,
        "rows_read": report.rows_read,
        "inserted": report.inserted,
        "updated": report.updated,
        "deleted": report.deleted,
        "rows_written": report.rows_written,
        **ended.cost._asdict(),
        **ENDS,
        "moved": Jsonb({move.checkpoint: [move.before, move.after] for move in report.moved}),
        "more": report.more,
        "deferred_reason": ended.deferred_reason,
        "error": mask(str(ended.error or ""))[:ERROR_CHARACTERS_MAX],
        "cure": _cure(ended.error),
        "runs_kept": RUNS_KEPT,
    }
    await connection.execute(FINISH, values)


def _cure(error: Exception | None) -> str:
    if isinstance(error, BackbeatError):
        return error.cure
    trouble = trouble_of(error) if error else None
    return trouble.kind.cure if trouble else ""


async def history(connection: AsyncConnection[Any], name: str, limit: int) -> list[JobRun]:
    """Return the newest runs, newest first."""
    return await every(connection, JobRun, HISTORY, {"name": name, "limit": limit})


async def totals(connection: AsyncConnection[Any], names: Sequence[str]) -> dict[str, Totals]:
    """Return the totals of the named jobs that were ever seen."""
    return {row.name: row for row in await every(connection, Totals, TOTALS, {"names": list(names)})}
