"""A job: what to run, how often, with whom in turn, and how fresh its result must be."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.errors import JobError
from backbeat.incremental.report import AuditReport, RunReport
from backbeat.incremental.transaction import Fence

Run = Callable[[AsyncConnection[Any], Fence | None], Awaitable[RunReport]]
"""One bounded batch of work on an autocommit connection; every transaction that it commits ends with the fence."""

Audit = Callable[[AsyncConnection[Any]], Awaitable[AuditReport]]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A derivation (or a chore) on a cadence.

    ``every_seconds`` counts between starts. Jobs of one ``group`` run one after another, groups side by side.
    ``freshness_seconds``: how old the last success may be before the job is late. ``weight``: how many of the runner's
    places it takes. ``run_soon_seconds``: at the tip, run this soon after the last start once the frontier has moved.
    """

    name: str
    run: Run
    every_seconds: float
    group: str
    freshness_seconds: float
    weight: int = 1
    run_soon_seconds: float | None = None
    rebuild: Run | None = None
    audit: Audit | None = None


def unknown(name: str, known: Iterable[str]) -> JobError:
    """Return the error for a name that no job has."""
    return JobError("job_unknown", f"There is no job {name!r}.", cure=f"The jobs are {', '.join(known)}.")
