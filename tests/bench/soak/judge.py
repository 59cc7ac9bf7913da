"""What must hold after a soak, each bound with its reason."""

from collections.abc import Iterator, Sequence
from statistics import linear_regression

import msgspec

from backbeat.jobs.store import RUNS_KEPT
from bench.soak.sample import POSTGRES, Sample

WARM_SHARE = 1 / 3  # of the time: caches fill, pools open, tables get their first rows
GRACE_SECONDS = 240  # autovacuum looks once a minute, and what an audit's snapshot may still see stays for as long
LOG_SECONDS_MAX = 300  # the slowest consumer comes every two minutes, pruning every 30 s; that, and an audit beside it
GROWTH_MB_MAX = 16.0  # 200 transactions a second that leave 100 bytes each would be 72 MB an hour
SERVER_GROWTH_MB_MAX = 64.0  # some thirty sessions, each with its plans and its part of the catalog
LAG_BLOCKS_MAX = 5
PERCENT = 0.99


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """An audit of one job."""

    seconds: float
    """When it began, counted from the start."""
    name: str
    """The job."""
    took_seconds: float
    """How long it took."""
    compared: int
    """Rows compared."""
    missing: int
    """Rows that lacked."""
    extra: int
    """Rows too many."""
    pending: int
    """Keys that waited for a run and were left out."""
    stale: bool
    """Whether nothing was compared, because the table is of another definition."""


class Verdict(msgspec.Struct, frozen=True):
    """One claim: what was found, and what is allowed."""

    claim: str
    found: float
    at_most: float
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.found <= self.at_most


def judge(samples: Sequence[Sample], audits: Sequence[Audited], last: Sequence[Audited], jobs: int) -> list[Verdict]:
    """Return every verdict; ``last`` are the audits after everything came to rest."""
    warm = samples[int(len(samples) * WARM_SHARE) :]
    differing = sum(audit.missing + audit.extra for audit in (*audits, *last))
    uncompared = sum(audit.stale or audit.pending > 0 for audit in last)
    lags = sorted(sample.lag_blocks or 0 for sample in warm)
    return [
        Verdict("rows that differ from a full recompute", differing, 0, f"{len(audits) + len(last)} audits"),
        Verdict("tables not wholly compared at the end", uncompared, 0, f"{len(last)} tables"),
        *_memory(warm),
        *_dead_rows(warm),
        *_change_log(warm),
        Verdict("stored runs", warm[-1].stored_runs, RUNS_KEPT * jobs, f"{jobs} jobs, {RUNS_KEPT} runs each"),
        Verdict("blocks behind, p99", lags[int((len(lags) - 1) * PERCENT)], LAG_BLOCKS_MAX),
    ]


def _memory(warm: Sequence[Sample]) -> Iterator[Verdict]:
    """Hold what the straight line through a process's memory rises over the judged time to a bound."""
    seconds = [sample.seconds for sample in warm]
    for name in warm[0].resident_mb:
        memory = [sample.resident_mb[name] for sample in warm]
        grown = linear_regression(seconds, memory).slope * (seconds[-1] - seconds[0])
        allowed = SERVER_GROWTH_MB_MAX if name == POSTGRES else GROWTH_MB_MAX
        yield Verdict(f"memory that {name} gained, MB", grown, allowed, f"{memory[0]:.0f} to {memory[-1]:.0f}")


def _dead_rows(warm: Sequence[Sample]) -> Iterator[Verdict]:
    """Hold every table to the dead rows that autovacuum tolerates and those of the time until it is done.

    The verdict is the worst table's: its dead rows over its own bound.
    """
    worst = Verdict("dead rows, share of what is allowed", 0.0, 1.0)
    for sample in warm:
        for table in sample.tables:
            allowed = table.vacuumed_from + table.killed / sample.seconds * GRACE_SECONDS
            if table.dead / allowed > worst.found:
                note = f"{table.name}: {table.dead} of {allowed:.0f}"
                worst = Verdict(worst.claim, table.dead / allowed, worst.at_most, note)
    yield worst


def _change_log(warm: Sequence[Sample]) -> Iterator[Verdict]:
    oldest = max(sample.log_seconds for sample in warm)
    yield Verdict("age of the change log's oldest row, s", oldest, LOG_SECONDS_MAX)
    half = len(warm) // 2
    early, late = (max(sample.log_bytes for sample in part) for part in (warm[:half], warm[half:]))
    note = f"{early / 1e6:.1f} MB, then {late / 1e6:.1f} MB; at most {max(s.log_rows for s in warm)} rows"
    yield Verdict("growth of the change log from half to half", late / early, 1.5, note)
